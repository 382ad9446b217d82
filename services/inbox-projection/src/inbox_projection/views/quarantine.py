"""The quarantine: inbound records that could not be handled, until they are released."""

from __future__ import annotations

from msgspec.structs import replace

from events.conversations import (
    InboundQuarantined,
    QuarantineReleased,
    QuarantineRetryFailed,
    QuarantineRetryRequested,
)
from events.envelope import Envelope
from inbox_projection.views.rows import QuarantineRow


def quarantined(envelope: Envelope[InboundQuarantined]) -> QuarantineRow:
    event = envelope.data
    return QuarantineRow(
        quarantine_id=envelope.stream,
        sequence=envelope.sequence,
        topic=event.topic,
        partition=event.partition,
        offset=event.offset,
        reason=event.reason,
        raw=event.raw,
        size=event.size,
        quarantined_at=envelope.occurred_at,
        released_at=None,
    )


def retried(envelope: Envelope[QuarantineRetryRequested | QuarantineRetryFailed], row: QuarantineRow) -> QuarantineRow:
    """Its channel was asked to read it anew; or that did not help."""
    event = envelope.data
    if isinstance(event, QuarantineRetryRequested):
        return replace(row, sequence=envelope.sequence, retried_at=envelope.occurred_at, retry_failed=None)
    return replace(row, sequence=envelope.sequence, retry_failed=event.reason)


def released(envelope: Envelope[QuarantineReleased], row: QuarantineRow) -> QuarantineRow:
    return replace(row, sequence=envelope.sequence, released_at=envelope.occurred_at, retry_failed=None)
