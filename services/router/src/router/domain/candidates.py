"""The agents of a team in the order in which they are next: round robin, with a reason for everybody passed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from events.conversations import Candidate
from router.domain.workspace_state import Agent

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's open conversations, and when one was last assigned to them by routing."""

    open_conversations: int = 0
    last_assigned_at: datetime | None = None


def round_robin(members: tuple[Agent, ...], loads: Mapping[UUID, Load]) -> tuple[Agent | None, tuple[Candidate, ...]]:
    """The available agent whose last assignment is the longest ago (never counts as longest; ties by id), and every
    member with the reason why not: the chosen one first, then those who would be next, then those who are refused."""

    def turn(agent: Agent) -> tuple[datetime, UUID]:
        return (loads.get(agent.id, Load()).last_assigned_at or _NEVER, agent.id)

    willing = sorted((agent for agent in members if agent.takes_work), key=turn)
    unwilling = sorted((agent for agent in members if not agent.takes_work), key=turn)
    candidates = (
        *(candidate(agent, loads, None if agent is willing[0] else "assigned_more_recently") for agent in willing),
        *(candidate(agent, loads, refusal(agent)) for agent in unwilling),
    )
    return (willing[0] if willing else None), candidates


def refusal(agent: Agent) -> str | None:
    """Why the agent gets nothing now: "deactivated" or "away"; None when they take work."""
    if not agent.active:
        return "deactivated"
    return None if agent.takes_work else "away"


def candidate(agent: Agent, loads: Mapping[UUID, Load], refused: str | None) -> Candidate:
    """The agent as the record of a decision shows them."""
    load = loads.get(agent.id, Load())
    return Candidate(
        agent_id=agent.id,
        open_conversations=load.open_conversations,
        last_assigned_at=load.last_assigned_at,
        refused=refused,
    )
