"""How far the delivery of a reply got, as a value that reports can only move forward, whatever order they come in."""

from __future__ import annotations

from typing import Literal, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events.conversations import (
    FailureReason,
    Hold,
    ReplyDelivered,
    ReplyFailed,
    ReplySending,
    ReplySent,
    ReplyUncertain,
    Then,
)
from events.inbound import (
    DeliveryAccepted,
    DeliveryAttempted,
    DeliveryConfirmed,
    DeliveryRefused,
    DeliveryReport,
    DeliveryUncertain,
)
from events.values import Bounce

DeliveryState = Literal["waiting", "held", "queued", "cancelled", "sending", "uncertain", "sent", "failed", "delivered"]
DeliveryEvent = ReplySending | ReplyUncertain | ReplySent | ReplyFailed | ReplyDelivered

_STAGE: dict[DeliveryState, int] = {
    "waiting": 0,
    "held": 0,
    "queued": 0,
    "cancelled": 1,
    "sending": 2,
    "uncertain": 3,
    "sent": 4,
    "failed": 4,
    "delivered": 5,
}


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state and the attempt that led to it.

    Attempts up to `before` belong to an earlier sending and say nothing any more. `agent_id` wrote the reply, `hold` is
    what it waits for, or waited for; `then` what becomes of the conversation with it, `closed` whether that came of it.
    """

    state: DeliveryState
    attempt: int = 0
    before: int = 0
    can_retry: bool = True
    agent_id: UUID | None = None
    in_side_thread: bool = False
    hold: Hold | None = None
    then: Then | None = None
    closed: bool = False

    @property
    def rank(self) -> tuple[int, int, int]:
        """The order in which reports supersede each other.

        queued < cancelled < sending < uncertain < (sent | failed) < delivered: what was taken back too late was sent
        all the same. Between sent and failed the later attempt counts, within one attempt a failure (a bounce after
        the acceptance). Of two doubts the later counts, for what is then sent again goes on after its attempt. The
        order is total, so the last word is the greatest report, however they were shuffled.
        """
        stage = _STAGE[self.state]
        counts = self.state in ("uncertain", "sent", "failed")
        return (stage, self.attempt, int(self.state == "failed")) if counts else (stage, 0, 0)


QUEUED = Delivery("queued")


def later(known: Delivery, other: Delivery) -> Delivery:
    """What is known after a report: `known`, or where `other` is the greater, as far as a report tells."""
    if other.rank <= known.rank:
        return known
    return replace(known, state=other.state, attempt=other.attempt, can_retry=other.can_retry)


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
            return Delivery("failed", event.attempt, can_retry=event.can_retry)
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
            return ReplyUncertain(reply_id=reply_id, attempt=report.attempt, final=report.final)
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
    if report.attempt <= known.before:
        return ()
    event = event_of(report)
    if isinstance(event, ReplyFailed | ReplyUncertain):
        event = replace(event, agent_id=known.agent_id)
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
        agent_id=known.agent_id,
        code=said.status or "bounced",
        can_retry=not said.status.startswith("5.1."),
        personal=FailureReason(reason=said.diagnostic) if said.diagnostic else None,
    )
    return (failed,) if delivery_of(failed).rank > known.rank else ()
