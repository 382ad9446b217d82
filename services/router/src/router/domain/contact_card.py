"""A contact made and filled in by agents: which names, numbers, notes, handles and properties can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import contacts as e
from events.contact_commands import CreateContact, UpdateContact
from events.contacts import ContactEvent
from events.values import Handle
from router.domain import contact_properties, errors
from router.domain.contact_properties import Properties
from router.domain.contact_state import ContactState, Known, Unknown
from router.domain.texts import is_header_safe, is_mail_address, mailbox_key

MAX_NAME: Final = 200
MAX_PHONE: Final = 60
MAX_NOTE: Final = 20_000
MAX_HANDLES: Final = 20
NO_HANDLE: Final = Handle("email", "")


class Owners(msgspec.Struct, frozen=True):
    """Who has the handles that a command names, by their e-mail addresses, and the company of the first address."""

    contacts: Mapping[str, UUID]
    company_id: UUID | None = None


def handle_of(handle: Handle) -> Handle:
    """A handle as it is kept. Raises ContactHandleInvalid for what is no mail address."""
    address = mailbox_key(handle.value)
    if handle.kind != "email" or not is_mail_address(address):
        raise errors.ContactHandleInvalid("A contact is added with e-mail addresses, written like rosa@acme.example.")
    return Handle("email", address)


def create(
    wish: CreateContact, target: UUID, state: ContactState, owners: Owners, properties: Properties
) -> tuple[ContactEvent, ...]:
    """The new contact, with its further handles and its card; with `update`, what the known `target` lacks or has
    otherwise: handles are added, fields that are given replace.

    Raises HandleInUse, naming the contact, for a handle of anybody but the target.
    """
    handles = tuple(dict.fromkeys(handle_of(handle) for handle in wish.handles))
    if not handles and not wish.name.strip():
        raise errors.ContactEmpty("A contact needs a name or an address.")
    if len(handles) > MAX_HANDLES:
        raise errors.ContactHandleInvalid(f"A contact is added with at most {MAX_HANDLES} addresses.")
    for handle in handles:
        owner = owners.contacts.get(handle.value)
        if owner is not None and owner != target:
            raise errors.HandleInUse(f"An address belongs to the contact {owner}.")
    fresh = tuple(handle for handle in handles if handle.value not in owners.contacts)
    name = wish.name.strip()
    card = UpdateContact(
        name=name or None, phone=wish.phone or None, note=wish.note or None, properties=wish.properties or None
    )
    check_card(card, properties)
    if isinstance(state, Unknown):
        first, *further = fresh or (NO_HANDLE,)
        identity = e.ContactIdentity(name=name, handle=first)
        return (
            e.ContactCreated(company_id=owners.company_id, personal=identity),
            *_linked(further),
            *_updated(replace(card, name=None)),
        )
    if not wish.update:
        return ()
    company_id = state.company_id if isinstance(state, Known) else None
    return (*_linked(fresh), *(belonging(company_id, owners) if fresh else ()), *_updated(card))


def belonging(company_id: UUID | None, owners: Owners) -> tuple[ContactEvent, ...]:
    """The contact, of this company so far, is of the company of the address that it is given, unless it has one."""
    if company_id is not None or owners.company_id is None:
        return ()
    return (e.CompanyLinked(company_id=owners.company_id),)


def update(wish: UpdateContact, properties: Properties) -> tuple[ContactEvent, ...]:
    """A field left out stays; what it was is personal and not known here, so every update is a change."""
    check_card(wish, properties)
    return tuple(_updated(wish))


def check_card(wish: UpdateContact, properties: Properties) -> None:
    """Raises ContactFieldInvalid, PropertyValueInvalid."""
    for field, text, limit in (("name", wish.name, MAX_NAME), ("phone", wish.phone, MAX_PHONE)):
        if text is not None and (len(text) > limit or not is_header_safe(text)):
            raise errors.ContactFieldInvalid(f"A contact's {field} is one line of at most {limit} characters.")
    if wish.note is not None:
        check_note(wish.note)
    contact_properties.check(wish.properties or {}, properties)


def check_note(text: str) -> None:
    """Raises ContactFieldInvalid."""
    if len(text) > MAX_NOTE:
        raise errors.ContactFieldInvalid(f"A contact's note has at most {MAX_NOTE} characters.")


def _linked(handles: tuple[Handle, ...] | list[Handle]) -> Iterator[ContactEvent]:
    return (e.HandleLinked(personal=e.LinkedHandle(handle=handle)) for handle in handles)


def _updated(wish: UpdateContact) -> Iterator[ContactEvent]:
    changes = e.ContactChanges(name=wish.name, phone=wish.phone, note=wish.note, properties=wish.properties or None)
    if changes != e.ContactChanges():
        yield e.ContactUpdated(personal=changes)
