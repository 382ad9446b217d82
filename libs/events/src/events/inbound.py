"""Facts that channels report: what customers sent, and what became of our replies. Unsealed, kept for 14 days."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from events.channel_tests import ChannelTestReported
from events.envelope import Event
from events.values import Channel, ChannelPart, MessageContent, MessageFacts


class MessageReceived(Event, frozen=True, kw_only=True):
    """A customer's message, stored raw and acknowledged. One for each inbox that it was delivered to.

    `dedupe_key` is a keyed hash that is equal in every copy of one message and differs between two messages;
    `reply_to_conversation` is the conversation named by a reply token of ours whose signature was right, and
    `answers_mail` the notification mail that it answers, by such a token of that mail; `channel_test` the test of a
    channel whose own mail it is, or speaks of.
    """

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    inbox_id: UUID
    dedupe_key: str
    facts: MessageFacts
    content: MessageContent
    reply_to_conversation: UUID | None = None
    answers_mail: UUID | None = None
    channel_test: UUID | None = None
    parser_version: int = 1


class MessageParsedAnew(Event, frozen=True, kw_only=True):
    """What came of the QuarantineRetryRequested `retry_id`: the mail as it is read now, in the place of the record
    `received_id` that is in quarantine; or, without it, the `reason` why not (never personal data)."""

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    channel: Channel
    quarantine_id: UUID
    retry_id: UUID
    received_id: UUID | None = None
    received: MessageReceived | None = None
    reason: str = ""


class DeliveryAttempted(Event, frozen=True, kw_only=True):
    """A worker began to hand a reply to the next hop."""

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    channel: Channel
    reply_id: UUID
    attempt: int
    reported_at: datetime


class DeliveryAccepted(Event, frozen=True, kw_only=True):
    """The next hop took responsibility for the reply (SMTP 250 after the final dot, RFC 5321 4.2.5)."""

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    channel: Channel
    reply_id: UUID
    attempt: int
    reported_at: datetime


class DeliveryUncertain(Event, frozen=True, kw_only=True):
    """The message was handed over but no answer came: it may or may not have arrived. `final`: the channel tries no
    more by itself."""

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    channel: Channel
    reply_id: UUID
    attempt: int
    reported_at: datetime
    reason: str = ""
    final: bool = False


class DeliveryConfirmed(Event, frozen=True, kw_only=True):
    """The recipient's side confirmed that the reply arrived."""

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    channel: Channel
    reply_id: UUID
    attempt: int
    reported_at: datetime


class DeliveryRefused(Event, frozen=True, kw_only=True):
    """The reply will not be delivered (final); `reason` is the next hop's own words, `code` its status or ours."""

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    channel: Channel
    reply_id: UUID
    attempt: int
    reported_at: datetime
    code: str
    reason: str = ""
    can_retry: bool = True


class ChannelHealthChanged(Event, frozen=True, kw_only=True):
    """A part of a channel works, limps or is down; `reason` is a code that the UI puts into words.

    `part` None is from before the parts were told apart (events.channel_health says what it means).
    """

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    channel: Channel
    channel_id: UUID
    state: Literal["ok", "degraded", "down"]
    reason: str = ""
    reported_at: datetime
    part: ChannelPart | None = None


InboundEvent = (
    MessageReceived
    | MessageParsedAnew
    | DeliveryAttempted
    | DeliveryAccepted
    | DeliveryUncertain
    | DeliveryConfirmed
    | DeliveryRefused
    | ChannelHealthChanged
    | ChannelTestReported
)
DeliveryReport = DeliveryAttempted | DeliveryAccepted | DeliveryUncertain | DeliveryConfirmed | DeliveryRefused
