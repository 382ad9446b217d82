"""Who follows a conversation, and whom a comment may mention: those who belong to its inbox."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from events.following import ConversationFollowed, ConversationUnfollowed, FollowConversation, UnfollowConversation
from router.domain import errors
from router.domain.conversation_state import Conversation
from router.domain.workspace_state import Agent, Workspace


class Mentioned(msgspec.Struct, frozen=True):
    """Whom a comment names: agents, teams, and who is in those teams."""

    agents: tuple[UUID, ...] = ()
    teams: tuple[UUID, ...] = ()
    members: tuple[UUID, ...] = ()


NOBODY_MENTIONED = Mentioned()


def mentioned(named: Iterable[UUID], state: Conversation, workspace: Workspace) -> Mentioned:
    """The agents and teams of these ids, each once.

    Raises AgentNotFound for an id that is neither, AgentNotInInbox and TeamNotInInbox for a stranger,
    AgentIsDeactivated for who reads nothing any more.
    """
    ids = tuple(dict.fromkeys(named))
    if not ids:
        return NOBODY_MENTIONED
    circle = frozenset(workspace.members_of_inbox(state.inbox_id))
    inbox = workspace.inboxes.get(state.inbox_id)
    teams = tuple(one for one in ids if one in workspace.teams)
    agents = tuple(one for one in ids if one not in workspace.teams)
    for agent_id in agents:
        _check_active(agent_id, workspace)
        if agent_id not in circle:
            raise errors.AgentNotInInbox("An agent who does not belong to the inbox cannot be mentioned in it.")
    for team_id in teams:
        if inbox is None or team_id not in inbox.team_ids:
            raise errors.TeamNotInInbox("A team that does not serve the inbox cannot be mentioned in it.")
    members = (agent.id for team_id in teams for agent in workspace.members(team_id) if agent.active)
    return Mentioned(agents, teams, tuple(dict.fromkeys(members)))


def follow(command: FollowConversation, state: Conversation, workspace: Workspace) -> tuple[ConversationFollowed, ...]:
    """Who belongs to the inbox can follow, and administrators, who see all."""
    agent = _check_active(command.agent_id, workspace)
    if agent.role != "administrator" and agent.id not in workspace.members_of_inbox(state.inbox_id):
        raise errors.AgentNotInInbox("An agent who does not belong to the inbox cannot follow what is in it.")
    return () if agent.id in state.followers else (ConversationFollowed(agent_id=agent.id),)


def unfollow(command: UnfollowConversation, state: Conversation) -> tuple[ConversationUnfollowed, ...]:
    if command.agent_id not in state.followers:
        return ()
    return (ConversationUnfollowed(agent_id=command.agent_id),)


def _check_active(agent_id: UUID, workspace: Workspace) -> Agent:
    agent = workspace.agent(agent_id)
    if not agent.active:
        raise errors.AgentIsDeactivated("A deactivated agent can neither follow nor be mentioned.")
    return agent
