"""Small events, as a router would append them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import UUID

from events import frame
from events.codec import encode
from events.conversations import ReplySending
from events.envelope import AnyEnvelope, Envelope
from service_kit.event_store import NewEvent
from service_kit.ids import new_id

_WHITE = bytes(b" \t\r\n"[number % 4] for number in range(256))
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def an_event(stream: UUID, sequence: int, *, event_id: UUID | None = None, attempt: int = 1) -> AnyEnvelope:
    """A small event without personal data."""
    return Envelope(
        id=event_id or new_id(),
        stream=stream,
        sequence=sequence,
        occurred_at=EPOCH,
        recorded_at=EPOCH,
        workspace_id=stream,
        correlation_id=stream,
        data=ReplySending(reply_id=stream, attempt=attempt),
    )


def stored(event: AnyEnvelope, *topics: str, padding: int = 0) -> NewEvent:
    """The event as a router would append it; `padding` makes its body so many bytes longer (white space)."""
    record = encode(event)
    if padding:
        record = type(record)(record.headers, record.value + os.urandom(padding).translate(_WHITE))
    key = str(event.stream).encode()
    return NewEvent(event.stream, event.sequence, event.type, frame.pack(topics, key, record))
