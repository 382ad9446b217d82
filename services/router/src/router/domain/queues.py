"""A team's queue: what waits there goes to an agent when one comes back or has room again; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal
from uuid import UUID

from events import workspace as e
from events.conversations import ConversationRouted
from events.workspace import WorkspaceEvent
from router.domain.candidates import Load, round_robin
from router.domain.conversation_state import Conversation
from router.domain.workspace_state import Agent, Workspace

Reason = Literal["agent_came_back", "capacity_freed"]
MAX_CANDIDATES: Final = 100
_IDLE: Final = Load()


def freed_by(event: WorkspaceEvent, before: Workspace, after: Workspace) -> dict[UUID, Reason]:
    """The agents who can take something of their teams' queues since the event, and why."""
    match event:
        case e.AgentAvailabilityChanged() | e.AgentReactivated():
            agent = after.agents.get(event.agent_id)
            return {agent.id: "agent_came_back"} if agent is not None and _takes_work_now(agent, before) else {}
        case e.AgentCapacityChanged():
            agent = after.agents.get(event.agent_id)
            return {agent.id: "capacity_freed"} if agent is not None and agent.takes_work else {}
        case e.TeamChanged():
            known = before.teams.get(event.team_id)
            new = set(event.member_ids).difference(() if known is None else known.member_ids)
            return {agent.id: "agent_came_back" for agent in after.members(event.team_id) if agent.id in new}
        case _:
            return {}


def _takes_work_now(agent: Agent, before: Workspace) -> bool:
    was = before.agents.get(agent.id)
    return agent.takes_work and not (was is not None and was.takes_work)


def frees_a_place(agent: Agent | None, open_before: int) -> bool:
    """Whether one conversation less, of so many, brings the agent below capacity."""
    return agent is not None and agent.takes_work and agent.capacity is not None and open_before == agent.capacity


def places(
    agents: Iterable[UUID], workspace: Workspace, loads: Mapping[UUID, Load], waiting: Mapping[UUID, int], most: int
) -> dict[UUID, int]:
    """How many could be handed out at once, `most` at most, in each team of these agents that has a queue and room."""
    freed = set(agents)
    found: dict[UUID, int] = {}
    for team in workspace.teams.values():
        queue = waiting.get(team.id, 0)
        if queue <= 0 or freed.isdisjoint(team.member_ids):
            continue
        room = sum(_room(agent, loads, most) for agent in workspace.members(team.id))
        if room > 0:
            found[team.id] = min(queue, room, most)
    return found


def _room(agent: Agent, loads: Mapping[UUID, Load], most: int) -> int:
    load = loads.get(agent.id, _IDLE).open_conversations
    if not agent.has_room(load):
        return 0
    return most if agent.capacity is None else agent.capacity - load


def hand_out(
    conversation: Conversation, reason: Reason, workspace: Workspace, loads: Mapping[UUID, Load]
) -> ConversationRouted | None:
    """The decision that gives a waiting conversation to the next agent of its team, round robin; None when it does not
    wait, or nobody there has room."""
    team_id = conversation.waiting_in
    if team_id is None:
        return None
    agent, candidates = round_robin(workspace.members(team_id), loads)
    if agent is None:
        return None
    return ConversationRouted(
        message_id=conversation.last_message_id,
        rule_set_version=0,
        candidates=candidates[:MAX_CANDIDATES],
        team_id=team_id,
        agent_id=agent.id,
        reason=reason,
    )
