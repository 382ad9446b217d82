"""Who gets a conversation by its channel's routing, when no rule says so; pure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from events.conversations import Candidate
from events.routing import ChannelRouting
from router.domain.candidates import Load
from router.domain.choices import Choice, Reason, in_team, next_of, once
from router.domain.conversation_state import Conversation
from router.domain.reach import strangers, team_reaches
from router.domain.workspace_state import Workspace


def routing_of(conversation: Conversation, workspace: Workspace) -> ChannelRouting | None:
    """How its channel is routed; None where that says nothing, or in an inbox to which the channel does not belong."""
    channel = workspace.channels.get(conversation.channel_id)
    if channel is None or channel.email is None or channel.inbox_id != conversation.inbox_id:
        return None
    return channel.email.routing


def by_channel(
    routing: ChannelRouting,
    conversation: Conversation,
    last_agent_id: UUID | None,
    workspace: Workspace,
    loads: Mapping[UUID, Load],
    passed_over: tuple[Candidate, ...],
) -> Choice:
    """The choice by a channel's routing.

    Agents take work and have room as everywhere; who does not see the inbox is passed over. What the named agents don't
    take, and what is for a team that is no more or that cannot see the inbox, gets the routing's team, else the inbox's
    first one.
    """
    if routing.kind == "nobody":
        return Choice("channel_nobody", candidates=passed_over)
    inbox_id, team_id = conversation.inbox_id, routing.team_id
    reaches = team_id is not None and team_reaches(workspace, team_id, inbox_id)
    if routing.kind in ("agents", "last_agent"):
        named = routing.agent_ids if routing.kind == "agents" else () if last_agent_id is None else (last_agent_id,)
        agents = (workspace.agents[agent_id] for agent_id in named if agent_id in workspace.agents)
        chosen, considered = next_of(agents, inbox_id, workspace, loads)
        passed_over = once((*considered, *passed_over))
        if chosen is not None:
            reason: Reason = "channel_agents" if routing.kind == "agents" else "last_agent"
            return Choice(reason, team_id if reaches else None, chosen.id, passed_over)
    if team_id is not None:
        if reaches:
            return in_team("channel_team", team_id, inbox_id, workspace, loads, passed_over)
        passed_over = once((*passed_over, *strangers(workspace.members(team_id), inbox_id, workspace, loads)))
    team = workspace.first_team(inbox_id)
    if team is None:
        return Choice("no_team", candidates=passed_over)
    return in_team("inbox_team", team.id, inbox_id, workspace, loads, passed_over)
