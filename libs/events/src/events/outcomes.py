"""What became of a command: topic command-outcomes.v1, after the events that it names."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.bulk import RefusedChange
from events.envelope import Event

TOPIC = "command-outcomes.v1"


class ShownAt(msgspec.Struct, frozen=True):
    """A view that has passed this position of this partition shows what the command did."""

    topic: str
    partition: int
    position: int


class CommandHandled(Event, frozen=True, kw_only=True):
    """Done or refused. `code` and `detail` say why refused (no personal data); `resource_id` is what it made.

    The envelope's stream is the command id. A command that changed nothing names its stream's head. `refused` are the
    conversations of a bulk that stayed as they were.
    """

    TOPIC: ClassVar[str] = TOPIC
    command_id: UUID
    command: str
    state: Literal["done", "refused"]
    code: str = ""
    detail: str = ""
    resource_id: UUID | None = None
    shown_at: tuple[ShownAt, ...] = ()
    refused: tuple[RefusedChange, ...] = ()


OutcomeEvent = CommandHandled
