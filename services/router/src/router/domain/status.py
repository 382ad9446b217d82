"""Open, snoozed, resolved, spam, trash: an agent may go from any to any; being there already changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from events.commands import ElapseSnooze, ElapseTrash, SnoozeConversation
from events.conversations import (
    ConversationReopened,
    ConversationResolved,
    ConversationSnoozed,
    ConversationTrashed,
    MarkedAsSpam,
    SnoozeElapsed,
    TrashElapsed,
)
from router.domain import errors
from router.domain.conversation_state import Conversation, Open, Resolved, Snoozed, Spam, Trashed

KEPT_IN_TRASH: Final = timedelta(days=30)


def resolve(state: Conversation, now: datetime) -> tuple[ConversationResolved, ...]:
    return () if isinstance(state.standing, Resolved) else (ConversationResolved(at=now),)


def reopen(state: Conversation) -> tuple[ConversationReopened, ...]:
    return () if isinstance(state.standing, Open) else (ConversationReopened(reason="agent"),)


def mark_as_spam(state: Conversation, block_id: UUID | None = None) -> tuple[MarkedAsSpam, ...]:
    """`block_id` is the filter that blocks its sender from now on; it may follow when it is spam already."""
    if isinstance(state.standing, Spam) and block_id in (None, state.block_id):
        return ()
    return (MarkedAsSpam(block_id=block_id),)


def trash(state: Conversation, *, now: datetime, timer_id: UUID) -> tuple[ConversationTrashed, ...]:
    """For 30 days, with a timer of its own; where a rule put it there, it has none yet."""
    if isinstance(state.standing, Trashed) and state.standing.timer_id is not None:
        return ()
    return (ConversationTrashed(until=now + KEPT_IN_TRASH, timer_id=timer_id),)


def elapse_trash(command: ElapseTrash, state: Conversation) -> tuple[TrashElapsed, ...]:
    """The timer that lies on what is in the trash is due; any other is obsolete and changes nothing."""
    if isinstance(state.standing, Trashed) and state.standing.timer_id == command.timer_id:
        return (TrashElapsed(timer_id=command.timer_id),)
    return ()


def snooze(
    command: SnoozeConversation, state: Conversation, *, now: datetime, timer_id: UUID
) -> tuple[ConversationSnoozed, ...]:
    """Until a time, with a timer of its own, or until they answer. A new time makes the earlier timer obsolete."""
    if command.until is not None and command.until <= now:
        raise errors.SnoozeInThePast("A snooze must end in the future.")
    if isinstance(state.standing, Snoozed) and state.standing.until == command.until:
        return ()
    return (ConversationSnoozed(until=command.until, timer_id=None if command.until is None else timer_id),)


def elapse_snooze(command: ElapseSnooze, state: Conversation) -> tuple[SnoozeElapsed, ...]:
    """The timer that holds the snooze is due; any other is obsolete and changes nothing."""
    if isinstance(state.standing, Snoozed) and state.standing.timer_id == command.timer_id:
        return (SnoozeElapsed(timer_id=command.timer_id),)
    return ()
