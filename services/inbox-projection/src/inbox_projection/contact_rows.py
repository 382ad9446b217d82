"""Which column of a file is what of a contact, and a record as the contact that it asks for; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, assert_never
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from events.contact_commands import CreateContact
from events.contacts import PropertyValue
from events.properties import PropertyKind
from events.values import Handle
from inbox_projection.contact_csv import CsvRefused, as_it_was
from service_kit.recipients import make_address

FIELDS: Final = ("name", "address", "phone", "note", "ignore")
PROPERTY: Final = "property:"
_GUESSED: Final = {
    "name": ("name", "full name", "contact", "nazwa", "imię i nazwisko"),
    "address": ("address", "addresses", "email", "e-mail", "mail", "email address", "e-mail address", "adres e-mail"),
    "phone": ("phone", "telephone", "phone number", "telefon"),
    "note": ("note", "notes", "uwagi", "notatka"),
}
_APART: Final = re.compile(r"[;,\s]+")
_TRUE, _FALSE = frozenset({"true", "yes", "1", "tak"}), frozenset({"false", "no", "0", "nie"})


class Property(msgspec.Struct, frozen=True):
    """A property as the workspace defines it."""

    id: UUID
    name: str
    kind: PropertyKind
    choices: tuple[str, ...] = ()


class RowInvalid(ValueError):
    """A record that is no contact; the message says why, without the value."""


class Columns(msgspec.Struct, frozen=True):
    """What each column is, in the order of the file: a field, or `property:<id>`."""

    header: tuple[str, ...]
    fields: tuple[str, ...]


def columns(header: Sequence[str], mapping: Mapping[str, str] | None, properties: Sequence[Property]) -> Columns:
    """By the mapping, or where there is none by the columns' names; what is in neither is ignored.

    Raises CsvRefused: repeated-column, unknown-column (of the mapping), unknown-field, nothing-mapped.
    """
    names = tuple(as_it_was(cell.strip()) for cell in header)
    known = {*FIELDS, *(f"{PROPERTY}{one.id}" for one in properties)}
    if len(set(names)) < len(names):
        raise CsvRefused("repeated-column", "Two columns have the same name.", 1)
    for column, field in (mapping or {}).items():
        if column not in names:
            raise CsvRefused("unknown-column", "The mapping names a column that the file lacks.", 1)
        if field not in known:
            raise CsvRefused("unknown-field", "The mapping names something that contacts do not have.", 1)
    guessed = {alias: field for field, aliases in _GUESSED.items() for alias in aliases}
    guessed |= {one.name.casefold(): f"{PROPERTY}{one.id}" for one in reversed(properties)}
    fields = tuple(
        mapping.get(name, "ignore") if mapping is not None else guessed.get(name.casefold(), "ignore") for name in names
    )
    if not {"name", "address"} & set(fields):
        raise CsvRefused("nothing-mapped", "No column is a name or an address.", 1)
    for field in set(fields) - {"address", "ignore"}:
        if fields.count(field) > 1:
            raise CsvRefused("repeated-field", "Two columns are the same of a contact.", 1)
    return Columns(names, fields)


def wish(record: Sequence[str], known: Columns, properties: Mapping[UUID, Property], *, update: bool) -> CreateContact:
    """The contact that the record asks for. Raises RowInvalid."""
    if len(record) > len(known.fields):
        raise RowInvalid("It has more cells than the file has columns.")
    given: dict[str, str] = {}
    addresses: list[str] = []
    values: dict[str, PropertyValue] = {}
    for field, raw in zip(known.fields, record, strict=False):
        cell = as_it_was(raw)
        if field == "ignore" or not cell.strip():
            continue
        if "\x00" in cell:
            raise RowInvalid("It has a NUL character, which cannot be stored.")
        if field == "address":
            addresses += [each for each in _APART.split(cell) if each]
        elif field.startswith(PROPERTY):
            prop = properties[UUID(field.removeprefix(PROPERTY))]
            values[str(prop.id)] = _value(cell, prop)
        else:
            given[field] = cell if field == "note" else _one_line(cell.strip(), field)
    if not addresses and "name" not in given:
        raise RowInvalid("It has neither a name nor an address.")
    return CreateContact(
        name=given.get("name", ""),
        handles=tuple(Handle("email", _address(each)) for each in addresses),
        phone=given.get("phone", ""),
        note=given.get("note", ""),
        properties=values or None,
        update=update,
    )


def _address(text: str) -> str:
    try:
        return make_address(text).address.lower()
    except ValueError:
        raise RowInvalid("It has an address that is no e-mail address.") from None


def _one_line(text: str, field: str) -> str:
    limit = {"name": 200, "phone": 60}[field]
    if len(text) > limit or not _BREAKS.isdisjoint(text):
        raise RowInvalid(f"Its {field} has more than one line or {limit} characters.")
    return text


_BREAKS: Final = frozenset({*map(chr, range(32)), *map(chr, range(127, 160)), "\u2028", "\u2029"})


def _value(cell: str, prop: Property) -> PropertyValue:
    text = cell if prop.kind == "text" else cell.strip()
    match prop.kind:
        case "text":
            if len(text) <= 2_000:
                return text
        case "number":
            if re.fullmatch(r"-?\d{1,15}", text):
                return int(text)
            if re.fullmatch(r"-?\d{1,15}[.,]\d{1,15}", text):
                return float(text.replace(",", "."))
        case "date":
            if _is_date(text):
                return text
        case "boolean":
            if text.casefold() in _TRUE | _FALSE:
                return text.casefold() in _TRUE
        case "choice":
            if text in prop.choices:
                return text
        case "url":
            if _is_url(text):
                return text
        case _:
            assert_never(prop.kind)
    raise RowInvalid(f"Its {prop.name} is no {prop.kind} of that property.")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False
