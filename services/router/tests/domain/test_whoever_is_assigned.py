"""Whatever happens in a workspace, and whatever is asked: whoever has a conversation can open it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from events import workspace as w
from events.commands import AssignConversation, MoveConversation
from events.conversations import ConversationAssigned
from events.envelope import Command
from events.routing import ChannelRouting
from events.rules import All, AssignAgent, AssignTeam, RuleSet
from events.workspace import EmailSettings, RuleSetPublished, WorkspaceEvent
from router.domain import conversation
from router.domain.assignment import choose, wishes_of
from router.domain.conversation import NOT_OPENED, Conversation, ConversationState, evolve
from router.domain.leaving import give_back, is_gone, left_by
from router.domain.queues import hand_out
from router.domain.reach import sees_inbox, team_reaches
from router.domain.testing import (
    ADA,
    BOB,
    CLEO,
    HELPERS,
    HOUSE,
    SALES,
    SELLERS,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_MAIL,
    a_rule,
    a_workspace,
    an_id,
    command,
    opened,
)
from router.domain.workspace import Workspace
from router.domain.workspace import evolve as evolve_workspace
from service_kit.decider import DomainError

BILLING = an_id("billing")
START = (
    w.TeamCreated(team_id=BILLING, name="Billing", member_ids=(CLEO,)),
    w.InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(BOB,)),
)


AGENTS, TEAMS = (ADA, BOB, CLEO), (HELPERS, SELLERS, BILLING)
agents, teams = st.sampled_from(AGENTS), st.sampled_from(TEAMS)
some_agents = st.lists(agents, unique=True, max_size=3).map(tuple)
some_teams = st.lists(teams, unique=True, max_size=3).map(tuple)
inboxes = st.sampled_from([(SUPPORT, "Support"), (SALES, "Sales")])
changes: st.SearchStrategy[WorkspaceEvent] = st.one_of(
    st.builds(
        lambda inbox, team_ids, member_ids: w.InboxChanged(
            inbox_id=inbox[0], name=inbox[1], team_ids=team_ids, member_ids=member_ids
        ),
        inboxes,
        some_teams,
        some_agents,
    ),
    st.builds(lambda team, ids: w.TeamChanged(team_id=team, name=str(team), member_ids=ids), teams, some_agents),
    st.builds(w.AgentRoleChanged, agent_id=agents, role=st.sampled_from(["agent", "manager", "administrator"])),
    st.builds(w.AgentAvailabilityChanged, agent_id=agents, state=st.sampled_from(["available", "away"])),
    st.builds(
        lambda kind, ids, team: w.ChannelChanged(
            channel_id=SUPPORT_MAIL,
            email=EmailSettings(
                address=SUPPORT_ADDRESS, routing=ChannelRouting(kind=kind, agent_ids=ids, team_id=team)
            ),
        ),
        st.sampled_from(["agents", "team", "last_agent", "nobody"]),
        some_agents,
        st.none() | teams,
    ),
    st.builds(
        lambda then: RuleSetPublished(rule_set=RuleSet(1, (a_rule("all", All(()), *then),))),
        st.lists(st.builds(AssignAgent, agents) | st.builds(AssignTeam, teams), max_size=2),
    ),
)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(AssignConversation, agent_id=st.none() | agents, team_id=st.none() | teams, keep_team=st.booleans()),
    st.builds(MoveConversation, inbox_id=st.sampled_from([SUPPORT, SALES])),
)


@given(
    st.lists(changes, max_size=8),
    st.lists(changes | commands | st.sampled_from(["mail", "queue"]), min_size=20, max_size=40),
)
def test_whoever_is_assigned_sees_the_inbox(before: list[WorkspaceEvent], story: list[Any]) -> None:
    workspace, state = a_workspace(*START, *before), _with(NOT_OPENED, opened())
    for happens in story:
        if isinstance(happens, Command):
            state = _after_command(happens, state, workspace)
        elif happens == "mail":
            wishes = wishes_of(tuple(action for rule in workspace.rules.rules for action in rule.then), workspace)
            choice = choose(wishes, state, False, workspace, {}, last_agent_id=CLEO)
            state = _with(state, ConversationAssigned(agent_id=choice.agent_id, team_id=choice.team_id))
        elif happens == "queue":
            state = _with(state, hand_out(state, "agent_came_back", workspace, {}))
        else:
            was, workspace = workspace, evolve_workspace(workspace, happens)
            for left in sorted(left_by(happens, was, workspace), key=str):
                if is_gone(left, workspace) and left[1] in (None, state.inbox_id):
                    state = _with(state, give_back(state, left[0], workspace, {}))
        assignee = None if state.assignee_id is None else workspace.agents[state.assignee_id]
        assert assignee is None or sees_inbox(workspace, assignee, state.inbox_id)
        assert state.waiting_in is None or team_reaches(workspace, state.waiting_in, state.inbox_id)


def _after_command(wish: Command, state: Conversation, workspace: Workspace) -> Conversation:
    try:
        events = conversation.decide(command(wish), state, workspace=workspace, house=HOUSE)  # type: ignore[arg-type]
    except DomainError:
        return state
    for event in events:
        state = _with(state, event)
    return state


def _with(state: ConversationState, event: Any) -> Conversation:
    after = state if event is None else evolve(state, event)
    assert isinstance(after, Conversation)
    return after
