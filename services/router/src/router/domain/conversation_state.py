"""What deciding about a conversation needs to remember, and how each event changes it; never any personal data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import conversations as e
from events.conversations import ConversationEvent
from events.values import Channel, ConversationStatus, Priority
from router.domain.delivery import QUEUED, Delivery, DeliveryState, delivery_of, later
from router.domain.filters import MOST_AN_HOUR


class NotOpened(msgspec.Struct, frozen=True):
    """Before the first message."""

    sequence: int = 0


class Open(msgspec.Struct, frozen=True): ...


class Snoozed(msgspec.Struct, frozen=True):
    """Out of sight until the timer `timer_id` is due, or until they answer (both None)."""

    until: datetime | None = None
    timer_id: UUID | None = None


class Resolved(msgspec.Struct, frozen=True): ...


class Spam(msgspec.Struct, frozen=True): ...


class Trashed(msgspec.Struct, frozen=True): ...


Standing = Open | Snoozed | Resolved | Spam | Trashed

_NO_MARKS: Final[Mapping[UUID, int]] = MappingProxyType({})
_NO_REPLIES: Final[Mapping[UUID, Delivery]] = MappingProxyType({})


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """An opened conversation.

    `sequence` is that of its last event; `last_spoken` that of its newest message, reply or comment. `contact_id`
    began it, `last_author_id` wrote its newest inbound message, which is `last_message_id`; `mails_lately` says when
    the newest 20 came. `erased` are people in it who were erased. `read` says up to where agents have read; `last_mark`
    are the sequence of the last event that said so, and what was the newest to read then.
    """

    sequence: int
    number: int
    inbox_id: UUID
    contact_id: UUID
    channel: Channel
    channel_id: UUID
    standing: Standing = Open()
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    labels: frozenset[str] = frozenset()
    priority: Priority = "normal"
    last_spoken: int = 1
    last_author_id: UUID
    last_message_id: UUID
    mails_lately: tuple[datetime, ...] = ()
    replies: Mapping[UUID, Delivery] = msgspec.field(default_factory=lambda: _NO_REPLIES)
    erased: frozenset[UUID] = frozenset()
    read: Mapping[UUID, int] = msgspec.field(default_factory=lambda: _NO_MARKS)
    last_mark: tuple[int, int] = (0, 0)

    @property
    def newest(self) -> int:
        """The sequence of the last event that there is to read: a read mark is none."""
        at, newest_before = self.last_mark
        return newest_before if at == self.sequence else self.sequence

    @property
    def status(self) -> ConversationStatus:
        return status_of(self.standing)

    @property
    def waiting_in(self) -> UUID | None:
        """The team in whose queue it is: open, with the team, and nobody has it."""
        return self.team_id if self.assignee_id is None and isinstance(self.standing, Open) else None


ConversationState = NotOpened | Conversation
NOT_OPENED: Final = NotOpened()


def status_of(standing: Standing) -> ConversationStatus:
    match standing:
        case Open():
            return "open"
        case Snoozed():
            return "snoozed"
        case Resolved():
            return "resolved"
        case Spam():
            return "spam"
        case Trashed():
            return "trash"
        case _:
            assert_never(standing)


def standing_of(status: ConversationStatus) -> Standing:
    """The standing that a rule puts a conversation in; a snooze by rule lasts until they answer."""
    match status:
        case "open":
            return Open()
        case "snoozed":
            return Snoozed()
        case "resolved":
            return Resolved()
        case "spam":
            return Spam()
        case "trash":
            return Trashed()
        case _:
            assert_never(status)


def evolve(state: ConversationState, event: ConversationEvent) -> ConversationState:
    """The state after the event. Never raises: what cannot follow (nothing was opened, opened twice) changes nothing
    but the sequence."""
    match state:
        case NotOpened():
            match event:
                case e.ConversationOpened():
                    return _opened(event)
                case e.ConversationStarted():
                    return _started(event)
                case _:
                    return state
        case Conversation():
            return _after(state, event)
        case _:
            assert_never(state)


def _opened(event: e.ConversationOpened) -> Conversation:
    return Conversation(
        sequence=1,
        number=event.number,
        inbox_id=event.inbox_id,
        contact_id=event.contact_id,
        channel=event.channel,
        channel_id=event.channel_id,
        last_author_id=event.contact_id,
        last_message_id=event.message.message_id,
        mails_lately=(event.message.received_at,),
    )


def _started(event: e.ConversationStarted) -> Conversation:
    return Conversation(
        sequence=1,
        number=event.number,
        inbox_id=event.inbox_id,
        contact_id=event.contact_id,
        channel=event.channel,
        channel_id=event.channel_id,
        last_author_id=event.contact_id,
        last_message_id=event.message_id,
    )


def _after(state: Conversation, event: ConversationEvent) -> Conversation:
    sequence = state.sequence + 1
    match event:
        case e.ConversationOpened() | e.ConversationStarted():
            return replace(state, sequence=sequence)
        case e.MessageAppended():
            return replace(
                state,
                sequence=sequence,
                last_spoken=sequence,
                last_author_id=state.last_author_id if event.in_side_thread else event.contact_id,
                last_message_id=event.message.message_id,
                mails_lately=(*state.mails_lately, event.message.received_at)[-MOST_AN_HOUR:],
            )
        case e.ReplyQueued():
            known = state.replies.get(event.reply_id) or _queued(event, state)
            return replace(state, sequence=sequence, last_spoken=sequence, replies=_with(state, event.reply_id, known))
        case e.ReplyHeld():
            return replace(state, sequence=sequence, replies=_changed(state, event.reply_id, now="held"))
        case e.ReplyReleased():
            return replace(state, sequence=sequence, replies=_with(state, event.reply_id, _released(event, state)))
        case e.ReplyCancelled():
            return replace(state, sequence=sequence, replies=_changed(state, event.reply_id, now="cancelled"))
        case e.ReplySending() | e.ReplyUncertain() | e.ReplySent() | e.ReplyDelivered() | e.ReplyFailed():
            known = state.replies.get(event.reply_id, QUEUED)
            return replace(
                state, sequence=sequence, replies=_with(state, event.reply_id, later(known, delivery_of(event)))
            )
        case e.CommentAdded():
            return replace(state, sequence=sequence, last_spoken=sequence)
        case e.ConversationReadMarked():
            read = MappingProxyType({**state.read, event.agent_id: event.up_to})
            return replace(state, sequence=sequence, read=read, last_mark=(sequence, state.newest))
        case e.ConversationRouted():
            return replace(
                state,
                sequence=sequence,
                assignee_id=event.agent_id,
                team_id=event.team_id,
                labels=state.labels.union(event.labels),
                priority=event.priority or state.priority,
                standing=standing_of(event.status) if event.status else state.standing,
            )
        case e.ConversationAssigned():
            return replace(state, sequence=sequence, assignee_id=event.agent_id, team_id=event.team_id)
        case e.ConversationUnassigned():
            return replace(state, sequence=sequence, assignee_id=None, team_id=None)
        case e.ConversationResolved():
            return replace(state, sequence=sequence, standing=Resolved())
        case e.ConversationReopened() | e.SnoozeElapsed():
            return replace(state, sequence=sequence, standing=Open())
        case e.ConversationSnoozed():
            return replace(state, sequence=sequence, standing=Snoozed(event.until, event.timer_id))
        case e.MarkedAsSpam():
            return replace(state, sequence=sequence, standing=Spam())
        case e.ConversationTrashed():
            return replace(state, sequence=sequence, standing=Trashed())
        case e.LabelAdded():
            return replace(state, sequence=sequence, labels=state.labels | {event.label})
        case e.LabelRemoved():
            return replace(state, sequence=sequence, labels=state.labels - {event.label})
        case e.PriorityChanged():
            return replace(state, sequence=sequence, priority=event.priority)
        case e.PersonalDataErased():
            return replace(state, sequence=sequence, erased=state.erased | {event.contact_id})
        case _:
            assert_never(event)


def _queued(event: e.ReplyQueued, state: Conversation) -> Delivery:
    if event.hold is None and event.then is None and not event.in_side_thread:
        return QUEUED
    waits = event.hold is not None
    at_once = event.hold is None or event.hold.kind == "undo"
    return Delivery(
        "waiting" if waits else "queued",
        in_side_thread=event.in_side_thread,
        hold=event.hold,
        then=event.then,
        closed=event.then is not None and at_once and isinstance(state.standing, Open),
    )


def _released(event: e.ReplyReleased, state: Conversation) -> Delivery:
    known = state.replies.get(event.reply_id, QUEUED)
    closes = known.then is not None and known.state in ("waiting", "held") and isinstance(state.standing, Open)
    return replace(known, state="queued", before=event.after_attempt, closed=known.closed or closes)


def _changed(state: Conversation, reply_id: UUID, *, now: DeliveryState) -> Mapping[UUID, Delivery]:
    return _with(state, reply_id, replace(state.replies.get(reply_id, QUEUED), state=now))


def _with(state: Conversation, reply_id: UUID, delivery: Delivery) -> Mapping[UUID, Delivery]:
    return MappingProxyType({**state.replies, reply_id: delivery})


def sealed_under(event: ConversationEvent, state: ConversationState) -> UUID | None:
    """Whose key (contact id) seals the event's personal half; `state` is the one after the event.

    A message goes with its author; what is about a conversation goes with its contact, or, when that one was erased,
    with the newest author. None: everybody is erased, so the event is written without its personal half.
    """
    match event:
        case e.ConversationOpened() | e.MessageAppended():
            return event.contact_id
        case e.ConversationRouted():
            return _first_kept(state, author_first=True)
        case _:
            return _first_kept(state, author_first=False)


def _first_kept(state: ConversationState, *, author_first: bool) -> UUID | None:
    if isinstance(state, NotOpened):
        return None
    people = (state.last_author_id, state.contact_id) if author_first else (state.contact_id, state.last_author_id)
    return next((person for person in people if person not in state.erased), None)


def key_holder(state: Conversation) -> UUID | None:
    """The contact under whose key new content (a reply, a comment) is sealed; None when everybody is erased."""
    return _first_kept(state, author_first=False)
