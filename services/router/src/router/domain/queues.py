"""A team's queue: what waits there goes to an agent when one comes back or has room again; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal
from uuid import UUID

from events import workspace as e
from events.conversations import ConversationRouted
from events.workspace import WorkspaceEvent
from router.domain.candidates import Load
from router.domain.choices import next_of, once
from router.domain.conversation_state import Conversation
from router.domain.workspace_state import Agent, Workspace

Reason = Literal["agent_came_back", "capacity_freed"]
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
        case e.InboxChanged():
            new = set(after.members_of_inbox(event.inbox_id)).difference(before.members_of_inbox(event.inbox_id))
            return _new_to_see(new, after)
        case e.AgentRoleChanged(role="administrator"):
            return _new_to_see((event.agent_id,), after)
        case _:
            return {}


def _new_to_see(agent_ids: Iterable[UUID], after: Workspace) -> dict[UUID, Reason]:
    """Those of them who may take what waited for somebody who can open it."""
    agents = (after.agents[agent_id] for agent_id in agent_ids if agent_id in after.agents)
    return {agent.id: "agent_came_back" for agent in agents if agent.takes_work}


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


def unseen(
    team_ids: Iterable[UUID], workspace: Workspace, loads: Mapping[UUID, Load], most: int
) -> frozenset[tuple[UUID, UUID]]:
    """Of each team the inboxes that nobody in it who has room sees: what waits there waits on."""
    found: set[tuple[UUID, UUID]] = set()
    for team_id in team_ids:
        roomy = tuple(agent for agent in workspace.members(team_id) if _room(agent, loads, most) > 0)
        if not any(agent.role == "administrator" for agent in roomy):
            ids = frozenset(agent.id for agent in roomy)
            blind = (one for one in workspace.inboxes if ids.isdisjoint(workspace.members_of_inbox(one)))
            found.update((team_id, inbox_id) for inbox_id in blind)
    return frozenset(found)


def _room(agent: Agent, loads: Mapping[UUID, Load], most: int) -> int:
    load = loads.get(agent.id, _IDLE).open_conversations
    if not agent.has_room(load):
        return 0
    return most if agent.capacity is None else agent.capacity - load


def hand_out(
    conversation: Conversation, reason: Reason, workspace: Workspace, loads: Mapping[UUID, Load]
) -> ConversationRouted | None:
    """The decision that gives a waiting conversation to the next agent of its team who sees its inbox, round robin;
    None when it does not wait, or nobody there has room."""
    team_id = conversation.waiting_in
    if team_id is None:
        return None
    agent, candidates = next_of(workspace.members(team_id), conversation.inbox_id, workspace, loads)
    if agent is None:
        return None
    return ConversationRouted(
        message_id=conversation.last_message_id,
        rule_set_version=0,
        candidates=once(candidates),
        team_id=team_id,
        agent_id=agent.id,
        reason=reason,
    )
