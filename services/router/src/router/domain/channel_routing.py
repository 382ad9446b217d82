"""Who gets a conversation by its channel's routing, when no rule says so; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from events.conversations import Candidate
from events.routing import ChannelRouting
from router.domain.candidates import Load, candidate, round_robin
from router.domain.choices import MAX_CANDIDATES, Choice, Reason, in_team
from router.domain.conversation_state import Conversation
from router.domain.workspace_state import Agent, Workspace


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

    Agents take work and have room as everywhere; who does not belong to the inbox could not see the conversation and is
    passed over. What the named agents don't take, and what is for a team that is no more, gets the routing's team, else
    the inbox's first one.
    """
    if routing.kind == "nobody":
        return Choice("channel_nobody", candidates=passed_over)
    if routing.kind in ("agents", "last_agent"):
        named = routing.agent_ids if routing.kind == "agents" else () if last_agent_id is None else (last_agent_id,)
        agents = (workspace.agents[agent_id] for agent_id in named if agent_id in workspace.agents)
        chosen, considered = _among(agents, conversation.inbox_id, workspace, loads)
        passed_over = _once((*considered, *passed_over))
        if chosen is not None:
            team_id = routing.team_id if routing.team_id in workspace.teams else None
            reason: Reason = "channel_agents" if routing.kind == "agents" else "last_agent"
            return Choice(reason, team_id, chosen.id, passed_over)
    if routing.team_id is not None and routing.team_id in workspace.teams:
        return in_team("channel_team", routing.team_id, workspace, loads, passed_over)
    team = workspace.first_team(conversation.inbox_id)
    if team is None:
        return Choice("no_team", candidates=passed_over)
    return in_team("inbox_team", team.id, workspace, loads, passed_over)


def _among(
    agents: Iterable[Agent], inbox_id: UUID, workspace: Workspace, loads: Mapping[UUID, Load]
) -> tuple[Agent | None, tuple[Candidate, ...]]:
    """The next of the agents who can see the inbox, and what is said of all of them."""
    members = frozenset(workspace.members_of_inbox(inbox_id))
    seeing: list[Agent] = []
    blind: list[Candidate] = []
    for agent in agents:
        if agent.id in members or agent.role == "administrator":
            seeing.append(agent)
        else:
            blind.append(candidate(agent, loads, "not_in_inbox"))
    chosen, candidates = round_robin(tuple(seeing), loads)
    return chosen, (*candidates, *blind)


def _once(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    found: dict[UUID, Candidate] = {}
    for one in candidates:
        found.setdefault(one.agent_id, one)
    return tuple(found.values())[:MAX_CANDIDATES]
