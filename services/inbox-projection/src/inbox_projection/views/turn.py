"""Whose turn it is in a conversation: what was asked and not answered, and by which replies it was; pure.

We are waited for from the first message of a customer that no reply of ours has followed. A reply counts when it goes
out to be delivered: not while it is held, not in a side thread, and not the channel's own acknowledgement. One that
fails or is taken back gives the turn back, with the time from which we were waited for. What a machine sent asks
nothing (RFC 3834), nor does an answer to a forward: neither makes us be waited for, nor is it the customer's answer.
What is muted, resolved, spam or trash waits for nobody. A message to a resolved or trashed conversation asks anew: what
was asked before was dealt with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from events import conversations as e
from events.envelope import AnyEnvelope
from events.saved_views import WaitingOn
from events.values import MessageFacts

MOST_REPLIES: Final = 20
"""Replies to one question that are remembered: should all of the newest twenty fail, it is our turn again."""
_WAITED_IN: Final = frozenset({"open", "snoozed"})
_DEALT_WITH: Final = frozenset({"resolved", "trash"})


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """`asked_at` is when the first message that is, or was, to be answered came (None: nobody asked), `answers` are
    replies that answer it, `returned` those that did not go out after all."""

    asked_at: datetime | None = None
    answers: tuple[UUID, ...] = ()
    returned: tuple[UUID, ...] = ()


NOBODY: Final = Turn()


def waiting_on(turn: Turn, status: str, *, muted: bool = False) -> WaitingOn:
    if muted or status not in _WAITED_IN:
        return "nobody"
    if turn.answers:
        return "customer"
    return "nobody" if turn.asked_at is None else "us"


def after(turn: Turn, envelope: AnyEnvelope, status: str) -> Turn:
    """The turn after an event of one of TURNING's types; `status` is the conversation's before it."""
    return _TURNS[type(envelope.data)](turn, envelope.data, status)


def is_dealt_with(status: str) -> bool:
    """Whether a message that comes now asks anew."""
    return status in _DEALT_WITH


def _opened(turn: Turn, event: e.ConversationOpened, status: str) -> Turn:
    return _asked(turn, event.message, status)


def _appended(turn: Turn, event: e.MessageAppended, status: str) -> Turn:
    return turn if event.in_side_thread else _asked(turn, event.message, status)


def _asked(turn: Turn, message: MessageFacts, status: str) -> Turn:
    if message.automated is not None or message.history:
        return turn
    if turn.asked_at is None or turn.answers or is_dealt_with(status):
        return Turn(message.received_at)
    return turn


def _queued(turn: Turn, event: e.ReplyQueued, status: str) -> Turn:
    if event.automatic or event.in_side_thread or event.hold is not None:
        return turn
    return _answered(turn, event.reply_id)


def _released(turn: Turn, event: e.ReplyReleased, status: str) -> Turn:
    return turn if event.automatic or event.in_side_thread else _answered(turn, event.reply_id)


def _answered(turn: Turn, reply_id: UUID) -> Turn:
    if reply_id in turn.answers:
        return turn
    answers = (*turn.answers, reply_id)[-MOST_REPLIES:]
    return Turn(turn.asked_at, answers, _without(turn.returned, reply_id))


def _returned(turn: Turn, event: e.ReplyFailed | e.ReplyCancelled, status: str) -> Turn:
    if event.reply_id not in turn.answers:
        return turn
    returned = (*turn.returned, event.reply_id)[-MOST_REPLIES:]
    return Turn(turn.asked_at, _without(turn.answers, event.reply_id), returned)


def _went_out(turn: Turn, event: e.ReplySent | e.ReplyDelivered, status: str) -> Turn:
    """What was taken back too late, or failed at an attempt before, was sent all the same."""
    return _answered(turn, event.reply_id) if event.reply_id in turn.returned else turn


def _merged(turn: Turn, event: e.ConversationsMerged, status: str) -> Turn:
    """What nobody had answered in the merged ones is asked here."""
    if event.waiting_since is None:
        return turn
    if turn.asked_at is None or turn.answers or is_dealt_with(status):
        return Turn(event.waiting_since)
    return Turn(min(turn.asked_at, event.waiting_since), (), turn.returned)


def _without(replies: tuple[UUID, ...], reply_id: UUID) -> tuple[UUID, ...]:
    return tuple(one for one in replies if one != reply_id) if reply_id in replies else replies


_TURNS: Final[Mapping[type, Callable[[Turn, Any, str], Turn]]] = {
    e.ConversationOpened: _opened,
    e.MessageAppended: _appended,
    e.ReplyQueued: _queued,
    e.ReplyReleased: _released,
    e.ReplyFailed: _returned,
    e.ReplyCancelled: _returned,
    e.ReplySent: _went_out,
    e.ReplyDelivered: _went_out,
    e.ConversationsMerged: _merged,
}
TURNING: Final = frozenset(_TURNS)
