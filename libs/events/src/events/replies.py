"""What becomes of our messages in a conversation: queued, held, released, cancelled, and what their channel reports."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.envelope import Event, Personal
from events.values import Address, Attachment, Channel, MessageFacts

TOPIC = "conversations.v1"


class QuotedHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The message that a reply quotes below itself, where the inbox wants it; text at most 64 kB."""

    sender: Address
    sent_at: datetime
    text: str


class ReplyContent(Personal, frozen=True, kw_only=True):
    """A reply as frozen in its command; `external_id` is its Message-ID without angle brackets."""

    external_id: str
    sender: Address
    reply_to: Address | None = None
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str
    text: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    history: QuotedHistory | None = None


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A reply that waits: so that it can be undone, or because it was scheduled. The timer has `timer_id`."""

    kind: Literal["undo", "scheduled"]
    not_before: datetime
    timer_id: UUID


class Then(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes of the conversation with its reply; a snooze lasts until a time or until they answer (None)."""

    status: Literal["snoozed", "resolved"]
    until: datetime | None = None


class ReplyQueued(Event, frozen=True, kw_only=True):
    """A reply is to be delivered. A second copy goes to outbound.<channel>.v1, unless there is a `hold`: then nothing
    goes out before its ReplyReleased.

    `in_side_thread`: it forwards the messages `forwarded_ids`, or continues what a forward began; the customer never
    sees it. `automatic`: the channel's acknowledgement, written by nobody. `written_as`: the agent wrote it as an
    answer to a notification mail, and this is that mail; its message id is the reply's.
    """

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    conversation_id: UUID
    inbox_id: UUID
    channel: Channel
    channel_id: UUID
    agent_id: UUID | None = None
    blobs: tuple[str, ...] = ()
    hold: Hold | None = None
    then: Then | None = None
    in_side_thread: bool = False
    forwarded_ids: tuple[UUID, ...] = ()
    automatic: bool = False
    written_as: MessageFacts | None = None
    personal: ReplyContent | None = None


class ReplyHeld(Event, frozen=True, kw_only=True):
    """A scheduled reply waits for an agent: the customer wrote meanwhile, or the conversation is spam or in the trash
    when its time comes. `agent_id` had written it."""

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    agent_id: UUID | None = None
    reason: Literal["customer_wrote", "put_away"]


class ReplyReleased(Event, frozen=True, kw_only=True):
    """A reply that was queued before is to be delivered now; a second copy goes to outbound.<channel>.v1.

    Its time has come, an agent sends it at once, tries a failed one again, or says that an uncertain one did not
    arrive. Attempts up to `after_attempt` belong to what was before. The content is that of its ReplyQueued, and so is
    `automatic`.
    """

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    conversation_id: UUID
    inbox_id: UUID
    channel: Channel
    channel_id: UUID
    agent_id: UUID | None = None
    blobs: tuple[str, ...] = ()
    in_side_thread: bool = False
    reason: Literal["due", "sent_now", "retried", "not_arrived"]
    after_attempt: int = 0
    automatic: bool = False
    personal: ReplyContent | None = None


class ReplyCancelled(Event, frozen=True, kw_only=True):
    """An agent took the reply back, or its person was erased before its time. `released` ones go to
    outbound.<channel>.v1 too: what is under way there already is sent, and reported as sent."""

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    channel: Channel
    reason: Literal["agent", "erased"] = "agent"
    released: bool = False


class ReplySending(Event, frozen=True, kw_only=True):
    """Delivery has begun (the first attempt only)."""

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    attempt: int


class ReplySent(Event, frozen=True, kw_only=True):
    """The next hop accepted the reply, or an agent knows that an uncertain one arrived. The agent's word names the
    `channel` and goes to outbound.<channel>.v1 too: whoever may have the reply is tried no more."""

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    attempt: int
    channel: Channel | None = None


class ReplyUncertain(Event, frozen=True, kw_only=True):
    """Handed over, but no answer came: it may have arrived. `final`: it is tried no more unless an agent says so, of
    whom `agent_id` had written it; before that the channel tries once more by itself."""

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    attempt: int
    agent_id: UUID | None = None
    final: bool = False


class ReplyDelivered(Event, frozen=True, kw_only=True):
    """The recipient's side confirmed the reply."""

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    attempt: int


class FailureReason(Personal, frozen=True, kw_only=True):
    reason: str


class ReplyFailed(Event, frozen=True, kw_only=True):
    """The reply will not arrive; `code` is the status of the next hop or ours, `agent_id` who had written it."""

    TOPIC: ClassVar[str] = TOPIC
    reply_id: UUID
    attempt: int
    agent_id: UUID | None = None
    code: str
    can_retry: bool = True
    personal: FailureReason | None = None
