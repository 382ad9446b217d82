"""A conversation as far as it is measured: each of its events changes the state and gives values, purely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from analytics.measures import first_response, resolution, time_in_state
from analytics.measures.definitions import V1, Definition
from analytics.measures.happenings import (
    Answered,
    Began,
    Changed,
    Ending,
    GivenOver,
    Happening,
    Lay,
    Moment,
    Received,
    Reopened,
    Resolved,
    Standing,
    TakenOver,
    milliseconds,
)
from analytics.measures.measure import Value
from analytics.measures.volume import counted
from analytics.measures.waiting import Waiting
from events import conversations as e
from events.envelope import AnyEnvelope, Envelope
from events.values import Channel, MessageFacts

_UNDOES: Final = frozenset({"reply_failed", "reply_uncertain", "reply_cancelled"})
_NOT_WRITTEN: Final = frozenset({"auto_reply", "bounce", "delayed"})
_STANDINGS: Final[dict[str | None, Standing]] = {"open": "open", "snoozed": "snoozed", "spam": "away", "trash": "away"}


class Pending(msgspec.Struct, frozen=True, array_like=True):
    """A reply that no channel has accepted yet, and the agent who wrote it (None: nobody, a machine). `rests`:
    it is held, failed or taken back, and goes nowhere by itself."""

    reply_id: UUID
    agent_id: UUID | None = None
    rests: bool = False


class Closing(msgspec.Struct, frozen=True, array_like=True):
    """A reply with which the conversation is to be resolved, and that resolve, once it was told.

    It counts when the channel has accepted the reply: where the reply fails or is taken back, nothing was resolved.
    """

    reply_id: UUID
    resolved: Resolved | None = None


class Conversation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`number` is 0 until the conversation began; nothing is measured before. What a value is filed under is the inbox,
    channel and team of that moment. `from_history`: what lay in a mailbox before it was connected opened it."""

    number: int = 0
    inbox_id: UUID | None = None
    channel: Channel = "email"
    team_id: UUID | None = None
    from_history: bool = False
    pending: tuple[Pending, ...] = ()
    closing: Closing | None = None
    first_response: first_response.State = first_response.State()
    reply_time: Waiting = Waiting()
    resolution: resolution.State = resolution.State()
    time_in_state: time_in_state.State = time_in_state.State()


UNKNOWN: Final = Conversation()
Step = tuple[Conversation, tuple[Value, ...]]


def step(before: Conversation, envelope: AnyEnvelope, definition: Definition = V1) -> Step:
    """The conversation after an event of its stream, and what was counted or timed by it. Never raises."""
    tell = _TELLERS.get(type(envelope.data))
    if tell is None:
        return before, ()
    after, happenings = tell(before, envelope)
    values: tuple[Value, ...] = ()
    if after.number:
        for happening in happenings:
            after, found = _measure(after, happening, definition)
            values += found
    return after, values


def _measure(conversation: Conversation, happening: Happening, definition: Definition) -> Step:
    volume = counted(happening)
    first, responses = definition.first_response.step(conversation.first_response, happening)
    run, replies = definition.reply_time.step(conversation.reply_time, happening)
    episode, resolutions = definition.resolution.step(conversation.resolution, happening)
    divided, episodes = definition.time_in_state.step(conversation.time_in_state, happening)
    after = replace(conversation, first_response=first, reply_time=run, resolution=episode, time_in_state=divided)
    return after, (*(() if volume is None else (volume,)), *responses, *replies, *resolutions, *episodes)


Told = tuple[Conversation, tuple[Happening, ...]]
_Teller = Callable[[Conversation, Any], Told]


def _moment(envelope: AnyEnvelope) -> Moment:
    return Moment(envelope.id, milliseconds(envelope.occurred_at))


def _agent(envelope: AnyEnvelope) -> UUID | None:
    """The agent who did it, None for a machine."""
    if envelope.actor.kind != "agent":
        return None
    try:
        return UUID(envelope.actor.id)
    except ValueError:
        return None


def _came_in(facts: MessageFacts, envelope: AnyEnvelope) -> Received:
    return Received(_moment(envelope), clocks=facts.automated_kind not in _NOT_WRITTEN)


def _opened(before: Conversation, envelope: Envelope[e.ConversationOpened]) -> Told:
    event = envelope.data
    after = replace(before, number=event.number, inbox_id=event.inbox_id, channel=event.channel)
    if event.message.history:
        return replace(after, from_history=True), ()
    return after, (Began(_moment(envelope)), _came_in(event.message, envelope))


def _started(before: Conversation, envelope: Envelope[e.ConversationStarted]) -> Told:
    event = envelope.data
    after = replace(before, number=event.number, inbox_id=event.inbox_id, channel=event.channel)
    return after, (Began(_moment(envelope)),)


def _appended(before: Conversation, envelope: Envelope[e.MessageAppended]) -> Told:
    event = envelope.data
    if event.in_side_thread or event.message.history:
        return before, ()
    after, resolved = _closed(before)
    return after, (*resolved, _came_in(event.message, envelope))


def _queued(before: Conversation, envelope: Envelope[e.ReplyQueued]) -> Told:
    event = envelope.data
    if event.in_side_thread or any(each.reply_id == event.reply_id for each in before.pending):
        return before, ()
    pending = Pending(event.reply_id, None if event.automatic else event.agent_id, event.hold is not None)
    closes = event.then is not None and event.then.status == "resolved" and pending.agent_id is not None
    closing = Closing(event.reply_id) if closes else before.closing
    return replace(before, pending=(*before.pending, pending), closing=closing), ()


