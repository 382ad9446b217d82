"""People who write to us: one stream each, topic contacts.v1."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from events.envelope import Event, Personal
from events.values import Handle

TOPIC = "contacts.v1"

PropertyValue = str | int | float | bool | None
"""Of a property: text, a choice, a URL and a date (ISO 8601) are text; None takes the value away."""


class ContactIdentity(Personal, frozen=True, kw_only=True):
    """`handle.value` is empty for a person who was added without one, and for a mail without a sender."""

    name: str = ""
    handle: Handle


class ContactCreated(Event, frozen=True, kw_only=True):
    """A person wrote for the first time, or was added by an agent; known by one handle.

    `company_id` is the company of the handle's e-mail domain, where there is one.
    """

    TOPIC: ClassVar[str] = TOPIC
    company_id: UUID | None = None
    personal: ContactIdentity | None = None


class LinkedHandle(Personal, frozen=True, kw_only=True):
    handle: Handle


class HandleLinked(Event, frozen=True, kw_only=True):
    """The person is known by a further handle."""

    TOPIC: ClassVar[str] = TOPIC
    personal: LinkedHandle | None = None


class UnlinkedHandle(Personal, frozen=True, kw_only=True):
    """`first` is the handle that the person is known by first from now on, where `handle` was that and another is
    left."""

    handle: Handle
    first: Handle | None = None


class HandleUnlinked(Event, frozen=True, kw_only=True):
    """The person is not known by this handle any more: who writes by it is somebody else."""

    TOPIC: ClassVar[str] = TOPIC
    personal: UnlinkedHandle | None = None


class ContactChanges(Personal, frozen=True, kw_only=True):
    """What was changed; a field left out stays. Properties go by the text of their ids."""

    name: str | None = None
    phone: str | None = None
    note: str | None = None
    properties: dict[str, PropertyValue] | None = None


class ContactUpdated(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    personal: ContactChanges | None = None


class NoteText(Personal, frozen=True, kw_only=True):
    text: str


class ContactNoteAdded(Event, frozen=True, kw_only=True):
    """An agent wrote something down about the person."""

    TOPIC: ClassVar[str] = TOPIC
    note_id: UUID
    personal: NoteText | None = None


class ContactBlocked(Event, frozen=True, kw_only=True):
    """Mails of this person are kept out of the inboxes from now on."""

    TOPIC: ClassVar[str] = TOPIC


class ContactUnblocked(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC


class CompanyLinked(Event, frozen=True, kw_only=True):
    """The person belongs to this company, and to no other any more."""

    TOPIC: ClassVar[str] = TOPIC
    company_id: UUID


class CompanyUnlinked(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    company_id: UUID


class ContactsMerged(Event, frozen=True, kw_only=True):
    """In the survivor's stream: these are the same person. Their keys stay what they are; erasing destroys all."""

    TOPIC: ClassVar[str] = TOPIC
    merged_ids: tuple[UUID, ...]


class ContactMergedInto(Event, frozen=True, kw_only=True):
    """In the stream of each of the merged: the survivor stands for this contact from now on.

    Of one who is merged already: the survivor was merged into another, and this one goes with it.
    """

    TOPIC: ClassVar[str] = TOPIC
    survivor_id: UUID


class ContactsUnmerged(Event, frozen=True, kw_only=True):
    """In the survivor's stream: this one is a person of its own again."""

    TOPIC: ClassVar[str] = TOPIC
    merged_id: UUID


class ContactUnmerged(Event, frozen=True, kw_only=True):
    """In the stream of the one who was merged: a contact of its own again, as it was before."""

    TOPIC: ClassVar[str] = TOPIC
    survivor_id: UUID


class ContactErased(Event, frozen=True, kw_only=True):
    """The person's keys, rows and blobs are destroyed; statistics stay."""

    TOPIC: ClassVar[str] = TOPIC
    conversation_ids: tuple[UUID, ...] = ()


ContactEvent = (
    ContactCreated
    | HandleLinked
    | HandleUnlinked
    | ContactUpdated
    | ContactNoteAdded
    | ContactBlocked
    | ContactUnblocked
    | CompanyLinked
    | CompanyUnlinked
    | ContactsMerged
    | ContactMergedInto
    | ContactsUnmerged
    | ContactUnmerged
    | ContactErased
)
