"""Shapes of saved views and of counts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from events.saved_views import Sort, WaitingOn
from inbox_projection.api.models.common import Asked, Given, Name, PageAsked, example
from inbox_projection.api.models.conversations import ConversationsWanted, FixedView, Status


class ViewFilterAsked(ConversationsWanted):
    """As the parameters of the list; `me` is whoever looks."""


class ViewNew(Asked):
    model_config = example(name="VIPs waiting", filter={"label": ["vip"], "waiting_on": "us"}, sort="waiting")
    name: Name
    shared: bool = Field(False, description="For everybody; else your own, which nobody else sees.")
    filter: ViewFilterAsked = Field(default_factory=ViewFilterAsked)
    sort: Sort = "newest"


class ViewChange(Asked):
    """What is left out stays; a filter is given whole."""

    name: Name | None = None
    shared: bool | None = None
    filter: ViewFilterAsked | None = None
    sort: Sort | None = None


class ViewsAsked(PageAsked):
    limit: Annotated[int, Field(ge=1, le=200)] = 200


class ViewFilterGiven(Given):
    inbox_id: UUID | None
    status: list[Status]
    assignee_id: UUID | Literal["me", "none"] | None
    team_id: UUID | None
    label: list[str]
    channel: list[str]
    contact_id: UUID | None
    waiting_on: WaitingOn | None
    mentioned: Literal["me"] | None
    created_from: datetime | None
    created_to: datetime | None


class View(Given):
    id: UUID
    shared: bool
    name: str
    filter: ViewFilterGiven
    sort: Sort
    updated_at: datetime


class CountsAsked(Asked):
    inbox_id: UUID | None = Field(None, description="Views: of this inbox only.")


class Count(Given):
    """Exact up to 1,000, where `more` is false; else there are at least so many."""

    count: int
    more: bool


class Counts(Given):
    """How many are in each view and each inbox that you see, by its name or id."""

    fixed: dict[FixedView, Count] = Field(
        description="`filtered`, those not let in, only for who sees what filters keep out."
    )
    saved: dict[UUID, Count]
    inboxes: dict[UUID, Count] = Field(description="Open conversations of each inbox that is not archived.")
