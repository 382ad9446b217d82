"""Who is to look at a conversation: whose turn it is, what is new in it, who follows it and who was mentioned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import conversations as e
from events.envelope import AnyEnvelope
from inbox_projection.views import turn as turns
from inbox_projection.views.rows import ConversationRow
from inbox_projection.views.turn import Turn

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Turn).decode


def noted(envelope: AnyEnvelope, before: ConversationRow | None, row: ConversationRow) -> ConversationRow:
    """`row`, the conversation as the list's projection leaves it, with what the event says of attention.

    Waiting goes by the standing, too: what is resolved waits for nobody, and waits again once it is open again.
    """
    kind = type(envelope.data)
    change = _CHANGES.get(kind)
    if change is not None:
        row = change(row, envelope.data, envelope.sequence)
    if kind in turns.TURNING:
        status = "open" if before is None else before.status
        return _with_turn(row, turns.after(turn_of(row), envelope, status))
    if before is not None and (before.status != row.status or before.muted != row.muted):
        return _with_turn(row, turn_of(row))
    return row


def turn_of(row: ConversationRow) -> Turn:
    """What the row remembers; of most conversations the time since which we are waited for says all."""
    return Turn(row.waiting_since) if row.turn is None else _decode(row.turn)


def _with_turn(row: ConversationRow, turn: Turn) -> ConversationRow:
    waiting = turns.waiting_on(turn, row.status, muted=row.muted)
    since = turn.asked_at if waiting == "us" else None
    kept = None if turn == Turn(since) else _encode(turn).decode()
    if (waiting, since, kept) == (row.waiting_on, row.waiting_since, row.turn):
        return row
    return replace(row, waiting_on=waiting, waiting_since=since, turn=kept)


def _came_in(row: ConversationRow, event: e.ConversationOpened | e.MessageAppended, sequence: int) -> ConversationRow:
    """What lay in a mailbox before it was connected is new to nobody."""
    return row if event.message.history else replace(row, spoken=sequence, spoken_by=None)


def _queued(row: ConversationRow, event: e.ReplyQueued, sequence: int) -> ConversationRow:
    return row if event.automatic else replace(row, spoken=sequence, spoken_by=event.agent_id)


def _commented(row: ConversationRow, event: e.CommentAdded, sequence: int) -> ConversationRow:
    named = event.everybody_mentioned
    return replace(
        row,
        spoken=sequence,
        spoken_by=event.agent_id,
        follower_ids=_with(row.follower_ids, named),
        mentioned_ids=_with(row.mentioned_ids, named),
    )


def _followed(row: ConversationRow, event: e.ConversationFollowed, sequence: int) -> ConversationRow:
    return replace(row, follower_ids=_with(row.follower_ids, (event.agent_id,)))


def _unfollowed(row: ConversationRow, event: e.ConversationUnfollowed, sequence: int) -> ConversationRow:
    return replace(row, follower_ids=tuple(one for one in row.follower_ids if one != event.agent_id))


def _with(known: tuple[UUID, ...], more: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted({*known, *more})) if more else known


_CHANGES: Final[Mapping[type, Callable[[ConversationRow, Any, int], ConversationRow]]] = {
    e.ConversationOpened: _came_in,
    e.MessageAppended: _came_in,
    e.ReplyQueued: _queued,
    e.CommentAdded: _commented,
    e.ConversationFollowed: _followed,
    e.ConversationUnfollowed: _unfollowed,
}
