"""Reports of the ledger as events for the router: the same report always gives the same bytes."""

from __future__ import annotations

from typing import assert_never

from events import codec
from events.codec import Record
from events.envelope import SYSTEM, Envelope
from events.inbound import (
    DeliveryAccepted,
    DeliveryAttempted,
    DeliveryRefused,
    DeliveryReport,
    DeliveryUncertain,
)
from ingest_email.delivery import NO_MORE
from ingest_email.delivery_ledger import Due


def fact(due: Due) -> DeliveryReport:
    """What the report says, as the event of the family `inbound`."""
    report = due.report
    match report.kind:
        case "attempted":
            return DeliveryAttempted(
                channel="email", reply_id=due.reply_id, attempt=report.attempt, reported_at=due.made_at
            )
        case "accepted":
            return DeliveryAccepted(
                channel="email", reply_id=due.reply_id, attempt=report.attempt, reported_at=due.made_at
            )
        case "uncertain":
            return DeliveryUncertain(
                channel="email",
                reply_id=due.reply_id,
                attempt=report.attempt,
                reported_at=due.made_at,
                reason=report.reason,
                final=report.code == NO_MORE,
            )
        case "refused":
            return DeliveryRefused(
                channel="email",
                reply_id=due.reply_id,
                attempt=report.attempt,
                reported_at=due.made_at,
                code=report.code,
                reason=report.reason,
                can_retry=report.can_retry,
            )
        case _:
            assert_never(report.kind)


def record(due: Due) -> Record:
    """The record for inbound.email.v1, to be keyed by the conversation's id."""
    return codec.encode(
        Envelope(
            id=due.report_id,
            stream=due.conversation_id,
            occurred_at=due.made_at,
            recorded_at=due.made_at,
            workspace_id=due.workspace_id,
            actor=SYSTEM,
            correlation_id=due.correlation_id,
            causation_id=due.event_id,
            data=fact(due),
        )
    )
