"""What every event and command carries besides its own data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

ActorKind = Literal["agent", "bot", "rule", "contact", "system"]


class Actor(msgspec.Struct, frozen=True):
    """Who caused it: an agent, a bot, a rule, a contact or the system; `id` is empty for the system."""

    kind: ActorKind
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM = Actor("system")


class Personal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The half of an event that is sealed: bodies, names, addresses, subjects."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact. The class name is the wire type; `VERSION` rises when the meaning or shape changes incompatibly.

    A class that has personal data declares a field `personal: Its | None = None`: None means that it was erased
    (or, for code that needs no personal data, that it was never opened).
    """

    VERSION: ClassVar[int] = 1
    TOPIC: ClassVar[str] = ""


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An intention, named in the imperative; it may be refused. It travels unsealed on commands.v1 for 14 days."""

    VERSION: ClassVar[int] = 1
    TOPIC: ClassVar[str] = "commands.v1"


E = TypeVar("E", bound="Event | Command", covariant=True)


class Envelope(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    """An event or command with its attributes (CloudEvents 1.0 context attributes on the wire).

    `stream` is what it belongs to and orders it; `sequence` is 1, 2, 3 … within a stream of the event store and 0 for
    records outside one (inbound facts, commands). Times are UTC-aware. `correlation_id` is the same from the first
    byte of a mail to its reply; `causation_id` is the record that led directly to this one.
    """

    id: UUID
    stream: UUID
    sequence: int = 0
    occurred_at: datetime
    recorded_at: datetime
    workspace_id: UUID
    actor: Actor = SYSTEM
    correlation_id: UUID
    causation_id: UUID | None = None
    data: E
    store: str | None = None
    position: int | None = None

    @property
    def type(self) -> str:
        return type(self.data).__name__

    @property
    def version(self) -> int:
        return type(self.data).VERSION


AnyEnvelope = Envelope[Any]
