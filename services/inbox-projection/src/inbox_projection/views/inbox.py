"""The list of conversations: event by event, what its row becomes."""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never
from uuid import UUID

from msgspec.structs import replace

from events.conversations import (
    CommentAdded,
    ConversationAssigned,
    ConversationEvent,
    ConversationOpened,
    ConversationReadMarked,
    ConversationReopened,
    ConversationResolved,
    ConversationRouted,
    ConversationSnoozed,
    ConversationStarted,
    ConversationTrashed,
    ConversationUnassigned,
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
)
from events.envelope import Envelope
from events.values import MessageContent
from inbox_projection.views.rows import ConversationRow, LabelRow

PREVIEW_CHARACTERS: Final = 160
LABEL_CHARACTERS: Final = 200
DEFAULT_PRIORITY: Final = "normal"


def opened(envelope: Envelope[ConversationOpened], key_id: UUID | None) -> ConversationRow:
    """The row of a conversation that begins; `key_id` is the key that sealed the event."""
    event = envelope.data
    personal = event.personal
    return ConversationRow(
        conversation_id=envelope.stream,
        number=event.number,
        inbox_id=event.inbox_id,
        contact_id=event.contact_id,
        channel=event.channel,
        channel_id=event.channel_id,
        status="open",
        priority=DEFAULT_PRIORITY,
        labels=(),
        assignee_id=None,
        team_id=None,
        created_at=envelope.occurred_at,
        last_message_at=event.message.received_at,
        message_count=1,
        sequence=envelope.sequence,
        snoozed_until=None,
        suggested_link=event.suggested_link,
        key_id=key_id,
        subject="" if personal is None else personal.subject,
        preview_key_id=key_id,
        preview="" if personal is None else _preview_of(personal.message),
    )


def started(envelope: Envelope[ConversationStarted], key_id: UUID | None) -> ConversationRow:
    """The row of a conversation that begins with a message of ours, before that message."""
    event = envelope.data
    return ConversationRow(
        conversation_id=envelope.stream,
        number=event.number,
        inbox_id=event.inbox_id,
        contact_id=event.contact_id,
        channel=event.channel,
        channel_id=event.channel_id,
        status="open",
        priority=DEFAULT_PRIORITY,
        labels=(),
        assignee_id=None,
        team_id=None,
        created_at=envelope.occurred_at,
        last_message_at=envelope.occurred_at,
        message_count=0,
        sequence=envelope.sequence,
        snoozed_until=None,
        suggested_link=None,
        key_id=key_id,
        subject="" if event.personal is None else event.personal.subject,
        preview_key_id=key_id,
        preview="",
    )


def project(envelope: Envelope[ConversationEvent], key_id: UUID | None, row: ConversationRow) -> ConversationRow:
    """The row after a further event of the conversation. Total: a second opening changes nothing but the sequence."""
    event, sequence = envelope.data, envelope.sequence
    match event:
        case ConversationRouted():
            return replace(
                row,
                sequence=sequence,
                assignee_id=event.agent_id,
                team_id=event.team_id,
                labels=_with(row.labels, event.labels),
                priority=event.priority or row.priority,
                status=event.status or row.status,
                snoozed_until=row.snoozed_until if event.status in (None, "snoozed") else None,
            )
        case MessageAppended():
            preview = "" if event.personal is None else _preview_of(event.personal)
            return _spoken(row, sequence, event.message.received_at, key_id, preview)
        case ReplyQueued(automatic=True):
            return replace(row, sequence=sequence, message_count=row.message_count + 1)
        case ReplyQueued():
            preview = "" if event.personal is None else preview_of(event.personal.text)
            return _spoken(row, sequence, envelope.occurred_at, key_id, preview)
        case ReplyReleased():
            return replace(row, sequence=sequence, last_message_at=max(envelope.occurred_at, row.last_message_at))
        case ReplyCancelled():
            return replace(row, sequence=sequence, message_count=row.message_count - 1)
        case ReplyHeld() | ReplySending() | ReplySent() | ReplyUncertain() | ReplyDelivered() | ReplyFailed():
            return replace(row, sequence=sequence)
        case CommentAdded():
            return replace(row, sequence=sequence)
        case ConversationAssigned():
            return replace(row, sequence=sequence, assignee_id=event.agent_id, team_id=event.team_id)
        case ConversationUnassigned():
            return replace(row, sequence=sequence, assignee_id=None, team_id=None)
        case ConversationResolved():
            return _standing(row, sequence, "resolved")
        case ConversationReopened() | SnoozeElapsed():
            return _standing(row, sequence, "open")
        case ConversationSnoozed():
            return replace(row, sequence=sequence, status="snoozed", snoozed_until=event.until)
        case MarkedAsSpam():
            return _standing(row, sequence, "spam")
        case ConversationTrashed():
            return _standing(row, sequence, "trash")
        case LabelAdded():
            return replace(row, sequence=sequence, labels=_with(row.labels, (event.label,)))
        case LabelRemoved():
            gone = _stored(event.label)
            return replace(row, sequence=sequence, labels=tuple(each for each in row.labels if each != gone))
        case PriorityChanged():
            return replace(row, sequence=sequence, priority=event.priority)
        case PersonalDataErased():
            return _erased(row, sequence, event.contact_id)
        case ConversationOpened() | ConversationStarted() | ConversationReadMarked():
            return replace(row, sequence=sequence)
        case _:
            assert_never(event)


def labels_of(row: ConversationRow) -> list[LabelRow]:
    """What the index of labels holds of a conversation; two labels with the same first 200 characters are one there."""
    return [
        LabelRow(
            conversation_id=row.conversation_id,
            label=label,
            status=row.status,
            inbox_id=row.inbox_id,
            last_message_at=row.last_message_at,
            assignee_id=row.assignee_id,
            team_id=row.team_id,
            channel=row.channel,
        )
        for label in sorted({label[:LABEL_CHARACTERS] for label in row.labels})
    ]


def preview_of(text: str) -> str:
    """The beginning of a text on one line, at most 160 characters."""
    return " ".join(text[: 4 * PREVIEW_CHARACTERS].split())[:PREVIEW_CHARACTERS]


def _preview_of(message: MessageContent) -> str:
    return preview_of(message.new_text) or preview_of(message.quoted)


def _spoken(row: ConversationRow, sequence: int, at: datetime, key_id: UUID | None, preview: str) -> ConversationRow:
    return replace(
        row,
        sequence=sequence,
        last_message_at=max(at, row.last_message_at),
        message_count=row.message_count + 1,
        preview_key_id=key_id,
        preview=preview,
    )


def _standing(row: ConversationRow, sequence: int, status: str) -> ConversationRow:
    return replace(row, sequence=sequence, status=status, snoozed_until=None)


def _with(labels: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*labels, *map(_stored, more)})) if more else labels


def _stored(label: str) -> str:
    """A label as a table gives it back, since it is compared with what was read: text has no NUL (tables/arrays.py)."""
    return label.replace("\0", "\ufffd")


def _erased(row: ConversationRow, sequence: int, key_id: UUID) -> ConversationRow:
    """Exactly what projecting gives when this key no longer opens anything."""
    return replace(
        row,
        sequence=sequence,
        subject="" if row.key_id == key_id else row.subject,
        preview="" if row.preview_key_id == key_id else row.preview,
    )
