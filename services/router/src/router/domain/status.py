"""Open, snoozed, resolved, spam, trash: an agent may go from any to any; being there already changes nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from events.commands import ElapseSnooze, SnoozeConversation
from events.conversations import (
    ConversationReopened,
    ConversationResolved,
    ConversationSnoozed,
    ConversationTrashed,
    MarkedAsSpam,
    SnoozeElapsed,
)
from router.domain import errors
from router.domain.conversation_state import Conversation, Open, Resolved, Snoozed, Spam, Trashed


def resolve(state: Conversation) -> tuple[ConversationResolved, ...]:
    return () if isinstance(state.standing, Resolved) else (ConversationResolved(),)


def reopen(state: Conversation) -> tuple[ConversationReopened, ...]:
    return () if isinstance(state.standing, Open) else (ConversationReopened(reason="agent"),)


def mark_as_spam(state: Conversation) -> tuple[MarkedAsSpam, ...]:
    return () if isinstance(state.standing, Spam) else (MarkedAsSpam(),)


def trash(state: Conversation) -> tuple[ConversationTrashed, ...]:
    return () if isinstance(state.standing, Trashed) else (ConversationTrashed(),)


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
