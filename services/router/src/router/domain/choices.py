"""A choice of routing: the assignment, who was considered for it, and its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal
from uuid import UUID

import msgspec

from events.conversations import Candidate
from router.domain.candidates import Load, candidate, round_robin
from router.domain.reach import among
from router.domain.workspace_state import Agent, Workspace

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
    "team_left",
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
    inbox_id: UUID,
    workspace: Workspace,
    loads: Mapping[UUID, Load],
    passed_over: tuple[Candidate, ...],
    without: UUID | None = None,
) -> Choice:
    """The next of the team's agents who see the inbox, but for `without`; the team alone, in whose queue it waits,
    where nobody takes it."""
    members = tuple(agent for agent in workspace.members(team_id) if agent.id != without)
    agent, candidates = next_of(members, inbox_id, workspace, loads)
    return Choice(reason, team_id, None if agent is None else agent.id, once((*candidates, *passed_over)))


def next_of(
    agents: Iterable[Agent], inbox_id: UUID, workspace: Workspace, loads: Mapping[UUID, Load]
) -> tuple[Agent | None, tuple[Candidate, ...]]:
    """Round robin among the agents who see the inbox, and what is said of all of them: who could not open the
    conversation is passed over."""
    seeing, blind = among(agents, inbox_id, workspace)
    chosen, candidates = round_robin(seeing, loads)
    return chosen, (*candidates, *(candidate(agent, loads, "not_in_inbox") for agent in blind))


def once(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Each agent as they were first considered, as many as a record takes."""
    found: dict[UUID, Candidate] = {}
    for one in candidates:
        found.setdefault(one.agent_id, one)
    return tuple(found.values())[:MAX_CANDIDATES]
