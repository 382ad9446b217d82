"""The thread of a conversation: the line, or the change of a reply's delivery, that an event makes."""

from __future__ import annotations

from typing import Final, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events.conversations import (
    CommentAdded,
    ConversationAssigned,
    ConversationContactChanged,
    ConversationEvent,
    ConversationFollowed,
    ConversationFollowedUp,
    ConversationMergedInto,
    ConversationMoved,
    ConversationMuted,
    ConversationOpened,
    ConversationReadMarked,
    ConversationReopened,
    ConversationResolved,
    ConversationRouted,
    ConversationsMerged,
    ConversationSnoozed,
    ConversationStarted,
    ConversationTrashed,
    ConversationUnassigned,
    ConversationUnfollowed,
    ConversationUnmuted,
    LabelAdded,
    LabelRemoved,
    MarkedAsSpam,
    MessageAppended,
    PersonalDataErased,
    PriorityChanged,
    ReplyCancelled,
    ReplyDelivered,
    ReplyFailed,
    ReplyHeld,
    ReplyQueued,
    ReplyReleased,
    ReplySending,
    ReplySent,
    ReplyUncertain,
    SnoozeElapsed,
    SubjectChanged,
    SuggestedLinkRefused,
    TrashElapsed,
)
from events.envelope import AnyEnvelope, Envelope, Personal
from events.values import MessageContent, MessageFacts
from inbox_projection.views.rows import DeliveryRow, Line

_encode: Final = msgspec.json.Encoder().encode


def project(envelope: Envelope[ConversationEvent], key_id: UUID | None) -> Line | DeliveryRow | None:
    """What the event adds to the thread, None for nothing; `key_id` is the key that sealed its personal half.

    `content` is the personal half as JSON, None when its key is erased. `details` is never personal: MessageFacts of an
    inbound message, otherwise the event without its personal half.
    """
    event = envelope.data
    match event:
        case ConversationOpened():
            message = None if event.personal is None else event.personal.message
            return _inbound(envelope, event.contact_id, event.message, message, key_id)
        case MessageAppended():
            line = _inbound(envelope, event.contact_id, event.message, event.personal, key_id)
            return replace(line, in_side_thread=True) if event.in_side_thread else line
        case ConversationRouted() | ConversationStarted() | SubjectChanged():
            return _activity(envelope, key_id, event.personal)
        case ReplyQueued():
            return _reply(envelope, event, key_id)
        case CommentAdded():
            return Line(
                conversation_id=envelope.stream,
                sequence=envelope.sequence,
                message_id=event.comment_id,
                kind="comment",
                at=envelope.occurred_at,
                author_kind="agent",
                author_id=event.agent_id,
                details=_encode(replace(event, personal=None)),
                key_id=key_id,
                content=_content(event.personal),
            )
        case ReplyHeld():
            return DeliveryRow(
                conversation_id=envelope.stream,
                message_id=event.reply_id,
                delivery="scheduled",
                delivery_code=event.reason,
            )
        case ReplyReleased():
            return DeliveryRow(
                conversation_id=envelope.stream,
                message_id=event.reply_id,
                delivery="queued",
                delivery_attempt=event.after_attempt or None,
                released_at=envelope.occurred_at,
            )
        case ReplyCancelled():
            return DeliveryRow(conversation_id=envelope.stream, message_id=event.reply_id, delivery="cancelled")
        case ReplySending():
            return _delivery(envelope.stream, event, "sending")
        case ReplySent():
            return _delivery(envelope.stream, event, "sent")
        case ReplyUncertain():
            return _delivery(envelope.stream, event, "unknown")
        case ReplyDelivered():
            return _delivery(envelope.stream, event, "delivered")
        case ReplyFailed():
            return DeliveryRow(
                conversation_id=envelope.stream,
                message_id=event.reply_id,
                delivery="failed",
                delivery_attempt=event.attempt,
                delivery_code=event.code,
                delivery_can_retry=event.can_retry,
                delivery_key_id=key_id,
                delivery_reason=None if event.personal is None else event.personal.reason,
            )
        case ConversationReadMarked() | ConversationFollowed() | ConversationUnfollowed():
            return None
        case (
            ConversationAssigned()
            | ConversationUnassigned()
            | ConversationResolved()
            | ConversationReopened()
            | ConversationSnoozed()
            | SnoozeElapsed()
            | MarkedAsSpam()
            | ConversationTrashed()
            | LabelAdded()
            | LabelRemoved()
            | PriorityChanged()
            | PersonalDataErased()
            | ConversationContactChanged()
            | ConversationMoved()
            | ConversationsMerged()
            | ConversationMergedInto()
            | ConversationMuted()
            | ConversationUnmuted()
            | SuggestedLinkRefused()
            | ConversationFollowedUp()
            | TrashElapsed()
        ):
            return _activity(envelope, None, None)
        case _:
            assert_never(event)


