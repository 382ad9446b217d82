"""Conversations that are open again without a message: back to their agent, or to the team when the agent is away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.conversations import (
    ConversationAssigned,
    ConversationReopened,
    ConversationResolved,
    ConversationSnoozed,
    SnoozeElapsed,
)
from events.envelope import SYSTEM, Actor
from events.workspace import AgentDeactivated, WorkspaceEvent
from router.domain.conversation_state import NOT_OPENED, ConversationState, evolve
from router.domain.returning import give_back
from router.domain.testing import ADA, BOB, CLEO, HELPERS, a_workspace, an_id, available, opened

TIMER = an_id("timer")
SNOOZED = ConversationSnoozed(timer_id=TIMER)
ELAPSED = SnoozeElapsed(timer_id=TIMER)
REOPENED = ConversationReopened(reason="agent")
BOBS = ConversationAssigned(agent_id=BOB, team_id=HELPERS)
IN_THE_QUEUE = ConversationAssigned(agent_id=None, team_id=HELPERS)


def given_to(*story: Any, by: Actor = SYSTEM, there: tuple[UUID, ...] = (ADA,), also: Any = ()) -> Any:
    """Team, agent and reason that the story's last event leads to; None when the conversation stays as it is."""
    before: ConversationState = NOT_OPENED
    for event in (opened(), *story[:-1]):
        before = evolve(before, event)
    more: tuple[WorkspaceEvent, ...] = (*available(*there), *also)
    routed = give_back(before, evolve(before, story[-1]), by, a_workspace(*more), {})
    assert len(routed) <= 1
    return (routed[0].team_id, routed[0].agent_id, routed[0].reason) if routed else None


def agent(agent_id: UUID) -> Actor:
    return Actor("agent", str(agent_id))


@pytest.mark.parametrize(("away", "back", "by"), [(SNOOZED, ELAPSED, SYSTEM), (ConversationResolved(), REOPENED, ADA)])
def test_it_returns_to_an_agent_who_is_there_and_goes_to_the_team_of_one_who_is_away(
    away: Any, back: Any, by: Any
) -> None:
    actor = by if by is SYSTEM else agent(by)
    assert given_to(BOBS, away, back, by=actor, there=(ADA, BOB)) is None
    assert given_to(BOBS, away, back, by=actor) == (HELPERS, ADA, "inbox_team")
    assert given_to(BOBS, away, back, by=actor, there=()) == (HELPERS, None, "inbox_team")


def test_an_agent_who_opens_it_again_keeps_it_though_they_are_away() -> None:
    assert given_to(BOBS, SNOOZED, REOPENED, by=agent(BOB)) is None


def test_one_of_a_deactivated_agent_goes_to_the_team() -> None:
    gone = AgentDeactivated(agent_id=BOB)
    assert given_to(BOBS, SNOOZED, ELAPSED, there=(ADA, BOB), also=(gone,)) == (HELPERS, ADA, "inbox_team")


def test_one_of_an_agent_without_a_team_goes_to_the_inboxs() -> None:
    cleos = ConversationAssigned(agent_id=CLEO, team_id=None)
    assert given_to(cleos, SNOOZED, ELAPSED) == (HELPERS, ADA, "inbox_team")


def test_what_waits_in_a_queue_is_handed_out_when_its_time_comes_but_not_when_an_agent_opens_it() -> None:
    assert given_to(IN_THE_QUEUE, SNOOZED, ELAPSED) == (HELPERS, ADA, "inbox_team")
    assert given_to(IN_THE_QUEUE, SNOOZED, ELAPSED, there=()) is None
    assert given_to(IN_THE_QUEUE, SNOOZED, REOPENED, by=agent(BOB)) is None


def test_what_is_with_nobody_and_no_team_stays_so() -> None:
    assert given_to(SNOOZED, ELAPSED) is None


@pytest.mark.parametrize("event", [BOBS, SNOOZED, ConversationResolved()])
def test_what_does_not_open_it_again_gives_it_to_nobody(event: Any) -> None:
    assert given_to(BOBS, event) is None
    assert given_to(event) is None


def test_before_the_first_message_there_is_nothing_to_give() -> None:
    assert give_back(NOT_OPENED, NOT_OPENED, SYSTEM, a_workspace(), {}) == ()
