"""Shapes of one wish for many conversations."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from events.bulk import Blocking
from inbox_projection.api.models.common import Asked, Given, Instant, Label, example
from inbox_projection.api.models.conversations import AssignmentChange, FixedView, PriorityName, Status
from inbox_projection.api.models.views import ViewFilterAsked
from inbox_projection.bulks import MOST


class BulkAssignment(AssignmentChange):
    """As of one conversation; with `keep_team` each keeps its own."""

    type: Literal["assignment"]


class BulkStatus(Asked):
    type: Literal["status"]
    status: Status
    until: Instant | None = Field(None, description="For snoozed: null is until they answer.")
    block: Blocking | None = Field(
        None,
        description="With spam: of each conversation the sender, or everybody at their domain, is kept out of its inbox"
        " from now on. One whose sender cannot be blocked is refused, and stays as it is.",
    )

    @model_validator(mode="after")
    def timed(self) -> BulkStatus:
        if self.until is not None and self.status != "snoozed":
            raise ValueError("until: only a snoozed conversation has a time")
        if self.block is not None and self.status != "spam":
            raise ValueError("block: only who sends spam is blocked")
        return self


class BulkLabel(Asked):
    type: Literal["add_label", "remove_label"]
    label: Label


class BulkPriority(Asked):
    type: Literal["priority"]
    priority: PriorityName


class BulkRead(Asked):
    """Read up to the newest, or unread, for you."""

    type: Literal["read", "unread"]


class BulkMute(Asked):
    """What comes in is kept, and wakes nobody; or it does again."""

    type: Literal["mute", "unmute"]


class BulkMove(Asked):
    type: Literal["inbox"]
    inbox_id: UUID


BulkCommand = Annotated[
    BulkAssignment | BulkStatus | BulkLabel | BulkPriority | BulkRead | BulkMute | BulkMove,
    Field(discriminator="type"),
]


class BulkFilter(ViewFilterAsked):
    """As the parameters of the list of conversations. What is given beside a `view` takes the place of what it says."""

    view: FixedView | UUID | None = None


class BulkAsked(Asked):
    """Either `ids` or a `filter`, at most 10,000 conversations."""

    model_config = example(filter={"status": ["open"], "label": ["promotion"]}, command={"type": "read"}, dry_run=True)
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST)] | None = None
    filter: BulkFilter | None = None
    command: BulkCommand
    dry_run: bool = Field(False, description="Only say how many conversations there are.")

    @model_validator(mode="after")
    def either(self) -> BulkAsked:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or a filter")
        return self


class RefusedItem(Given):
    id: UUID
    reason: str = Field(description="The code with which the same wish for this conversation alone is refused.")


class BulkResult(Given):
    """`matched` are the conversations that there are within your reach; `done` those of them that are now so, also if
    they were before."""

    matched: int
    done: int
    refused: list[RefusedItem]