def delivered(line: Line, change: DeliveryRow) -> Line:
    """The line of a reply with its delivery as it is now."""
    return replace(
        line,
        delivery=change.delivery,
        delivery_attempt=change.delivery_attempt,
        delivery_code=change.delivery_code,
        delivery_can_retry=change.delivery_can_retry,
        delivery_key_id=change.delivery_key_id,
        delivery_reason=change.delivery_reason,
        released_at=change.released_at or line.released_at,
    )


def _inbound(
    envelope: AnyEnvelope, author: UUID, facts: MessageFacts, message: MessageContent | None, key_id: UUID | None
) -> Line:
    return Line(
        conversation_id=envelope.stream,
        sequence=envelope.sequence,
        message_id=facts.message_id,
        kind="message",
        direction="in",
        at=facts.received_at,
        channel=facts.channel,
        channel_id=facts.channel_id,
        author_kind="contact",
        author_id=author,
        details=_encode(facts),
        key_id=key_id,
        content=_content(message),
    )


def _reply(envelope: AnyEnvelope, event: ReplyQueued, key_id: UUID | None) -> Line:
    return Line(
        conversation_id=envelope.stream,
        sequence=envelope.sequence,
        message_id=event.reply_id,
        kind="message",
        direction="out",
        at=envelope.occurred_at,
        channel=event.channel,
        channel_id=event.channel_id,
        author_kind=envelope.actor.kind if event.agent_id is None else "agent",
        author_id=_actor_id(envelope) if event.agent_id is None else event.agent_id,
        details=_encode(replace(event, personal=None)),
        key_id=key_id,
        content=_content(event.personal),
        delivery="queued" if event.hold is None else "scheduled",
        in_side_thread=event.in_side_thread,
    )


def _activity(envelope: AnyEnvelope, key_id: UUID | None, personal: Personal | None) -> Line:
    return Line(
        conversation_id=envelope.stream,
        sequence=envelope.sequence,
        message_id=envelope.id,
        kind="activity",
        at=envelope.occurred_at,
        author_kind=envelope.actor.kind,
        author_id=_actor_id(envelope),
        activity=envelope.type,
        details=_encode(envelope.data if personal is None else replace(envelope.data, personal=None)),
        key_id=key_id,
        content=_content(personal),
    )


def _delivery(
    conversation_id: UUID, event: ReplySending | ReplySent | ReplyUncertain | ReplyDelivered, state: str
) -> DeliveryRow:
    return DeliveryRow(
        conversation_id=conversation_id, message_id=event.reply_id, delivery=state, delivery_attempt=event.attempt
    )


def _content(personal: Personal | None) -> bytes | None:
    return None if personal is None else _encode(personal)


def _actor_id(envelope: AnyEnvelope) -> UUID | None:
    """The actor's id; a word that is no UUID names none of our rows."""
    if not envelope.actor.id:
        return None
    try:
        return UUID(envelope.actor.id)
    except ValueError:
        return None
