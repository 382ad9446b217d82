"""What a list of conversations shows, in which order, where a page of it ended; and the views that everybody has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from events.saved_views import Sort, ViewFilter

STATUSES: Final = ("open", "snoozed", "resolved", "spam", "trash")
WAITING: Final = ("open", "snoozed")
"""In which somebody waits for somebody; in the others nobody does."""
TURNS: Final = ("us", "customer", "nobody")


@dataclass(frozen=True)
class Filter:
    """All of it together; of several values of one kind any will do, of none all. `inboxes` None is all, `assignee` may
    be "none"; `found` are the only ones that a search has left."""

    inboxes: frozenset[UUID] | None = None
    inbox_id: UUID | None = None
    status: tuple[str, ...] = ()
    assignee: UUID | str | None = None
    team_id: UUID | None = None
    label: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    contact_id: UUID | None = None
    waiting_on: str | None = None
    mentioned: UUID | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    found: tuple[UUID, ...] | None = None

    def standings(self) -> list[tuple[str, str]]:
        """Every status with every turn that it can have, of those wanted: each is a range of an index."""
        return [
            (status, turn)
            for status in STATUSES
            if not self.status or status in self.status
            for turn in (TURNS if status in WAITING else ("nobody",))
            if self.waiting_on in (None, turn)
        ]


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the last one's time in the order, its id, and in which part of the order it was."""

    at: datetime
    id: UUID
    part: int = 0


@dataclass(frozen=True)
class View:
    """A filter with its order; what is about whoever looks is not yet about anybody."""

    filter: ViewFilter
    sort: Sort = "newest"


FIXED: Final[Mapping[str, View]] = {
    "unassigned": View(ViewFilter(status=("open",), whose="none")),
    "mine": View(ViewFilter(status=("open",), whose="me")),
    "mentions": View(ViewFilter(status=("open", "snoozed"), mentions_me=True)),
    "all_open": View(ViewFilter(status=("open",))),
    "waiting_on_us": View(ViewFilter(status=("open",), waiting_on="us"), "waiting"),
    "snoozed": View(ViewFilter(status=("snoozed",))),
    "sent": View(ViewFilter(status=("open", "snoozed"), waiting_on="customer")),
    "closed": View(ViewFilter(status=("resolved",))),
    "spam": View(ViewFilter(status=("spam",))),
    "trash": View(ViewFilter(status=("trash",))),
}
"""The views that everybody has. Sent is what we wrote last, and the customer has not answered."""
FILTERED: Final = "filtered"
"""The fixed view of mails that are no conversations."""


def seen_by(wanted: ViewFilter, agent_id: UUID, reach: frozenset[UUID] | None) -> Filter:
    """The filter as it is for an agent who sees these inboxes (None: all)."""
    assignee: UUID | str | None = wanted.assignee_id
    if wanted.whose is not None:
        assignee = agent_id if wanted.whose == "me" else "none"
    return Filter(
        inboxes=reach,
        inbox_id=wanted.inbox_id,
        status=wanted.status,
        assignee=assignee,
        team_id=wanted.team_id,
        label=wanted.label,
        channel=wanted.channel,
        contact_id=wanted.contact_id,
        waiting_on=wanted.waiting_on,
        mentioned=agent_id if wanted.mentions_me else None,
        created_from=wanted.created_from,
        created_to=wanted.created_to,
    )
