"""Which conversations may become one. A merged set is flat: one conversation stands for all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from events.conversations import ConversationReopened, ConversationsMerged, MergedConversation
from router.domain import errors
from router.domain.conversation_state import (
    NOT_OPENED,
    Conversation,
    ConversationState,
    Discarded,
    Merged,
    NotOpened,
    Open,
    Snoozed,
    key_holder,
)

MAX_MERGED: Final = 50
"""Into one: a thread is read, and a set moved, as a whole."""

States = Mapping[UUID, ConversationState]


def merge(
    from_ids: Iterable[UUID], survivor_id: UUID, survivor: Conversation, states: States
) -> tuple[ConversationsMerged | ConversationReopened, ...]:
    """The survivor stands for these and for all for which they stood; `()` when it does already. What is open in any
    of them is open in it.

    `states` has all that are named, and those for which they stand. Raises MergeWithItself, ConversationNotFound,
    ConversationIsMerged (also where it would be a circle), ConversationIsErased, OfAnotherInbox, OfAnotherChannel,
    MergedSetTooLarge.
    """
    wanted = tuple(dict.fromkeys(from_ids))
    if survivor_id in wanted:
        raise errors.MergeWithItself("A conversation is not merged with itself.")
    gone = {each: of_its_own(states.get(each, NOT_OPENED)) for each in wanted if each not in survivor.merged_ids}
    if not gone:
        return ()
    for state in (survivor, *gone.values()):
        _check(state, survivor)
    with_theirs = dict.fromkeys(one for each, state in gone.items() for one in (each, *sorted(state.merged_ids)))
    if len(survivor.merged_ids) + len(with_theirs) > MAX_MERGED:
        raise errors.MergedSetTooLarge(f"At most {MAX_MERGED} conversations are merged into one.")
    merged = ConversationsMerged(
        merged=tuple(MergedConversation(each, _number(states.get(each, NOT_OPENED))) for each in with_theirs),
        last_message_at=max((state.mails_lately[-1] for state in gone.values() if state.mails_lately), default=None),
        waiting_since=_first_asked(gone.values()),
        unanswered_since=_first_asked(state for state in gone.values() if not state.answered),
    )
    stirs = any(isinstance(state.standing, Open) for state in gone.values()) and not isinstance(survivor.standing, Open)
    return (merged, ConversationReopened(reason="agent")) if stirs else (merged,)


def of_its_own(state: ConversationState) -> Conversation:
    """A conversation for which no other stands. Raises ConversationNotFound, ConversationIsMerged."""
    if isinstance(state, NotOpened) or isinstance(state.standing, Discarded):
        raise errors.ConversationNotFound("There is no such conversation.")
    if isinstance(state.standing, Merged):
        raise errors.ConversationIsMerged(f"It was merged into #{state.standing.number}.")
    return state


def shown_as(state: Conversation, states: States) -> Conversation:
    """The conversation itself, or what stands for it."""
    survivor = states.get(state.standing.into) if isinstance(state.standing, Merged) else None
    return survivor if isinstance(survivor, Conversation) else state


def _check(state: Conversation, survivor: Conversation) -> None:
    if key_holder(state) is None:
        raise errors.ConversationIsErased(f"Everybody in #{state.number} was erased.")
    if state.inbox_id != survivor.inbox_id:
        raise errors.OfAnotherInbox(f"#{state.number} is in another inbox: move it first.")
    if state.channel != survivor.channel:
        raise errors.OfAnotherChannel(f"#{state.number} came by another kind of channel.")


def _first_asked(states: Iterable[Conversation]) -> datetime | None:
    waiting = (state.asked_at for state in states if isinstance(state.standing, Open | Snoozed))
    return min((at for at in waiting if at is not None), default=None)


def _number(state: ConversationState) -> int:
    return state.number if isinstance(state, Conversation) else 0
