"""The decider of a contact: a person who wrote, known by handles, changed by agents, erased for good."""

from __future__ import annotations

from functools import partial
from typing import Final, assert_never
from uuid import UUID

import msgspec

from events import contacts as e
from events.commands import ContactCommand, EraseContact, UpdateContact
from events.contacts import ContactEvent
from events.envelope import Envelope
from events.values import Handle
from router.domain import errors
from router.domain.texts import is_header_safe
from service_kit.decider import Decider

MAX_NAME: Final = 200
MAX_PHONE: Final = 60
MAX_NOTE: Final = 20_000


class Unknown(msgspec.Struct, frozen=True):
    """Nobody yet."""


class Known(msgspec.Struct, frozen=True):
    """A person; what is known of them is personal and not kept here."""


class Erased(msgspec.Struct, frozen=True):
    """A person who was erased; the stream is closed."""


ContactState = Unknown | Known | Erased
UNKNOWN: Final = Unknown()


def decider(
    conversation_ids: tuple[UUID, ...] = (),
) -> Decider[Envelope[ContactCommand], ContactState, ContactEvent]:
    """The decider, given the conversations that hold the person's data."""
    return Decider(UNKNOWN, partial(decide, conversation_ids=conversation_ids), evolve)


def evolve(state: ContactState, event: ContactEvent) -> ContactState:
    """The state after the event; never raises. Nothing follows an erasure."""
    if isinstance(state, Erased):
        return state
    match event:
        case e.ContactCreated() | e.HandleLinked() | e.ContactUpdated():
            return Known()
        case e.ContactErased():
            return Erased()
        case _:
            assert_never(event)


def decide(
    command: Envelope[ContactCommand], state: ContactState, *, conversation_ids: tuple[UUID, ...] = ()
) -> tuple[ContactEvent, ...]:
    """The events that the command leads to. `conversation_ids` are all conversations that hold the person's data;
    the shell appends PersonalDataErased to each of them when ContactErased comes of it."""
    if isinstance(state, Unknown):
        raise errors.ContactNotFound("There is no such contact.")
    match command.data:
        case UpdateContact() as changes:
            return _update(changes, state)
        case EraseContact():
            return () if isinstance(state, Erased) else (e.ContactErased(conversation_ids=conversation_ids),)
        case _:
            assert_never(command.data)


def _update(changes: UpdateContact, state: Known | Erased) -> tuple[ContactEvent, ...]:
    """A field left out stays; what it was is personal and not known here, so every update is a change."""
    if isinstance(state, Erased):
        raise errors.ContactIsErased("This person was erased; nothing about them can be stored.")
    if changes.name is None and changes.phone is None and changes.note is None:
        return ()
    for field, text, limit in (("name", changes.name, MAX_NAME), ("phone", changes.phone, MAX_PHONE)):
        if text is not None and (len(text) > limit or not is_header_safe(text)):
            raise errors.ContactFieldInvalid(f"A contact's {field} is one line of at most {limit} characters.")
    if changes.note is not None and len(changes.note) > MAX_NOTE:
        raise errors.ContactFieldInvalid(f"A contact's note has at most {MAX_NOTE} characters.")
    return (e.ContactUpdated(personal=e.ContactChanges(name=changes.name, phone=changes.phone, note=changes.note)),)


def meet(handle: Handle, name: str, state: ContactState) -> tuple[ContactEvent, ...]:
    """Somebody wrote: a contact with this first handle, `()` when there is one already.

    Raises ContactIsErased: an erased person who writes again is a new contact, with a stream of its own.
    """
    match state:
        case Unknown():
            return (e.ContactCreated(personal=e.ContactIdentity(name=name[:MAX_NAME], handle=handle)),)
        case Known():
            return ()
        case Erased():
            raise errors.ContactIsErased("This person was erased; a new contact is needed.")
        case _:
            assert_never(state)


def link(handle: Handle, state: ContactState, *, already_linked: bool) -> tuple[ContactEvent, ...]:
    """The person is known by a further handle; `already_linked` says that the look-up has it for this contact."""
    match state:
        case Unknown():
            raise errors.ContactNotFound("There is no such contact.")
        case Erased():
            raise errors.ContactIsErased("This person was erased; nothing about them can be stored.")
        case Known():
            return () if already_linked else (e.HandleLinked(personal=e.LinkedHandle(handle=handle)),)
        case _:
            assert_never(state)
