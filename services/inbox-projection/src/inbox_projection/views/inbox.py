"""The list of conversations: event by event, what its row becomes."""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never
from uuid import UUID

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
from events.envelope import Envelope
from events.values import MessageContent
from inbox_projection.views.rows import ConversationRow, LabelRow

PREVIEW_CHARACTERS: Final = 160
LABEL_CHARACTERS: Final = 200
DEFAULT_PRIORITY: Final = "normal"
DISCARDED: Final = "discarded"
"""The status of what was in the trash for too long: no list and no call shows it."""


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
        follow_up_of=event.follow_up_of,
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
            if event.message.history and event.message.received_at < row.last_message_at:
                return replace(row, sequence=sequence, message_count=row.message_count + 1)
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
        case ConversationFollowed() | ConversationUnfollowed():
            return replace(row, sequence=sequence)
        case PersonalDataErased():
            return _erased(row, sequence, event.contact_id)
        case ConversationOpened() | ConversationStarted() | ConversationReadMarked():
            return replace(row, sequence=sequence)
        case SubjectChanged():
            subject = "" if event.personal is None else event.personal.subject
            return replace(row, sequence=sequence, key_id=key_id, subject=subject)
        case ConversationContactChanged():
            return replace(row, sequence=sequence, contact_id=event.contact_id)
        case ConversationMoved():
            return replace(
                row, sequence=sequence, inbox_id=event.inbox_id, assignee_id=event.agent_id, team_id=event.team_id
            )
        case ConversationsMerged():
            return _merged(row, sequence, event)
        case ConversationMergedInto():
            closed = _standing(row, sequence, "resolved")
            return replace(closed, merged_into=event.survivor_id, suggested_link=None)
        case ConversationMuted() | ConversationUnmuted():
            return replace(row, sequence=sequence, muted=isinstance(event, ConversationMuted))
        case SuggestedLinkRefused():
            return replace(row, sequence=sequence, suggested_link=None)
        case ConversationFollowedUp():
            return replace(row, sequence=sequence, follow_up_ids=(*row.follow_up_ids, event.conversation_id))
        case TrashElapsed():
            return _standing(row, sequence, DISCARDED)
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
            waiting_on=row.waiting_on,
            waiting_since=row.waiting_since,
            priority=row.priority,
            created_at=row.created_at,
        )
        for label in sorted({*(label[:LABEL_CHARACTERS] for label in row.labels), *map(mention_of, row.mentioned_ids)})
    ]


def mention_of(agent_id: UUID) -> str:
    """Under what the index of labels holds the conversations in which an agent was mentioned: no label has a control
    character."""
    return f"\x1fmentions {agent_id}"


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


def _merged(row: ConversationRow, sequence: int, event: ConversationsMerged) -> ConversationRow:
    ids = {each.id for each in event.merged}
    return replace(
        row,
        sequence=sequence,
        last_message_at=max(event.last_message_at or row.last_message_at, row.last_message_at),
        suggested_link=None if row.suggested_link in ids else row.suggested_link,
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
