"""What deciding about a contact needs to remember, and how each event changes it; nothing that is personal."""

from __future__ import annotations

from typing import Final, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import contacts as e
from events.contacts import ContactEvent


class Unknown(msgspec.Struct, frozen=True):
    """Nobody yet."""


class Known(msgspec.Struct, frozen=True):
    """A person; what is known of them is personal and not kept here. This one stands for `merged_ids`."""

    blocked: bool = False
    company_id: UUID | None = None
    merged_ids: frozenset[UUID] = frozenset()


class Merged(msgspec.Struct, frozen=True):
    """Another contact stands for this one, which was `was`."""

    into: UUID
    was: Known


class Erased(msgspec.Struct, frozen=True):
    """A person who was erased; the stream is closed."""


ContactState = Unknown | Known | Merged | Erased
UNKNOWN: Final = Unknown()


def evolve(state: ContactState, event: ContactEvent) -> ContactState:
    """The state after the event; never raises. Nothing follows an erasure."""
    if isinstance(state, Erased):
        return state
    if isinstance(event, e.ContactErased):
        return Erased()
    if isinstance(state, Merged):
        return _of_merged(state, event)
    known = state if isinstance(state, Known) else Known()
    match event:
        case e.ContactCreated():
            return replace(known, company_id=event.company_id)
        case e.HandleLinked() | e.HandleUnlinked() | e.ContactUpdated() | e.ContactNoteAdded() | e.ContactUnmerged():
            return known
        case e.ContactBlocked():
            return replace(known, blocked=True)
        case e.ContactUnblocked():
            return replace(known, blocked=False)
        case e.CompanyLinked():
            return replace(known, company_id=event.company_id)
        case e.CompanyUnlinked():
            return replace(known, company_id=None)
        case e.ContactsMerged():
            return replace(known, merged_ids=known.merged_ids.union(event.merged_ids))
        case e.ContactsUnmerged():
            return replace(known, merged_ids=known.merged_ids - {event.merged_id})
        case e.ContactMergedInto():
            return Merged(event.survivor_id, replace(known, merged_ids=frozenset()))
        case _:
            assert_never(event)


def _of_merged(state: Merged, event: ContactEvent) -> ContactState:
    """Only another survivor, or the end of it, concerns one who was merged."""
    match event:
        case e.ContactMergedInto():
            return replace(state, into=event.survivor_id)
        case e.ContactUnmerged():
            return state.was
        case _:
            return state
