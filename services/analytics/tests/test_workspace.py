"""Who may see what: administrators everything, managers and agents their inboxes, others nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from analytics.workspace import EMPTY, Workspace, evolve, reach_of
from events import workspace as w
from events.envelope import Event

Talks = Callable[..., Any]
AGENT, INBOX, OTHER, TEAM = (uuid4() for _ in range(4))


@pytest.fixture
def after(talk: Talks) -> Callable[..., Workspace]:
    """The workspace after an agent, two inboxes, a team, and these events."""

    def told(*events: Event) -> Workspace:
        house, state = talk(), EMPTY
        for event in (
            w.AgentInvited(agent_id=AGENT, role="agent"),
            w.InboxCreated(inbox_id=INBOX, name="Support", slug="support"),
            w.InboxCreated(inbox_id=OTHER, name="Sales", slug="sales"),
            w.TeamCreated(team_id=TEAM, name="Field"),
            *events,
        ):
            state = evolve(state, house.tell(0, event))
        return state

    return told


def seen(workspace: Workspace, agent_id: UUID = AGENT) -> frozenset[UUID] | None:
    reach = reach_of(workspace, agent_id)
    assert reach is not None
    return reach.inbox_ids


def test_an_agent_sees_the_inboxes_they_belong_to(after: Any) -> None:
    assert seen(after()) == frozenset()
    member = w.InboxChanged(inbox_id=INBOX, name="Support", member_ids=(AGENT,))
    assert seen(after(member)) == {INBOX}
    assert seen(after(member, w.InboxChanged(inbox_id=INBOX, name="Support"))) == frozenset()


def test_a_team_brings_its_inboxes_while_one_is_in_it_and_it_exists(after: Any) -> None:
    of_team = w.InboxChanged(inbox_id=OTHER, name="Sales", team_ids=(TEAM,))
    joined = w.TeamChanged(team_id=TEAM, name="Field", member_ids=(AGENT,))
    assert seen(after(of_team)) == frozenset()
    assert seen(after(of_team, joined)) == {OTHER}
    assert seen(after(of_team, joined, w.TeamDeleted(team_id=TEAM))) == frozenset()


def test_an_administrator_sees_everything(after: Any) -> None:
    assert seen(after(w.AgentRoleChanged(agent_id=AGENT, role="administrator"))) is None


def test_a_manager_sees_what_an_agent_of_the_same_inboxes_sees(after: Any) -> None:
    """As in the agents' API: a role lets somebody do more, it does not show them more."""
    manager = w.AgentRoleChanged(agent_id=AGENT, role="manager")
    assert seen(after(manager)) == frozenset()
    joined = w.InboxChanged(inbox_id=OTHER, name="Sales", member_ids=(AGENT,))
    assert seen(after(manager, joined)) == {OTHER}


def test_who_is_unknown_or_deactivated_sees_nothing(after: Any) -> None:
    gone = w.AgentDeactivated(agent_id=AGENT)
    assert reach_of(after(), uuid4()) is None
    assert reach_of(after(gone), AGENT) is None
    assert seen(after(gone, w.AgentReactivated(agent_id=AGENT))) == frozenset()
