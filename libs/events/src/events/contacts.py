"""People who write to us: one stream each, topic contacts.v1."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from events.envelope import Event, Personal
from events.values import Handle

TOPIC = "contacts.v1"


class ContactIdentity(Personal, frozen=True, kw_only=True):
    name: str = ""
    handle: Handle


class ContactCreated(Event, frozen=True, kw_only=True):
    """A person wrote for the first time; known by one handle."""

    TOPIC: ClassVar[str] = TOPIC
    personal: ContactIdentity | None = None


class LinkedHandle(Personal, frozen=True, kw_only=True):
    handle: Handle


class HandleLinked(Event, frozen=True, kw_only=True):
    """The person is known by a further handle."""

    TOPIC: ClassVar[str] = TOPIC
    personal: LinkedHandle | None = None


class ContactChanges(Personal, frozen=True, kw_only=True):
    """What was changed; a field left out stays."""

    name: str | None = None
    phone: str | None = None
    note: str | None = None


class ContactUpdated(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    personal: ContactChanges | None = None


class ContactErased(Event, frozen=True, kw_only=True):
    """The person's keys, rows and blobs are destroyed; statistics stay."""

    TOPIC: ClassVar[str] = TOPIC
    conversation_ids: tuple[UUID, ...] = ()


ContactEvent = ContactCreated | HandleLinked | ContactUpdated | ContactErased
