"""Queues: who becomes free by what, and who is given what waits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.conversations import Candidate, ConversationAssigned, ConversationResolved, ConversationRouted
from events.rules import All, AssignAgent, AssignTeam, RuleSet
from events.workspace import (
    AgentAvailabilityChanged,
    AgentCapacityChanged,
    AgentDeactivated,
    AgentReactivated,
    RuleSetPublished,
    TeamChanged,
    WorkspaceEvent,
)
from router.domain.assignment import Load, choose, wishes_of
from router.domain.conversation import Conversation, evolve
from router.domain.conversation_state import NOT_OPENED
from router.domain.queues import freed_by, frees_a_place, hand_out, places
from router.domain.testing import (
    ADA,
    BOB,
    CLEO,
    HELPERS,
    NINE,
    SELLERS,
    WITH_CLEO,
    a_rule,
    a_workspace,
    an_id,
    appended,
    available,
    opened,
)
from router.domain.workspace import Workspace
from router.domain.workspace import evolve as evolve_workspace

WAITS = ConversationAssigned(agent_id=None, team_id=HELPERS)


def limit(agent: UUID, capacity: int | None) -> AgentCapacityChanged:
    return AgentCapacityChanged(agent_id=agent, capacity=capacity)


def busy(conversations: int, hours_ago: int = 1) -> Load:
    return Load(open_conversations=conversations, last_assigned_at=NINE - timedelta(hours=hours_ago))


def a_conversation(*history: Any) -> Conversation:
    state: Any = NOT_OPENED
    for event in (opened(), *history):
        state = evolve(state, event)
    assert isinstance(state, Conversation)
    return state


def freed(event: WorkspaceEvent, *before: WorkspaceEvent) -> dict[UUID, str]:
    state = a_workspace(*before)
    return dict(freed_by(event, state, evolve_workspace(state, event)))


# -- capacity in routing ------------------------------------------------------------------------------------------


def chosen(workspace: Workspace, loads: dict[UUID, Load], *history: Any, reopened: bool = False) -> Any:
    return choose(wishes_of((), workspace), a_conversation(*history), reopened, workspace, loads)


def test_who_is_at_capacity_is_passed_over_and_the_record_says_so() -> None:
    workspace = a_workspace(*available(ADA, BOB), limit(ADA, 2))
    choice = chosen(workspace, {ADA: busy(2, 9), BOB: busy(7, 1)})
    assert choice.agent_id == BOB
    assert {one.agent_id: one.refused for one in choice.candidates} == {BOB: None, ADA: "at_capacity"}
    assert chosen(workspace, {ADA: busy(1, 9), BOB: busy(7, 1)}).agent_id == ADA


def test_when_all_are_away_offline_or_full_it_waits_in_the_teams_queue() -> None:
    workspace = a_workspace(*available(ADA), limit(ADA, 0), AgentAvailabilityChanged(agent_id=BOB, state="offline"))
    choice = chosen(workspace, {})
    assert (choice.team_id, choice.agent_id) == (HELPERS, None)
    assert {one.agent_id: one.refused for one in choice.candidates} == {ADA: "at_capacity", BOB: "offline"}


def test_a_reopened_conversation_returns_to_its_agent_even_at_capacity() -> None:
    workspace = a_workspace(*available(ADA, BOB), limit(ADA, 1))
    history = (ConversationAssigned(agent_id=ADA, team_id=HELPERS), ConversationResolved())
    choice = chosen(workspace, {ADA: busy(1)}, *history, reopened=True)
    assert (choice.agent_id, choice.reason) == (ADA, "returned_to_agent")


def test_an_agent_at_capacity_whom_a_rule_names_falls_to_the_team() -> None:
    rule = a_rule("cleo", All(()), AssignAgent(CLEO), AssignTeam(SELLERS))
    published = RuleSetPublished(rule_set=RuleSet(1, (rule,)))
    workspace = a_workspace(WITH_CLEO, *available(BOB, CLEO), limit(CLEO, 3), published)
    wishes = wishes_of(rule.then, workspace)
    full = choose(wishes, a_conversation(), False, workspace, {CLEO: busy(3)})
    assert (full.agent_id, full.team_id) == (BOB, SELLERS)
    assert (
        Candidate(
            agent_id=CLEO, open_conversations=3, last_assigned_at=NINE - timedelta(hours=1), refused="at_capacity"
        )
        in full.candidates
    )
    assert choose(wishes, a_conversation(), False, workspace, {CLEO: busy(2)}).agent_id == CLEO


# -- who becomes free ---------------------------------------------------------------------------------------------


def test_an_agent_who_comes_back_is_free() -> None:
    back = available(BOB)[0]
    assert freed(back) == {BOB: "agent_came_back"}
    assert freed(back, *available(BOB)) == {}
    assert freed(AgentAvailabilityChanged(agent_id=BOB, state="away"), *available(BOB)) == {}
    gone = AgentDeactivated(agent_id=BOB)
    assert freed(AgentReactivated(agent_id=BOB), *available(BOB), gone) == {BOB: "agent_came_back"}
    assert freed(AgentReactivated(agent_id=BOB), gone) == {}


def test_an_agent_with_another_capacity_may_be_free() -> None:
    assert freed(limit(BOB, 5), *available(BOB)) == {BOB: "capacity_freed"}
    assert freed(limit(BOB, 5)) == {}


def test_an_agent_who_is_new_in_a_team_may_be_free() -> None:
    joins = TeamChanged(team_id=SELLERS, name="Sellers", member_ids=(BOB, CLEO))
    assert freed(joins, *available(BOB, CLEO)) == {CLEO: "agent_came_back"}


@pytest.mark.parametrize(("open_before", "frees"), [(1, False), (2, True), (3, False)])
def test_a_place_is_free_when_one_goes_from_a_full_agent(open_before: int, frees: bool) -> None:
    agents = a_workspace(*available(ADA), limit(ADA, 2)).agents
    assert frees_a_place(agents[ADA], open_before) is frees
    assert not frees_a_place(agents[BOB], open_before)
    assert not frees_a_place(None, open_before)


def test_places_are_counted_up_to_the_queue_and_a_limit() -> None:
    workspace = a_workspace(*available(ADA, BOB), limit(ADA, 5), limit(BOB, 2))
    loads = {ADA: busy(3), BOB: busy(2)}
    assert places([BOB], workspace, loads, {HELPERS: 9}, 50) == {HELPERS: 2}
    assert places([BOB], workspace, loads, {HELPERS: 1, SELLERS: 4}, 50) == {HELPERS: 1}
    assert places([CLEO], workspace, loads, {HELPERS: 9}, 50) == {}
    assert places([ADA], workspace, loads, {}, 50) == {}
    unlimited = a_workspace(*available(ADA))
    assert places([ADA], unlimited, {}, {HELPERS: 9_000}, 50) == {HELPERS: 50}


# -- what waits ---------------------------------------------------------------------------------------------------


def test_what_waits_goes_to_the_next_agent_with_a_record_of_why() -> None:
    workspace = a_workspace(*available(ADA))
    state = a_conversation(WAITS, appended("second"))
    assert hand_out(state, "agent_came_back", workspace, {}) == ConversationRouted(
        message_id=an_id("second"),
        rule_set_version=0,
        candidates=(
            Candidate(agent_id=ADA, open_conversations=0),
            Candidate(agent_id=BOB, open_conversations=0, refused="away"),
        ),
        team_id=HELPERS,
        agent_id=ADA,
        reason="agent_came_back",
    )


def test_what_does_not_wait_or_finds_nobody_stays() -> None:
    workspace = a_workspace(*available(ADA), limit(ADA, 1))
    assert hand_out(a_conversation(WAITS), "capacity_freed", workspace, {ADA: busy(1)}) is None
    assert hand_out(a_conversation(WAITS, ConversationResolved()), "capacity_freed", workspace, {}) is None
    assert hand_out(a_conversation(), "capacity_freed", workspace, {}) is None
    taken = a_conversation(ConversationAssigned(agent_id=BOB, team_id=HELPERS))
    assert hand_out(taken, "capacity_freed", workspace, {}) is None


@given(
    st.integers(0, 12),
    st.one_of(st.none(), st.integers(0, 5)),
    st.one_of(st.none(), st.integers(0, 5)),
    st.sets(st.sampled_from([ADA, BOB])),
)
def test_nobody_gets_more_than_their_capacity_and_everything_goes_that_can(
    waiting: int, ada: int | None, bob: int | None, here: set[UUID]
) -> None:
    workspace = a_workspace(*available(*sorted(here)), limit(ADA, ada), limit(BOB, bob))
    limits = {ADA: ada, BOB: bob}
    loads: dict[UUID, Load] = {}
    given_to: list[UUID] = []
    for number in range(waiting):
        routed = hand_out(a_conversation(WAITS), "agent_came_back", workspace, loads)
        if routed is None:
            break
        assert routed.agent_id is not None and routed.agent_id in here
        given_to.append(routed.agent_id)
        open_now = loads.get(routed.agent_id, Load()).open_conversations + 1
        loads[routed.agent_id] = Load(open_conversations=open_now, last_assigned_at=NINE + timedelta(seconds=number))
    counts = Counter(given_to)
    rooms = [limits[agent] for agent in here]
    assert all(limits[agent] is None or counts[agent] <= (limits[agent] or 0) for agent in counts)
    assert len(given_to) == (waiting if None in rooms else min(waiting, sum(room or 0 for room in rooms)))
