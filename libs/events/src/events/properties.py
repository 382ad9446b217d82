"""Properties of contacts that a company defines for itself; their values are personal."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from events.envelope import Event

TOPIC = "workspace.v1"
PropertyKind = Literal["text", "number", "date", "boolean", "choice", "url"]


class ContactPropertyDefined(Event, frozen=True, kw_only=True):
    """Contacts have this property from now on; `choices` are the values of one of the kind "choice"."""

    TOPIC: ClassVar[str] = TOPIC
    property_id: UUID
    name: str
    kind: PropertyKind
    choices: tuple[str, ...] = ()


class ContactPropertyChanged(Event, frozen=True, kw_only=True):
    """The property's name and choices as they are now."""

    TOPIC: ClassVar[str] = TOPIC
    property_id: UUID
    name: str
    choices: tuple[str, ...] = ()


class ContactPropertyDeleted(Event, frozen=True, kw_only=True):
    """Contacts have it no more, nor any value of it; it never comes back."""

    TOPIC: ClassVar[str] = TOPIC
    property_id: UUID


ContactPropertyEvent = ContactPropertyDefined | ContactPropertyChanged | ContactPropertyDeleted
