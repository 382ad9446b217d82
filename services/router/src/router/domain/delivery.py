"""How far the delivery of a reply got, as a value that reports can only move forward, whatever order they come in."""

from __future__ import annotations

from typing import Literal, assert_never
from uuid import UUID

import msgspec

from events.conversations import FailureReason, ReplyDelivered, ReplyFailed, ReplySending, ReplySent, ReplyUncertain
from events.inbound import (
    DeliveryAccepted,
    DeliveryAttempted,
    DeliveryConfirmed,
    DeliveryRefused,
    DeliveryReport,
    DeliveryUncertain,
)
from events.values import Bounce

DeliveryState = Literal["queued", "sending", "uncertain", "sent", "failed", "delivered"]
DeliveryEvent = ReplySending | ReplyUncertain | ReplySent | ReplyFailed | ReplyDelivered

_STAGE: dict[DeliveryState, int] = {"queued": 0, "sending": 1, "uncertain": 2, "sent": 3, "failed": 3, "delivered": 4}


class Delivery(msgspec.Struct, frozen=True):
    """The state and the attempt that led to it."""

    state: DeliveryState
    attempt: int = 0

    @property
    def rank(self) -> tuple[int, int, int]:
        """The order in which reports supersede each other.

        queued < sending < uncertain < (sent | failed) < delivered. Between sent and failed the later attempt counts,
        within one attempt a failure (a bounce after the acceptance). The order is total, so the last word is the
        greatest report, however they were shuffled.
        """
        stage = _STAGE[self.state]
        return (stage, self.attempt, int(self.state == "failed")) if stage == _STAGE["sent"] else (stage, 0, 0)


QUEUED = Delivery("queued")


def later(known: Delivery, other: Delivery) -> Delivery:
    """The greater of the two."""
    return other if other.rank > known.rank else known


def delivery_of(event: DeliveryEvent) -> Delivery:
    """What a delivery event of the conversation says."""
    match event:
        case ReplySending():
            return Delivery("sending", event.attempt)
        case ReplyUncertain():
            return Delivery("uncertain", event.attempt)
        case ReplySent():
            return Delivery("sent", event.attempt)
        case ReplyFailed():
            return Delivery("failed", event.attempt)
        case ReplyDelivered():
            return Delivery("delivered", event.attempt)
        case _:
            assert_never(event)


def event_of(report: DeliveryReport) -> DeliveryEvent:
    """The conversation's event for a channel's report; the reason of a failure may name people, so it is personal."""
    reply_id: UUID = report.reply_id
    match report:
        case DeliveryAttempted():
            return ReplySending(reply_id=reply_id, attempt=report.attempt)
        case DeliveryUncertain():
            return ReplyUncertain(reply_id=reply_id, attempt=report.attempt)
        case DeliveryAccepted():
            return ReplySent(reply_id=reply_id, attempt=report.attempt)
        case DeliveryConfirmed():
            return ReplyDelivered(reply_id=reply_id, attempt=report.attempt)
        case DeliveryRefused():
            return ReplyFailed(
                reply_id=reply_id,
                attempt=report.attempt,
                code=report.code,
                can_retry=report.can_retry,
                personal=FailureReason(reason=report.reason) if report.reason else None,
            )
        case _:
            assert_never(report)


def progress(report: DeliveryReport, known: Delivery) -> tuple[DeliveryEvent, ...]:
    """The event of a report that says something new, else `()` (a duplicate, or older than what is known)."""
    event = event_of(report)
    return (event,) if delivery_of(event).rank > known.rank else ()


def bounced(reply_id: UUID, bounce: Bounce | None, known: Delivery) -> tuple[ReplyFailed, ...]:
    """The failure of a reply that came back, `()` when it was known or a recipient's side has confirmed the reply.

    A bounce follows the acceptance of the attempt that is known, so it fails that very attempt. Sending again makes
    sense unless the address itself is wrong (RFC 3463 3.2: status 5.1.x).
    """
    said = bounce or Bounce()
    failed = ReplyFailed(
        reply_id=reply_id,
        attempt=max(known.attempt, 1),
        code=said.status or "bounced",
        can_retry=not said.status.startswith("5.1."),
        personal=FailureReason(reason=said.diagnostic) if said.diagnostic else None,
    )
    return (failed,) if delivery_of(failed).rank > known.rank else ()
