"""E-mail addresses of a contact that agents add and take away."""

from __future__ import annotations

from uuid import UUID

from events import contacts as e
from events.contact_commands import AddContactAddress, RemoveContactAddress
from events.contacts import ContactEvent
from events.values import Handle
from router.domain import errors
from router.domain.contact_card import Owners, belonging, handle_of
from router.domain.contact_merging import of_its_own
from router.domain.contact_state import ContactState, Merged
from router.domain.texts import mailbox_key


def add(wish: AddContactAddress, contact_id: UUID, state: ContactState, owners: Owners) -> tuple[ContactEvent, ...]:
    """The contact with a further address, and of the company of its domain where it had none; `()` when it is the
    contact's, or that of one who was merged into it.

    Raises ContactHandleInvalid, HandleInUse.
    """
    known = of_its_own(state)
    handle = handle_of(Handle("email", wish.address))
    owner = owners.contacts.get(handle.value)
    if owner == contact_id:
        return ()
    if owner is not None:
        raise errors.HandleInUse(f"An address belongs to the contact {owner}.")
    return (e.HandleLinked(personal=e.LinkedHandle(handle=handle)), *belonging(known.company_id, owners))


def remove(
    wish: RemoveContactAddress, contact_id: UUID, state: ContactState, owners: Owners
) -> tuple[e.HandleUnlinked, ...]:
    """The contact without the address, also one who was merged; `()` when it is not this very contact's. Another
    address by which it is to be known first is left out unless it has that one, too. The last one may go."""
    if not isinstance(state, Merged):
        of_its_own(state)
    address, first = mailbox_key(wish.address), mailbox_key(wish.first or "")
    if owners.contacts.get(address) != contact_id:
        return ()
    follows = first != address and owners.contacts.get(first) == contact_id
    unlinked = e.UnlinkedHandle(handle=Handle("email", address), first=Handle("email", first) if follows else None)
    return (e.HandleUnlinked(personal=unlinked),)
