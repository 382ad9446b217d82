"""Which contacts may become one, and be two again. A merged set is flat: one survivor stands for all of it."""

from __future__ import annotations

from typing import Final, assert_never
from uuid import UUID

from events.contact_commands import MergeContacts, UnmergeContact
from events.contacts import ContactsMerged, ContactsUnmerged
from router.domain import errors
from router.domain.contact_state import ContactState, Erased, Known, Merged, Unknown

MAX_MERGED: Final = 50
"""Into one survivor: erasing destroys the keys of all in one transaction."""


def merge(
    wish: MergeContacts, survivor_id: UUID, survivor: ContactState, other: ContactState
) -> tuple[ContactsMerged, ...]:
    """The survivor stands for the other and for all whom the other stood for; `()` when it does already.

    Raises MergeWithItself, ContactNotFound, ContactIsErased; ContactIsMerged for a survivor for whom another stands,
    so that there is no circle, and for one who was merged into somebody else.
    """
    if wish.from_id == survivor_id:
        raise errors.MergeWithItself("A contact is not merged with itself.")
    into = of_its_own(survivor)
    if isinstance(other, Merged) and other.into == survivor_id:
        return ()
    gone = of_its_own(other)
    merged = (wish.from_id, *sorted(gone.merged_ids))
    if len(into.merged_ids) + len(merged) > MAX_MERGED:
        raise errors.MergedSetTooLarge(f"At most {MAX_MERGED} contacts are merged into one.")
    return (ContactsMerged(merged_ids=merged),)


def unmerge(
    wish: UnmergeContact, survivor_id: UUID, survivor: ContactState, other: ContactState
) -> tuple[ContactsUnmerged, ...]:
    """The other is a contact of its own again; who came with it stays. Raises ContactNotMerged."""
    if wish.from_id in of_its_own(survivor).merged_ids:
        return (ContactsUnmerged(merged_id=wish.from_id),)
    if isinstance(other, Unknown):
        raise errors.ContactNotFound("There is no such contact.")
    raise errors.ContactNotMerged(f"The contact was not merged into {survivor_id}.")


def of_its_own(state: ContactState) -> Known:
    """A contact for whom no other stands. Raises ContactNotFound, ContactIsErased, ContactIsMerged."""
    match state:
        case Unknown():
            raise errors.ContactNotFound("There is no such contact.")
        case Erased():
            raise errors.ContactIsErased("This person was erased; nothing about them can be stored.")
        case Merged():
            raise errors.ContactIsMerged(f"The contact {state.into} stands for this one.")
        case Known():
            return state
        case _:
            assert_never(state)
