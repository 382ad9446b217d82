"""What becomes of a quarantined mail that somebody wants tried again: events of the record's own stream."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from events.envelope import Event

TOPIC = "conversations.v1"


class QuarantineRetryRequested(Event, frozen=True, kw_only=True):
    """The mail is to be parsed anew, from its raw bytes, by the service that received it.

    It goes to outbound.{channel}.v1, too, where that service reads it; `raw` names the quarantined record's blob. What
    comes of it is a MessageParsedAnew of which this event's id is the `retry_id`.
    """

    TOPIC: ClassVar[str] = TOPIC
    raw: str


class QuarantineRetryFailed(Event, frozen=True, kw_only=True):
    """The mail could not be parsed anew, or not be handled then either; it stays in quarantine. `reason` as that of
    InboundQuarantined."""

    TOPIC: ClassVar[str] = TOPIC
    retry_id: UUID
    reason: str


QuarantineRetryEvent = QuarantineRetryRequested | QuarantineRetryFailed