def _rests(*, rests: bool) -> _Teller:
    def tell(before: Conversation, envelope: Envelope[e.ReplyReleased | e.ReplyCancelled | e.ReplyFailed]) -> Told:
        reply_id = envelope.data.reply_id
        pending = (replace(each, rests=rests) if each.reply_id == reply_id else each for each in before.pending)
        return replace(before, pending=tuple(pending)), ()

    return tell


def _accepted(before: Conversation, envelope: Envelope[e.ReplySent | e.ReplyDelivered]) -> Told:
    """The first time only: what came back and is sent again was accepted before."""
    reply_id = envelope.data.reply_id
    pending = next((each for each in before.pending if each.reply_id == reply_id), None)
    if pending is None:
        return before, ()
    after = replace(before, pending=tuple(each for each in before.pending if each is not pending))
    human = pending.agent_id is not None
    resolved: tuple[Happening, ...] = ()
    if before.closing is not None and before.closing.reply_id == reply_id:
        after, resolved = _closed(after)
    return after, (Answered(_moment(envelope), reply_id, pending.agent_id, human=human), *resolved)


def _routed(before: Conversation, envelope: Envelope[e.ConversationRouted]) -> Told:
    event = envelope.data
    after = replace(before, team_id=event.team_id)
    changed = Changed(_moment(envelope), _STANDINGS.get(event.status), event.agent_id is not None)
    return after, (changed, _end(after, envelope)) if event.status == "resolved" else (changed,)


def _assigned(before: Conversation, envelope: Envelope[e.ConversationAssigned]) -> Told:
    changed = Changed(_moment(envelope), assigned=envelope.data.agent_id is not None)
    return replace(before, team_id=envelope.data.team_id), (changed,)


def _unassigned(before: Conversation, envelope: AnyEnvelope) -> Told:
    return replace(before, team_id=None), (Changed(_moment(envelope), assigned=False),)


def _moved(before: Conversation, envelope: Envelope[e.ConversationMoved]) -> Told:
    """What was counted stays where it was; what comes counts for the inbox that it lies in now."""
    event = envelope.data
    changed = Changed(_moment(envelope), assigned=event.agent_id is not None)
    return replace(before, inbox_id=event.inbox_id, team_id=event.team_id), (changed,)


def _stands(standing: Standing) -> _Teller:
    return lambda before, envelope: (before, (Changed(_moment(envelope), standing),))


def _merged(before: Conversation, envelope: Envelope[e.ConversationsMerged]) -> Told:
    event = envelope.data
    since, first = (None if at is None else milliseconds(at) for at in (event.waiting_since, event.unanswered_since))
    return before, (TakenOver(_moment(envelope), since, first, _under_way(before)),)


def _merged_into(before: Conversation, envelope: AnyEnvelope) -> Told:
    moment = _moment(envelope)
    return before, (Changed(moment, "merged"), GivenOver(moment, _under_way(before)))


def _under_way(conversation: Conversation) -> tuple[UUID, ...]:
    """People's replies that a channel may accept by itself."""
    return tuple(each.reply_id for each in conversation.pending if each.agent_id is not None and not each.rests)


def _heard(*, muted: bool) -> _Teller:
    return lambda before, envelope: (before, (Changed(_moment(envelope), muted=muted),))


def _resolved(before: Conversation, envelope: Envelope[e.ConversationResolved]) -> Told:
    """What history opened is resolved by its second event, which nobody did."""
    if before.from_history and envelope.sequence == 2:
        return before, (Lay(_moment(envelope)),)
    closing, resolved = before.closing, _end(before, envelope)
    if closing is not None and closing.resolved is None:
        return replace(before, closing=replace(closing, resolved=resolved)), (Ending(resolved.moment),)
    return before, (resolved,)


def _closed(conversation: Conversation) -> Told:
    """Nothing undoes the resolve that waited, if there is one, any more: it is told now."""
    closing = conversation.closing
    after = replace(conversation, closing=None)
    return after, () if closing is None or closing.resolved is None else (closing.resolved,)


def _end(conversation: Conversation, envelope: AnyEnvelope) -> Resolved:
    under_way = tuple(each.reply_id for each in conversation.pending if each.agent_id is not None)
    return Resolved(_moment(envelope), _agent(envelope), under_way)


def _reopened(before: Conversation, envelope: Envelope[e.ConversationReopened]) -> Told:
    reason = envelope.data.reason
    if reason in _UNDOES and before.closing is not None and before.closing.resolved is not None:
        return replace(before, closing=None), ()
    after, resolved = _closed(before)
    agent_id = _agent(envelope) if reason == "agent" else None
    reopened = Reopened(_moment(envelope), reason == "message", agent_id, reason in _UNDOES)
    return after, (*resolved, reopened)


_TELLERS: Final[dict[type, _Teller]] = {
    e.ConversationOpened: _opened,
    e.ConversationStarted: _started,
    e.MessageAppended: _appended,
    e.ReplyQueued: _queued,
    e.ReplyReleased: _rests(rests=False),
    e.ReplyCancelled: _rests(rests=True),
    e.ReplyFailed: _rests(rests=True),
    e.ReplySent: _accepted,
    e.ReplyDelivered: _accepted,
    e.ConversationRouted: _routed,
    e.ConversationAssigned: _assigned,
    e.ConversationUnassigned: _unassigned,
    e.ConversationMoved: _moved,
    e.ConversationResolved: _resolved,
    e.ConversationReopened: _reopened,
    e.ConversationSnoozed: _stands("snoozed"),
    e.SnoozeElapsed: _stands("open"),
    e.MarkedAsSpam: _stands("away"),
    e.ConversationTrashed: _stands("away"),
    e.ConversationsMerged: _merged,
    e.ConversationMergedInto: _merged_into,
    e.ConversationMuted: _heard(muted=True),
    e.ConversationUnmuted: _heard(muted=False),
}
MEASURED: Final = frozenset(cls.__name__ for cls in _TELLERS)
