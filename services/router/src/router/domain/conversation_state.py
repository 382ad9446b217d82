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
from events.values import Channel, ConversationStatus, MessageFacts, Priority
from router.domain.delivery import QUEUED, Delivery, DeliveryState, delivery_of, later
from router.domain.filters import MOST_AN_HOUR
from router.domain.standing import Discarded as Discarded
from router.domain.standing import Merged as Merged
from router.domain.standing import Open as Open
from router.domain.standing import Resolved as Resolved
from router.domain.standing import Snoozed as Snoozed
from router.domain.standing import Spam as Spam
from router.domain.standing import Standing as Standing
from router.domain.standing import Trashed as Trashed
from router.domain.standing import standing_of as standing_of
from router.domain.standing import status_of as status_of


class NotOpened(msgspec.Struct, frozen=True):
    """Before the first message."""

    sequence: int = 0


_NO_MARKS: Final[Mapping[UUID, int]] = MappingProxyType({})
_NO_REPLIES: Final[Mapping[UUID, Delivery]] = MappingProxyType({})


class DealtWith(msgspec.Struct, frozen=True):
    """What was asked, and our newest replies that followed it."""

    asked_at: datetime
    by: tuple[UUID, ...]


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """An opened conversation.

    `sequence` is that of its last event; `last_spoken` that of its newest message, reply or comment. `contact_id`
    began it, `last_author_id` wrote its newest inbound message, which is `last_message_id`; `mails_lately` says when
    the newest 20 came. `erased` are people in it who were erased. `read` says up to where agents have read; `last_mark`
    are the sequence of the last event that said so, and what was the newest to read then.

    `asked_at` is when the first message of a person came that no reply of ours has followed, `dealt_with` what it was
    before, and the replies that followed that: should all of them fail, none has. `answered`: a person's reply was
    accepted since it began, or was resolved. `was_in` are the inboxes that it lay in before, `merged_ids` those for
    which it stands; `follow_up_of` the one that its first message came too late for, `followed_up_by` the newest that
    began so after this; `refused_links` what it does not belong to.
    `block_id` is the filter that blocks its sender since it was spam, wherever it was put after that, until it is
    opened again.
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
    followers: frozenset[UUID] = frozenset()
    last_mark: tuple[int, int] = (0, 0)
    muted: bool = False
    asked_at: datetime | None = None
    dealt_with: DealtWith | None = None
    answered: bool = False
    was_in: frozenset[UUID] = frozenset()
    merged_ids: frozenset[UUID] = frozenset()
    follow_up_of: UUID | None = None
    followed_up_by: UUID | None = None
    suggested_link: UUID | None = None
    refused_links: frozenset[UUID] = frozenset()
    block_id: UUID | None = None

    def has_been_in(self, inbox_id: UUID) -> bool:
        """Whether it lies in the inbox, or did."""
        return inbox_id == self.inbox_id or inbox_id in self.was_in

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
        asked_at=event.message.received_at if _asks(event.message) else None,
        suggested_link=event.suggested_link,
        follow_up_of=event.follow_up_of,
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
                asked_at=_asked(event, state),
            )
        case e.ReplyQueued():
            known = state.replies.get(event.reply_id) or _queued(event, state)
            answers = event.hold is None and not (event.automatic or event.in_side_thread)
            return replace(
                state,
                sequence=sequence,
                last_spoken=sequence,
                replies=_with(state, event.reply_id, known),
                asked_at=None if answers else state.asked_at,
                dealt_with=_dealt_with(state, event.reply_id) if answers else state.dealt_with,
            )
        case e.ReplyHeld():
            return replace(state, sequence=sequence, replies=_changed(state, event.reply_id, now="held"))
        case e.ReplyReleased():
            return replace(
                state,
                sequence=sequence,
                replies=_with(state, event.reply_id, _released(event, state)),
                asked_at=state.asked_at if event.in_side_thread else None,
                dealt_with=state.dealt_with if event.in_side_thread else _dealt_with(state, event.reply_id),
            )
        case e.ReplyCancelled():
            replies = _changed(state, event.reply_id, now="cancelled")
            return replace(_asked_again(state, event.reply_id), sequence=sequence, replies=replies)
        case e.ReplySending() | e.ReplyUncertain() | e.ReplySent() | e.ReplyDelivered() | e.ReplyFailed():
            known = state.replies.get(event.reply_id, QUEUED)
            accepted = isinstance(event, e.ReplySent | e.ReplyDelivered) and not known.in_side_thread
            if isinstance(event, e.ReplyFailed):
                state = _asked_again(state, event.reply_id)
            elif accepted and known.state in ("cancelled", "failed"):
                state = replace(state, asked_at=None, dealt_with=_dealt_with(state, event.reply_id))
            return replace(
                state,
                sequence=sequence,
                replies=_with(state, event.reply_id, later(known, delivery_of(event))),
                answered=state.answered or (accepted and known.agent_id is not None),
            )
        case e.CommentAdded():
            followers = state.followers.union(event.everybody_mentioned)
            return replace(state, sequence=sequence, last_spoken=sequence, followers=followers)
        case e.ConversationFollowed():
            return replace(state, sequence=sequence, followers=state.followers | {event.agent_id})
        case e.ConversationUnfollowed():
            return replace(state, sequence=sequence, followers=state.followers - {event.agent_id})
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
                standing=standing_of(event.status, state.mails_lately[-1] if state.mails_lately else None)
                if event.status
                else state.standing,
            )
        case e.ConversationAssigned():
            return replace(state, sequence=sequence, assignee_id=event.agent_id, team_id=event.team_id)
        case e.ConversationUnassigned():
            return replace(state, sequence=sequence, assignee_id=None, team_id=None)
        case e.ConversationResolved():
            return replace(state, sequence=sequence, standing=Resolved(event.at), answered=False)
        case e.ConversationReopened():
            return replace(state, sequence=sequence, standing=Open(), block_id=None)
        case e.SnoozeElapsed():
            return replace(state, sequence=sequence, standing=Open())
        case e.ConversationSnoozed():
            return replace(state, sequence=sequence, standing=Snoozed(event.until, event.timer_id))
        case e.MarkedAsSpam():
            return replace(state, sequence=sequence, standing=Spam(), block_id=event.block_id or state.block_id)
        case e.ConversationTrashed():
            return replace(state, sequence=sequence, standing=Trashed(event.until, event.timer_id))
        case e.LabelAdded():
            return replace(state, sequence=sequence, labels=state.labels | {event.label})
        case e.LabelRemoved():
            return replace(state, sequence=sequence, labels=state.labels - {event.label})
        case e.PriorityChanged():
            return replace(state, sequence=sequence, priority=event.priority)
        case e.PersonalDataErased():
            return replace(state, sequence=sequence, erased=state.erased | {event.contact_id})
        case e.SubjectChanged():
            return replace(state, sequence=sequence)
        case e.ConversationContactChanged():
            return replace(state, sequence=sequence, contact_id=event.contact_id)
        case e.ConversationMoved():
            return replace(
                state,
                sequence=sequence,
                inbox_id=event.inbox_id,
                was_in=(state.was_in | {event.from_inbox_id}) - {event.inbox_id},
                assignee_id=event.agent_id,
                team_id=event.team_id,
            )
        case e.ConversationsMerged():
            return _with_merged(state, sequence, event)
        case e.ConversationMergedInto():
            standing = Merged(event.survivor_id, event.number)
            return replace(state, sequence=sequence, standing=standing, merged_ids=frozenset(), suggested_link=None)
        case e.ConversationMuted():
            return replace(state, sequence=sequence, muted=True)
        case e.ConversationUnmuted():
            return replace(state, sequence=sequence, muted=False)
        case e.SuggestedLinkRefused():
            refused = state.refused_links | {event.conversation_id}
            return replace(state, sequence=sequence, suggested_link=None, refused_links=refused)
        case e.ConversationFollowedUp():
            return replace(state, sequence=sequence, followed_up_by=event.conversation_id)
        case e.TrashElapsed():
            return replace(state, sequence=sequence, standing=Discarded())
        case _:
            assert_never(event)


def _with_merged(state: Conversation, sequence: int, event: e.ConversationsMerged) -> Conversation:
    """What nobody had answered in the merged ones is asked here, as in the view's turn."""
    merged, asked_at = {each.id for each in event.merged}, state.asked_at
    if isinstance(state.standing, Resolved | Trashed) and event.waiting_since is not None:
        asked_at = None
    return replace(
        state,
        sequence=sequence,
        asked_at=min((at for at in (asked_at, event.waiting_since) if at is not None), default=None),
        merged_ids=state.merged_ids | merged,
        followed_up_by=None if state.followed_up_by in merged else state.followed_up_by,
        suggested_link=None if state.suggested_link in merged else state.suggested_link,
    )


