"""The agents of a team in the order in which they are next: round robin, with a reason for everybody passed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from operator import itemgetter
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


_IDLE: Final = Load()
_TURN: Final = itemgetter(0, 1)


def round_robin(members: tuple[Agent, ...], loads: Mapping[UUID, Load]) -> tuple[Agent | None, tuple[Candidate, ...]]:
    """The agent with room whose last assignment is the longest ago (never counts as longest; ties by id), and every
    member with the reason why not: the chosen one first, then those who would be next, then those who are refused."""

    willing: list[tuple[datetime, UUID, Agent]] = []
    unwilling: list[tuple[datetime, UUID, Agent, str]] = []
    for agent in members:
        turn = loads.get(agent.id, _IDLE).last_assigned_at or _NEVER
        refused = refusal(agent, loads)
        if refused is None:
            willing.append((turn, agent.id, agent))
        else:
            unwilling.append((turn, agent.id, agent, refused))
    willing.sort(key=_TURN)
    unwilling.sort(key=_TURN)
    candidates = (
        *(candidate(each[2], loads, "assigned_more_recently" if place else None) for place, each in enumerate(willing)),
        *(candidate(each[2], loads, each[3]) for each in unwilling),
    )
    return (willing[0][2] if willing else None), candidates


def refusal(agent: Agent, loads: Mapping[UUID, Load]) -> str | None:
    """Why the agent is given nothing now: "deactivated", "away", "offline" or "at_capacity"; None when they take it."""
    if not agent.active:
        return "deactivated"
    if agent.availability != "available":
        return agent.availability
    return None if agent.has_room(loads.get(agent.id, _IDLE).open_conversations) else "at_capacity"


def candidate(agent: Agent, loads: Mapping[UUID, Load], refused: str | None) -> Candidate:
    """The agent as the record of a decision shows them."""
    load = loads.get(agent.id, _IDLE)
    return Candidate(
        agent_id=agent.id,
        open_conversations=load.open_conversations,
        last_assigned_at=load.last_assigned_at,
        refused=refused,
    )
