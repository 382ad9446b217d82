"""Agents who leave, the workspace or an inbox, and teams: what they had there goes back to the queue; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from events import workspace as e
from events.conversations import ConversationRouted
from events.workspace import WorkspaceEvent
from router.domain.candidates import Load, candidate, refusal
from router.domain.choices import Choice, Reason, in_team
from router.domain.conversation_state import Conversation, ConversationState, Open, Snoozed
from router.domain.reach import team_reaches
from router.domain.workspace_state import Workspace

Left = tuple[UUID, UUID | None]
"""An agent or a team, and the inbox to which they belong no more; None: every inbox, for they are deactivated or
deleted."""


def left_by(event: WorkspaceEvent, before: Workspace, after: Workspace) -> frozenset[Left]:
    """Who has left where by this event: agents who belong there no more, and teams of nobody who sees it."""
    match event:
        case e.AgentDeactivated():
            known = before.agents.get(event.agent_id)
            if known is None or not known.active:
                return frozenset()
            return _teams_left(_teams_of(known.id, before), before.inboxes, before, after) | {(known.id, None)}
        case e.AgentRoleChanged():
            return _demoted(event, before, after)
        case e.InboxChanged():
            inboxes = (event.inbox_id,)
            return _left(inboxes, before, after) | _teams_left(before.teams, inboxes, before, after)
        case e.TeamChanged():
            served = _served(event.team_id, before)
            teams = _teams_left(before.teams, served, before, after)
            itself = _teams_left((event.team_id,), before.inboxes, before, after)
            return _left(served, before, after) | teams | itself
        case e.TeamDeleted():
            gone = {(event.team_id, None)} if event.team_id in before.teams else set()
            return _left(_served(event.team_id, before), before, after) | gone
        case _:
            return frozenset()


def is_gone(left: Left, workspace: Workspace) -> bool:
    """Whether they still are where they left; who came back meanwhile keeps what they still have."""
    who, inbox_id = left
    if who in workspace.teams:
        return inbox_id is not None and not team_reaches(workspace, who, inbox_id)
    agent = workspace.agents.get(who)
    if agent is None or not agent.active:
        return True
    return inbox_id is not None and who not in workspace.members_of_inbox(inbox_id)


def give_back(
    state: ConversationState, who: UUID, workspace: Workspace, loads: Mapping[UUID, Load]
) -> ConversationRouted | None:
    """The decision that takes a conversation from an agent who left, or from a team in whose queue it is; None for one
    that they don't have, or that is neither open nor snoozed.

    It goes to its team, or to the inbox's first one: to the next agent there at once when somebody has room. A snoozed
    one has time until it comes back.
    """
    if not isinstance(state, Conversation) or who != (state.assignee_id or state.team_id):
        return None
    reason: Reason = "team_left" if state.assignee_id is None else "agent_left"
    match state.standing:
        case Open():
            choice = _choice(reason, state, workspace, loads)
        case Snoozed():
            choice = Choice(reason, _team_of(state, workspace))
        case _:
            return None
    return ConversationRouted(
        message_id=state.last_message_id,
        rule_set_version=0,
        candidates=choice.candidates,
        team_id=choice.team_id,
        agent_id=choice.agent_id,
        reason=choice.reason,
    )


def _choice(reason: Reason, state: Conversation, workspace: Workspace, loads: Mapping[UUID, Load]) -> Choice:
    leaver = None if state.assignee_id is None else workspace.agents.get(state.assignee_id)
    refused = None if leaver is None else refusal(leaver, loads) or "not_in_inbox"
    passed_over = () if leaver is None else (candidate(leaver, loads, refused),)
    team_id = _team_of(state, workspace)
    if team_id is None:
        return Choice(reason, candidates=passed_over)
    return in_team(reason, team_id, state.inbox_id, workspace, loads, passed_over, without=state.assignee_id)


def _team_of(state: Conversation, workspace: Workspace) -> UUID | None:
    if state.team_id is not None and team_reaches(workspace, state.team_id, state.inbox_id):
        return state.team_id
    team = workspace.first_team(state.inbox_id)
    return None if team is None else team.id


def _demoted(event: e.AgentRoleChanged, before: Workspace, after: Workspace) -> frozenset[Left]:
    """Who is an administrator no more sees the inboxes only to which they belong."""
    known = before.agents.get(event.agent_id)
    if known is None or known.role != "administrator" or event.role == "administrator":
        return frozenset()
    unseen = (inbox_id for inbox_id in before.inboxes if known.id not in after.members_of_inbox(inbox_id))
    agent: frozenset[Left] = frozenset((known.id, inbox_id) for inbox_id in unseen)
    return agent | _teams_left(_teams_of(known.id, before), before.inboxes, before, after)


def _teams_of(agent_id: UUID, workspace: Workspace) -> tuple[UUID, ...]:
    return tuple(team.id for team in workspace.teams.values() if agent_id in team.member_ids)


def _served(team_id: UUID, workspace: Workspace) -> tuple[UUID, ...]:
    return tuple(one.id for one in workspace.inboxes.values() if team_id in one.team_ids)


def _left(inbox_ids: Iterable[UUID], before: Workspace, after: Workspace) -> frozenset[Left]:
    """Administrators see every inbox, but what comes to an inbox is no longer theirs when they are taken off it."""
    return frozenset(
        (agent_id, inbox_id)
        for inbox_id in inbox_ids
        for agent_id in set(before.members_of_inbox(inbox_id)).difference(after.members_of_inbox(inbox_id))
    )


def _teams_left(
    team_ids: Iterable[UUID], inbox_ids: Iterable[UUID], before: Workspace, after: Workspace
) -> frozenset[Left]:
    """The teams of these that could see one of these inboxes, and cannot any more."""
    inboxes = tuple(inbox_ids)
    return frozenset(
        (team_id, inbox_id)
        for team_id in team_ids
        for inbox_id in inboxes
        if not team_reaches(after, team_id, inbox_id) and team_reaches(before, team_id, inbox_id)
    )
