"""Agents who leave: what they had goes back to the queue, and who comes back keeps the rest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events import workspace as w
from events.conversations import (
    Candidate,
    ConversationAssigned,
    ConversationResolved,
    ConversationRouted,
    ConversationSnoozed,
    ConversationTrashed,
    MarkedAsSpam,
)
from events.workspace import WorkspaceEvent
from router.domain.conversation import NOT_OPENED, evolve
from router.domain.leaving import give_back, is_gone, left_by
from router.domain.testing import (
    ADA,
    BOB,
    CLEO,
    HELPERS,
    SALES,
    SELLERS,
    SUPPORT,
    a_workspace,
    an_id,
    available,
    opened,
)
from router.domain.workspace import evolve as evolve_workspace

BOBS = ConversationAssigned(agent_id=BOB, team_id=HELPERS)
SELLERS_SERVE = w.InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS, SELLERS), member_ids=(ADA, BOB))
BOB_LEFT = w.AgentDeactivated(agent_id=BOB)


def support(*members: UUID, teams: tuple[UUID, ...] = (HELPERS,)) -> w.InboxChanged:
    return w.InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=teams, member_ids=members)


def left(event: WorkspaceEvent, *before: WorkspaceEvent) -> set[Any]:
    state = a_workspace(*before)
    return set(left_by(event, state, evolve_workspace(state, event)))


def test_who_is_deactivated_leaves_everywhere_and_once() -> None:
    assert left(BOB_LEFT, SELLERS_SERVE) == {(BOB, None)}
    assert left(BOB_LEFT, BOB_LEFT) == set()
    assert left(w.AgentDeactivated(agent_id=an_id("stranger"))) == set()


def test_who_is_taken_off_an_inbox_leaves_it_unless_a_team_keeps_them_there() -> None:
    assert left(support(ADA)) == set()
    assert left(support(ADA, teams=())) == {(BOB, SUPPORT), (SELLERS, SUPPORT)}


def test_who_leaves_a_team_leaves_the_inboxes_that_only_the_team_gave_them() -> None:
    fewer = w.TeamChanged(team_id=HELPERS, name="Helpers", member_ids=(ADA,))
    assert left(fewer) == set()
    assert left(fewer, support(ADA)) == {(BOB, SUPPORT), (SELLERS, SUPPORT)}
    sales = w.InboxChanged(inbox_id=SALES, name="Sales", team_ids=(HELPERS,))
    agent_and_team = {(BOB, SUPPORT), (BOB, SALES), (SELLERS, SUPPORT), (SELLERS, SALES)}
    assert left(fewer, support(), sales) == agent_and_team


def test_when_a_team_is_deleted_it_leaves_its_inboxes_first() -> None:
    assert left(support(ADA, teams=()), support(ADA, teams=(SELLERS,))) == {(BOB, SUPPORT), (SELLERS, SUPPORT)}
    assert left(w.TeamDeleted(team_id=SELLERS), support(ADA, teams=(SELLERS,))) == {(BOB, SUPPORT), (SELLERS, None)}
    assert left(w.TeamDeleted(team_id=an_id("no team"))) == set()


def test_a_team_of_which_somebody_still_sees_the_inbox_has_not_left_it() -> None:
    assert left(support(BOB, teams=()), support(BOB, teams=(SELLERS,))) == set()
    assert (SELLERS, SUPPORT) in left(support(ADA, teams=()), support(BOB, teams=(SELLERS,)))
    assert (SELLERS, SUPPORT) in left(BOB_LEFT)


def test_an_administrator_no_more_leaves_the_inboxes_to_which_they_do_not_belong() -> None:
    demoted = w.AgentRoleChanged(agent_id=ADA, role="agent")
    assert left(demoted) == {(ADA, SALES), (HELPERS, SALES)}
    assert left(demoted, SELLERS_SERVE, support(BOB, teams=())) == {
        (ADA, SUPPORT), (ADA, SALES), (HELPERS, SALES),
    }  # fmt: skip
    assert left(w.AgentRoleChanged(agent_id=ADA, role="administrator")) == set()
    assert left(w.AgentRoleChanged(agent_id=BOB, role="manager")) == set()
    assert left(w.AgentRoleChanged(agent_id=an_id("stranger"), role="agent")) == set()


@pytest.mark.parametrize("event", [w.AgentReactivated(agent_id=BOB), *available(BOB), support(ADA, BOB, CLEO)])
def test_nothing_else_makes_anybody_leave(event: WorkspaceEvent) -> None:
    assert left(event) == set()


def test_who_is_back_is_not_gone() -> None:
    assert is_gone((BOB, None), a_workspace(BOB_LEFT))
    assert not is_gone((BOB, None), a_workspace(BOB_LEFT, w.AgentReactivated(agent_id=BOB)))
    assert is_gone((BOB, SUPPORT), a_workspace(support(ADA, teams=())))
    assert not is_gone((BOB, SUPPORT), a_workspace(support(ADA, teams=()), support(ADA, BOB)))
    assert is_gone((BOB, SUPPORT), a_workspace(BOB_LEFT))
    assert is_gone((SELLERS, SUPPORT), a_workspace(BOB_LEFT))
    assert not is_gone((SELLERS, SUPPORT), a_workspace())
    assert is_gone((SELLERS, None), a_workspace(w.TeamDeleted(team_id=SELLERS)))
    assert not is_gone((SELLERS, None), a_workspace())


def returned(*workspace: WorkspaceEvent, history: tuple[Any, ...] = (BOBS,)) -> ConversationRouted | None:
    state = evolve(NOT_OPENED, opened())
    for event in history:
        state = evolve(state, event)
    return give_back(state, BOB, a_workspace(BOB_LEFT, *workspace), {})


def test_it_goes_to_the_next_agent_of_its_team_and_the_record_says_why() -> None:
    assert returned(*available(ADA)) == ConversationRouted(
        message_id=an_id("first"),
        rule_set_version=0,
        candidates=(
            Candidate(agent_id=ADA, open_conversations=0),
            Candidate(agent_id=BOB, open_conversations=0, refused="deactivated"),
        ),
        team_id=HELPERS,
        agent_id=ADA,
        reason="agent_left",
    )


@pytest.mark.parametrize(
    ("workspace", "history", "team"),
    [
        ((), (BOBS,), HELPERS),
        ((SELLERS_SERVE, *available(ADA)), (ConversationAssigned(agent_id=BOB, team_id=SELLERS),), SELLERS),
        ((), (ConversationAssigned(agent_id=BOB, team_id=SELLERS),), HELPERS),
        ((), (ConversationAssigned(agent_id=BOB, team_id=None),), HELPERS),
        ((w.TeamDeleted(team_id=SELLERS),), (ConversationAssigned(agent_id=BOB, team_id=SELLERS),), HELPERS),
        ((support(teams=()),), (ConversationAssigned(agent_id=BOB, team_id=None),), None),
    ],
)
def test_with_nobody_there_it_waits_in_a_queue(
    workspace: tuple[WorkspaceEvent, ...], history: tuple[Any, ...], team: UUID | None
) -> None:
    event = returned(*workspace, history=history)
    assert event is not None and (event.reason, event.team_id, event.agent_id) == ("agent_left", team, None)


def test_a_snoozed_one_waits_for_its_time_without_an_agent() -> None:
    event = returned(*available(ADA), history=(BOBS, ConversationSnoozed()))
    assert event is not None and (event.team_id, event.agent_id) == (HELPERS, None)


@pytest.mark.parametrize(
    "history",
    [
        (),
        (BOBS, ConversationResolved()),
        (BOBS, MarkedAsSpam()),
        (BOBS, ConversationTrashed()),
        (BOBS, ConversationAssigned(agent_id=ADA, team_id=None)),
    ],
)
def test_what_is_closed_or_anothers_stays_as_it_is(history: tuple[Any, ...]) -> None:
    assert returned(*available(ADA), history=history) is None


def test_who_left_the_inbox_and_is_still_in_the_team_does_not_get_it_back() -> None:
    state = evolve(evolve(NOT_OPENED, opened()), BOBS)
    event = give_back(state, BOB, a_workspace(support(teams=()), *available(BOB)), {})
    assert event is not None and (event.team_id, event.agent_id) == (HELPERS, None)


# -- teams --------------------------------------------------------------------------------------------------------

IN_QUEUE = ConversationAssigned(agent_id=None, team_id=SELLERS)


def of_the_team(*workspace: WorkspaceEvent, history: tuple[Any, ...] = (IN_QUEUE,)) -> ConversationRouted | None:
    state = evolve(NOT_OPENED, opened())
    for event in history:
        state = evolve(state, event)
    return give_back(state, SELLERS, a_workspace(BOB_LEFT, *workspace), {})


def test_what_waits_for_a_team_that_sees_the_inbox_no_more_goes_to_the_inboxs_first() -> None:
    event = of_the_team(*available(ADA))
    assert event is not None and (event.reason, event.team_id, event.agent_id) == ("team_left", HELPERS, ADA)
    event = of_the_team()
    assert event is not None and (event.team_id, event.agent_id) == (HELPERS, None)
    event = of_the_team(support(teams=()))
    assert event is not None and (event.team_id, event.agent_id) == (None, None)


@pytest.mark.parametrize(
    "history",
    [
        (),
        (ConversationAssigned(agent_id=None, team_id=HELPERS),),
        (ConversationAssigned(agent_id=ADA, team_id=SELLERS),),
        (IN_QUEUE, ConversationResolved()),
    ],
)
def test_what_does_not_wait_for_the_team_stays(history: tuple[Any, ...]) -> None:
    assert of_the_team(*available(ADA), history=history) is None
