"""Who can open what lies in an inbox, as the agents' API decides it: nobody else is given a conversation; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from events.conversations import Candidate
from router.domain import errors
from router.domain.candidates import Load, candidate
from router.domain.workspace_state import Agent, Workspace


def sees_inbox(workspace: Workspace, agent: Agent, inbox_id: UUID) -> bool:
    """Whether this agent can open what lies there: administrators everywhere, others where they belong, by themselves
    or by a team."""
    return agent.role == "administrator" or agent.id in workspace.members_of_inbox(inbox_id)


def among(agents: Iterable[Agent], inbox_id: UUID, workspace: Workspace) -> tuple[tuple[Agent, ...], tuple[Agent, ...]]:
    """Those of these agents who see the inbox, and those who don't, each in their order."""
    belonging = frozenset(workspace.members_of_inbox(inbox_id))
    seeing: list[Agent] = []
    blind: list[Agent] = []
    for agent in agents:
        (seeing if agent.role == "administrator" or agent.id in belonging else blind).append(agent)
    return tuple(seeing), tuple(blind)


def team_reaches(workspace: Workspace, team_id: UUID, inbox_id: UUID) -> bool:
    """Whether a conversation of the inbox can wait for this team: it serves the inbox, or somebody in it sees it."""
    if team_id not in workspace.teams:
        return False
    inbox = workspace.inboxes.get(inbox_id)
    if inbox is not None and team_id in inbox.team_ids:
        return True
    seeing, _ = among(workspace.members(team_id), inbox_id, workspace)
    return any(agent.active for agent in seeing)


def strangers(
    agents: Iterable[Agent], inbox_id: UUID, workspace: Workspace, loads: Mapping[UUID, Load]
) -> tuple[Candidate, ...]:
    """Those of these agents who don't see the inbox, as the record of a decision shows them."""
    _, blind = among(agents, inbox_id, workspace)
    return tuple(candidate(agent, loads, "not_in_inbox") for agent in blind)


def check_agent(agent_id: UUID, inbox_id: UUID, workspace: Workspace) -> None:
    """Raises AgentNotFound, AgentIsDeactivated, AgentNotInInbox: why the agent cannot be given what lies there."""
    agent = workspace.agent(agent_id)
    if not agent.active:
        raise errors.AgentIsDeactivated("A deactivated agent takes no conversations.")
    if not sees_inbox(workspace, agent, inbox_id):
        raise errors.AgentNotInInbox(
            "The agent cannot open what lies in this inbox: add them to it, or move the conversation to one of theirs."
        )


def check_team(team_id: UUID, inbox_id: UUID, workspace: Workspace) -> None:
    """Raises TeamNotFound, TeamNotInInbox: why the team cannot be given what lies there."""
    workspace.team(team_id)
    if not team_reaches(workspace, team_id, inbox_id):
        raise errors.TeamNotInInbox(
            "Nobody in the team can open what lies in this inbox: let the team serve it, or move the conversation to"
            " one that the team serves."
        )
