"""What follows from a command about a conversation, whether the API gave it or a mail of an agent; pure."""

from __future__ import annotations

from collections.abc import Callable

from events.commands import ConversationCommand
from events.conversations import ConversationEvent, ReplyQueued
from events.envelope import Envelope
from router import ticketing, tidying
from router.domain import conversation
from router.domain.returning import give_back
from router.working_set import Cause, WorkingSet

Events = tuple[ConversationEvent, ...]


def converse(
    command: Envelope[ConversationCommand],
    working: WorkingSet,
    cause: Cause,
    *,
    queued: ReplyQueued | None = None,
    noted: Callable[[Events], Events] = lambda events: events,
) -> Events:
    """Decides the command and appends its events, as `noted` completes them; tickets and merged conversations follow,
    and what it opened again goes back to its agent. Returns the decision. Raises DomainError."""
    stream = command.stream
    state = working.conversation(stream)
    decided = conversation.decide(
        command,
        state,
        workspace=working.workspace,
        house=working.house,
        queued=queued,
        beside=tidying.beside(command.data, working),
    )
    events = noted(decided)
    tickets = tidying.relinked(stream, state, events, working)
    after = working.append_conversation(stream, events, cause)
    tidying.follow(stream, events, tickets, working, cause)
    tidying.follow_survivor(stream, state, events, working, cause)
    ticketing.follow_replies(stream, state, events, working, cause)
    routed = give_back(state, after, command.actor, working.workspace, working.rows.known.agents)
    working.append_conversation(stream, routed, cause)
    return events
