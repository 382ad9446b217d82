"""A choice of routing: the assignment, who was considered for it, and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal
from uuid import UUID

import msgspec

from events.conversations import Candidate
from router.domain.candidates import Load, round_robin
from router.domain.workspace_state import Workspace

MAX_CANDIDATES: Final = 100
Reason = Literal[
    "rule",
    "inbox_team",
    "returned_to_agent",
    "no_team",
    "channel_nobody",
    "channel_agents",
    "channel_team",
    "last_agent",
    "agent_left",
]


class Choice(msgspec.Struct, frozen=True):
    """The assignment, the agents who were considered for it, and its reason."""

    reason: Reason
    team_id: UUID | None = None
    agent_id: UUID | None = None
    candidates: tuple[Candidate, ...] = ()


def in_team(
    reason: Reason,
    team_id: UUID,
    workspace: Workspace,
    loads: Mapping[UUID, Load],
    passed_over: tuple[Candidate, ...],
    without: UUID | None = None,
) -> Choice:
    """The next agent of the team, but for `without`; the team alone, in whose queue it waits, where nobody takes it."""
    members = tuple(agent for agent in workspace.members(team_id) if agent.id != without)
    agent, candidates = round_robin(members, loads)
    considered = {one.agent_id: one for one in (*candidates, *passed_over)}
    return Choice(reason, team_id, None if agent is None else agent.id, tuple(considered.values())[:MAX_CANDIDATES])
