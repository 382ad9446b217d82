"""Who sees an inbox: the router, which gives nobody else a conversation, and the reports count them alike."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from analytics import workspace as reports
from events import workspace as w
from events.envelope import SYSTEM, Envelope
from events.workspace import WorkspaceEvent
from router.domain.reach import sees_inbox
from router.domain.workspace import EMPTY, evolve

AGENTS, TEAMS, INBOXES = ([UUID(int=kind * 16 + each) for each in range(3)] for kind in (1, 2, 3))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
THERE: tuple[WorkspaceEvent, ...] = (
    *(w.AgentInvited(agent_id=one, role="agent") for one in AGENTS),
    *(w.TeamCreated(team_id=one, name="T") for one in TEAMS),
    *(w.InboxCreated(inbox_id=one, name="I", slug="i") for one in INBOXES),
)
roles = st.sampled_from(["agent", "manager", "administrator"])
some_agents = st.lists(st.sampled_from(AGENTS), unique=True).map(tuple)
some_teams = st.lists(st.sampled_from(TEAMS), unique=True).map(tuple)
happenings = st.one_of(
    st.builds(w.AgentRoleChanged, agent_id=st.sampled_from(AGENTS), role=roles),
    st.builds(w.TeamChanged, team_id=st.sampled_from(TEAMS), name=st.just("T"), member_ids=some_agents),
    st.builds(w.TeamDeleted, team_id=st.sampled_from(TEAMS)),
    st.builds(
        w.InboxChanged,
        inbox_id=st.sampled_from(INBOXES),
        name=st.just("I"),
        team_ids=some_teams,
        member_ids=some_agents,
        archived=st.booleans(),
    ),
)


def told(event: WorkspaceEvent, sequence: int) -> Envelope[WorkspaceEvent]:
    return Envelope(
        id=UUID(int=1000 + sequence),
        stream=UUID(int=1),
        occurred_at=NOON,
        recorded_at=NOON,
        workspace_id=UUID(int=1),
        actor=SYSTEM,
        correlation_id=UUID(int=1),
        sequence=sequence,
        data=event,
    )


@given(st.lists(happenings, max_size=12))
def test_the_router_and_the_reports_agree_on_who_sees_an_inbox(happened: list[WorkspaceEvent]) -> None:
    events = (*THERE, *happened)
    routing = reduce(evolve, events, EMPTY)
    reporting = reduce(reports.evolve, (told(one, n) for n, one in enumerate(events, 1)), reports.EMPTY)
    for agent_id in AGENTS:
        reach = reports.reach_of(reporting, agent_id)
        assert reach is not None
        for inbox_id in INBOXES:
            sees = reach.inbox_ids is None or inbox_id in reach.inbox_ids
            assert sees_inbox(routing, routing.agents[agent_id], inbox_id) is sees