def _asked(event: e.MessageAppended, state: Conversation) -> datetime | None:
    if event.in_side_thread or not _asks(event.message):
        return state.asked_at
    anew = state.asked_at is None or isinstance(state.standing, Resolved | Trashed)
    return event.message.received_at if anew else state.asked_at


def _dealt_with(state: Conversation, reply_id: UUID) -> DealtWith | None:
    if state.asked_at is not None:
        return DealtWith(state.asked_at, (reply_id,))
    if state.dealt_with is None or reply_id in state.dealt_with.by:
        return state.dealt_with
    return replace(state.dealt_with, by=(*state.dealt_with.by, reply_id)[-MOST_AN_HOUR:])


def _asked_again(state: Conversation, reply_id: UUID) -> Conversation:
    """A reply does not go out after all: when it was the last that answered, what it answered is asked again."""
    dealt_with = state.dealt_with
    if dealt_with is None or reply_id not in dealt_with.by:
        return state
    others = tuple(each for each in dealt_with.by if each != reply_id)
    if others:
        return replace(state, dealt_with=replace(dealt_with, by=others))
    asked_at = dealt_with.asked_at if state.asked_at is None else min(dealt_with.asked_at, state.asked_at)
    return replace(state, asked_at=asked_at, dealt_with=None)


def _asks(message: MessageFacts) -> bool:
    return message.automated is None and not message.history


def _queued(event: e.ReplyQueued, state: Conversation) -> Delivery:
    if event.hold is None and event.then is None and not event.in_side_thread:
        return QUEUED if event.agent_id is None else Delivery("queued", agent_id=event.agent_id)
    waits = event.hold is not None
    at_once = event.hold is None or event.hold.kind == "undo"
    return Delivery(
        "waiting" if waits else "queued",
        agent_id=event.agent_id,
        in_side_thread=event.in_side_thread,
        hold=event.hold,
        then=event.then,
        closed=event.then is not None and at_once and isinstance(state.standing, Open),
    )


def _released(event: e.ReplyReleased, state: Conversation) -> Delivery:
    known = state.replies.get(event.reply_id, QUEUED)
    waited = known.then is not None and known.state in ("waiting", "held")
    scheduled = known.hold is not None and known.hold.kind == "scheduled"
    closes = waited and isinstance(state.standing, Open | Merged if scheduled else Open)
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


def is_muted(state: ConversationState) -> bool:
    return isinstance(state, Conversation) and state.muted
