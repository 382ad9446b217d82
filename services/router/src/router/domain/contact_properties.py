"""Properties of contacts that a workspace defines: the definitions, and whether a value is of its property's kind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Final, assert_never
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from events.contact_commands import (
    ChangeContactProperty,
    ContactPropertyCommand,
    DefineContactProperty,
    DeleteContactProperty,
)
from events.contacts import PropertyValue
from events.properties import (
    ContactPropertyChanged,
    ContactPropertyDefined,
    ContactPropertyDeleted,
    ContactPropertyEvent,
    PropertyKind,
)
from router.domain import errors
from router.domain.texts import is_header_safe, is_plain

MAX_PROPERTIES: Final = 100
MAX_NAME: Final = 100
MAX_CHOICES: Final = 200
MAX_TEXT: Final = 2_000
MAX_NUMBER: Final = 2**53
"""Up to which every program that reads JSON keeps an integer as it is."""


class ContactProperty(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    kind: PropertyKind
    choices: tuple[str, ...] = ()


Properties = Mapping[UUID, ContactProperty]


def decide(command: ContactPropertyCommand, known: Properties) -> tuple[ContactPropertyEvent, ...]:
    """What the command makes of the workspace's properties. Raises ContactPropertyNotFound, ContactPropertyTaken,
    ContactPropertyInvalid."""
    match command:
        case DefineContactProperty():
            return define(command, known)
        case ChangeContactProperty():
            return change(command, known)
        case DeleteContactProperty():
            there = known.get(command.property_id)
            return () if there is None else (ContactPropertyDeleted(property_id=there.id),)
        case _:
            assert_never(command)


def define(command: DefineContactProperty, known: Properties) -> tuple[ContactPropertyDefined, ...]:
    """A further property; `()` when this very one is there."""
    name, choices = command.name.strip(), tuple(choice.strip() for choice in command.choices)
    there = known.get(command.property_id)
    if there is not None:
        if (there.name, there.kind, there.choices) == (name, command.kind, choices):
            return ()
        raise errors.ContactPropertyTaken(f"There is already another property {command.property_id}.")
    if len(known) >= MAX_PROPERTIES:
        raise errors.ContactPropertyInvalid(f"Contacts have at most {MAX_PROPERTIES} properties.")
    _check(ContactProperty(command.property_id, name, command.kind, choices), known)
    return (ContactPropertyDefined(property_id=command.property_id, name=name, kind=command.kind, choices=choices),)


def change(command: ChangeContactProperty, known: Properties) -> tuple[ContactPropertyChanged, ...]:
    """Another name, other choices; a choice that goes stays with the contacts that have it, until they get another."""
    there = known.get(command.property_id)
    if there is None:
        raise errors.ContactPropertyNotFound(f"There is no property {command.property_id}.")
    name = there.name if command.name is None else command.name.strip()
    choices = there.choices if command.choices is None else tuple(choice.strip() for choice in command.choices)
    if (name, choices) == (there.name, there.choices):
        return ()
    _check(ContactProperty(there.id, name, there.kind, choices), known)
    return (ContactPropertyChanged(property_id=there.id, name=name, choices=choices),)


def evolve(known: Properties, event: ContactPropertyEvent) -> Properties:
    """The properties after the event."""
    match event:
        case ContactPropertyDefined():
            defined = ContactProperty(event.property_id, event.name, event.kind, event.choices)
            return {**known, defined.id: defined}
        case ContactPropertyChanged():
            there = known.get(event.property_id)
            if there is None:
                return known
            return {**known, there.id: ContactProperty(there.id, event.name, there.kind, event.choices)}
        case ContactPropertyDeleted():
            return {key: one for key, one in known.items() if key != event.property_id}
        case _:
            assert_never(event)


def _check(wanted: ContactProperty, known: Properties) -> None:
    """Raises ContactPropertyInvalid, and ContactPropertyTaken for another's name."""
    if not is_plain(wanted.name, MAX_NAME):
        raise errors.ContactPropertyInvalid(f"A property needs a name of 1 to {MAX_NAME} characters on one line.")
    if any(one.name.casefold() == wanted.name.casefold() for one in known.values() if one.id != wanted.id):
        raise errors.ContactPropertyTaken("There is a property of this name.")
    if (wanted.kind == "choice") != bool(wanted.choices):
        raise errors.ContactPropertyInvalid("Choices belong to a property of the kind choice, which needs them.")
    if len(wanted.choices) > MAX_CHOICES or len(set(wanted.choices)) < len(wanted.choices):
        raise errors.ContactPropertyInvalid(f"A choice is between at most {MAX_CHOICES} different values.")
    if not all(is_plain(choice, MAX_NAME) for choice in wanted.choices):
        raise errors.ContactPropertyInvalid(f"Each choice has 1 to {MAX_NAME} characters on one line.")


def check(values: Mapping[str, PropertyValue], known: Properties) -> None:
    """Raises PropertyValueInvalid, naming the property; None takes a value away and is of every kind."""
    for key, value in values.items():
        prop = _of(key, known)
        if value is not None and not _fits(value, prop):
            raise errors.PropertyValueInvalid(f"{prop.name}: {_WANTED[prop.kind]}.")


def _of(key: str, known: Properties) -> ContactProperty:
    try:
        return known[UUID(key)]
    except (ValueError, KeyError):
        raise errors.PropertyValueInvalid("There is no such property.") from None


def _fits(value: str | float | bool, prop: ContactProperty) -> bool:
    match prop.kind:
        case "text":
            return isinstance(value, str) and len(value) <= MAX_TEXT
        case "number":
            return (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and math.isfinite(value)
                and abs(value) <= MAX_NUMBER
            )
        case "date":
            return isinstance(value, str) and _is_date(value)
        case "boolean":
            return isinstance(value, bool)
        case "choice":
            return isinstance(value, str) and value in prop.choices
        case "url":
            return isinstance(value, str) and _is_url(value)
        case _:
            assert_never(prop.kind)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_url(text: str) -> bool:
    """An address that a page may link to without running anything: http or https, with a host."""
    if len(text) > MAX_TEXT or not is_header_safe(text) or any(char.isspace() for char in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


_WANTED: Final[dict[PropertyKind, str]] = {
    "text": f"a text of at most {MAX_TEXT} characters is wanted",
    "number": "a number is wanted",
    "date": "a date like 2026-01-31 is wanted",
    "boolean": "true or false is wanted",
    "choice": "one of the property's choices is wanted",
    "url": "an address that begins with http:// or https:// is wanted",
}
