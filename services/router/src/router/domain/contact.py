"""The decider of a contact: a person who wrote or was added, known by handles, changed and merged, erased for good."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, assert_never
from uuid import UUID

import msgspec

from events import contact_commands as c
from events import contacts as e
from events.contact_commands import ContactCommand
from events.contacts import ContactEvent
from events.envelope import Envelope
from events.values import Handle
from router.domain import contact_addresses, errors
from router.domain.company import NO_COMPANY, CompanyState, NoCompany
from router.domain.contact_card import MAX_NAME, MAX_NOTE, Owners, check_note, create, update
from router.domain.contact_merging import merge, of_its_own, unmerge
from router.domain.contact_properties import Properties
from router.domain.contact_state import UNKNOWN, ContactState, Erased, Known, Merged, Unknown, evolve
from service_kit.decider import Decider

__all__ = [
    "MAX_NAME",
    "MAX_NOTE",
    "UNKNOWN",
    "Around",
    "ContactState",
    "Erased",
    "Known",
    "Merged",
    "Unknown",
    "decide",
    "decider",
    "erase",
    "evolve",
    "link",
    "meet",
]

_NOTHING: Final[Mapping[str, UUID]] = MappingProxyType({})


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What is known around a contact: the conversations that hold the person's data, the workspace's properties, who
    has the handles that the command names, and the other contact or the company that it names."""

    conversation_ids: tuple[UUID, ...] = ()
    properties: Properties = msgspec.field(default_factory=lambda: MappingProxyType({}))
    owners: Owners = Owners(_NOTHING)
    other: ContactState = UNKNOWN
    company: CompanyState = NO_COMPANY


NOBODY_AROUND: Final = Around()


def decider(around: Around = NOBODY_AROUND) -> Decider[Envelope[ContactCommand], ContactState, ContactEvent]:
    """The decider, given what is around the contact."""
    return Decider(UNKNOWN, partial(decide, around=around), evolve)


def decide(
    command: Envelope[ContactCommand],
    state: ContactState,
    *,
    around: Around = NOBODY_AROUND,
    target: UUID | None = None,
) -> tuple[ContactEvent, ...]:
    """The events that the command leads to in the contact's stream; refuses with a DomainError.

    `target` is the contact that a CreateContact with `update` writes to, when it is another than it names. The shell
    appends what follows elsewhere: PersonalDataErased to each conversation when ContactErased comes of it, and to each
    of the merged ContactMergedInto or ContactUnmerged.
    """
    wish, stream = command.data, target or command.stream
    if isinstance(wish, c.CreateContact):
        if not isinstance(state, Unknown):
            of_its_own(state)
        return create(wish, stream, state, around.owners, around.properties)
    if isinstance(wish, c.EraseContact):
        return erase(state, around.conversation_ids)
    if isinstance(wish, c.MergeContacts):
        return merge(wish, stream, state, around.other)
    if isinstance(wish, c.AddContactAddress):
        return contact_addresses.add(wish, stream, state, around.owners)
    if isinstance(wish, c.RemoveContactAddress):
        return contact_addresses.remove(wish, stream, state, around.owners)
    if isinstance(wish, c.UnmergeContact):
        return unmerge(wish, stream, state, around.other)
    known = of_its_own(state)
    match wish:
        case c.UpdateContact():
            return update(wish, around.properties)
        case c.AddContactNote():
            return _add_note(wish)
        case c.BlockContact():
            return () if known.blocked else (e.ContactBlocked(),)
        case c.UnblockContact():
            return (e.ContactUnblocked(),) if known.blocked else ()
        case c.LinkCompany():
            return _link_company(wish, known, around.company)
        case c.UnlinkCompany():
            linked = known.company_id == wish.company_id
            return (e.CompanyUnlinked(company_id=wish.company_id),) if linked else ()
        case _:
            assert_never(wish)


def erase(state: ContactState, conversation_ids: tuple[UUID, ...]) -> tuple[e.ContactErased, ...]:
    """`conversation_ids` are all conversations that hold the person's data."""
    if isinstance(state, Unknown):
        raise errors.ContactNotFound("There is no such contact.")
    return () if isinstance(state, Erased) else (e.ContactErased(conversation_ids=conversation_ids),)


def meet(handle: Handle, name: str, state: ContactState, company_id: UUID | None = None) -> tuple[ContactEvent, ...]:
    """Somebody wrote: a contact with this first handle, of the company of its domain; `()` when there is one already.

    Raises ContactIsErased: an erased person who writes again is a new contact, with a stream of its own.
    """
    match state:
        case Unknown():
            identity = e.ContactIdentity(name=name[:MAX_NAME], handle=handle)
            return (e.ContactCreated(company_id=company_id, personal=identity),)
        case Known() | Merged():
            return ()
        case Erased():
            raise errors.ContactIsErased("This person was erased; a new contact is needed.")
        case _:
            assert_never(state)


def link(handle: Handle, state: ContactState, *, already_linked: bool) -> tuple[ContactEvent, ...]:
    """The person is known by a further handle; `already_linked` says that the look-up has it for this contact."""
    of_its_own(state)
    return () if already_linked else (e.HandleLinked(personal=e.LinkedHandle(handle=handle)),)


def _add_note(wish: c.AddContactNote) -> tuple[ContactEvent, ...]:
    if not wish.text.strip():
        raise errors.ContactFieldInvalid("A note needs a text.")
    check_note(wish.text)
    return (e.ContactNoteAdded(note_id=wish.note_id, personal=e.NoteText(text=wish.text)),)


def _link_company(wish: c.LinkCompany, known: Known, company: CompanyState) -> tuple[ContactEvent, ...]:
    if isinstance(company, NoCompany):
        raise errors.CompanyNotFound("There is no such company.")
    if known.company_id == wish.company_id or (wish.unless_linked and known.company_id is not None):
        return ()
    return (e.CompanyLinked(company_id=wish.company_id),)
