"""Gathers the demo's events in their order, with ids that come from what they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from events import contacts
from events.envelope import SYSTEM, Actor, AnyEnvelope, Envelope, Event
from events.values import Address, Handle
from local_runtime.demo.cast import Cast
from local_runtime.demo.mail import Letter
from service_kit.ids import derived_id


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail as it lies in a mailbox: `to` also names those in blind copy."""

    letter: Letter
    raw: bytes
    to: tuple[str, ...]


@dataclass
class Journal:
    """What was written: events, blobs by name, the mails that customers got and those that they sent."""

    cast: Cast
    events: list[AnyEnvelope] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    received: list[Posted] = field(default_factory=list)
    sent: list[Posted] = field(default_factory=list)
    _sequences: dict[UUID, int] = field(default_factory=dict)
    _contacts: dict[str, UUID] = field(default_factory=dict)

    def add(self, stream: UUID, event: Event, at: datetime, actor: Actor = SYSTEM) -> None:
        """The stream's next event. Within a stream, call it in the order of time."""
        sequence = self._sequences[stream] = self._sequences.get(stream, 0) + 1
        self.events.append(
            Envelope(
                id=derived_id(stream, f"event {sequence}"),
                stream=stream,
                sequence=sequence,
                occurred_at=at,
                recorded_at=at,
                workspace_id=self.cast.workspace_id,
                actor=actor,
                correlation_id=stream,
                data=event,
            )
        )

    def contact(self, person: Address, at: datetime) -> UUID:
        """The person's id; they are created when they write for the first time."""
        address = person.address.lower()
        known = self._contacts.get(address)
        if known is not None:
            return known
        contact_id = self._contacts[address] = self.cast.id(f"contact {address}")
        identity = contacts.ContactIdentity(name=person.name, handle=Handle("email", address))
        self.add(contact_id, contacts.ContactCreated(personal=identity), at, Actor("contact", str(contact_id)))
        return contact_id

    def ordered(self) -> list[AnyEnvelope]:
        """All events by time; those of one stream stay in their order."""
        return sorted(self.events, key=lambda event: event.occurred_at)
