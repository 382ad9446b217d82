"""The workspace as far as reports need it: who may see what, and business hours; pure, and without a name."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from analytics.measures.clock import Calendars, Version
from analytics.measures.happenings import milliseconds
from events import workspace as e
from events.business_hours import BusinessHoursSet
from events.envelope import AnyEnvelope
from events.values import Role


class Agent(msgspec.Struct, frozen=True):
    role: Role
    active: bool = True


class Inbox(msgspec.Struct, frozen=True):
    team_ids: tuple[UUID, ...] = ()
    member_ids: tuple[UUID, ...] = ()


class Workspace(msgspec.Struct, frozen=True):
    """Agents, inboxes, the members of teams, and the business hours that inboxes had, by id; and the sequence of each
    stream's last event."""

    agents: dict[UUID, Agent] = {}
    inboxes: dict[UUID, Inbox] = {}
    teams: dict[UUID, tuple[UUID, ...]] = {}
    sequences: dict[UUID, int] = {}
    hours: dict[UUID, tuple[Version, ...]] = {}

    def calendars(self, *, as_of_now: bool = False) -> dict[UUID, Calendars]:
        """Of each inbox that ever had business hours, as they were, or as if the newest had always been valid."""
        known = {inbox_id: Calendars(versions) for inbox_id, versions in self.hours.items()}
        return {inbox_id: each.as_of_now() for inbox_id, each in known.items()} if as_of_now else known


EMPTY: Final = Workspace()


class Reach(msgspec.Struct, frozen=True):
    """The inboxes whose numbers an agent may see; None is all of them."""

    agent_id: UUID
    inbox_ids: frozenset[UUID] | None


def reach_of(workspace: Workspace, agent_id: UUID) -> Reach | None:
    """Administrators see everything, managers and agents the inboxes that they belong to, directly or by a team: what
    they reach in the agents' API.

    None for who is unknown or deactivated.
    """
    agent = workspace.agents.get(agent_id)
    if agent is None or not agent.active:
        return None
    if agent.role == "administrator":
        return Reach(agent_id, None)
    return Reach(
        agent_id,
        frozenset(
            inbox_id
            for inbox_id, inbox in workspace.inboxes.items()
            if agent_id in inbox.member_ids
            or any(agent_id in workspace.teams.get(team_id, ()) for team_id in inbox.team_ids)
        ),
    )


def evolve(before: Workspace, envelope: AnyEnvelope) -> Workspace:
    """The workspace after an event; what says nothing to reports changes nothing but the sequence."""
    change: Any = _CHANGES.get(type(envelope.data))
    after: Workspace = before if change is None else change(before, envelope.data)
    if isinstance(envelope.data, BusinessHoursSet):
        after = _timed(before, envelope.data, milliseconds(envelope.occurred_at))
    return replace(after, sequences={**after.sequences, envelope.stream: envelope.sequence})


def _inbox_created(before: Workspace, event: e.InboxCreated) -> Workspace:
    return replace(before, inboxes={**before.inboxes, event.inbox_id: Inbox()})


def _inbox_changed(before: Workspace, event: e.InboxChanged) -> Workspace:
    return replace(before, inboxes={**before.inboxes, event.inbox_id: Inbox(event.team_ids, event.member_ids)})


def _timed(before: Workspace, event: BusinessHoursSet, at: int) -> Workspace:
    known = before.hours.get(event.inbox_id, ())
    return replace(before, hours={**before.hours, event.inbox_id: (*known, Version(at, event.hours))})


def _team(before: Workspace, event: e.TeamCreated | e.TeamChanged) -> Workspace:
    return replace(before, teams={**before.teams, event.team_id: event.member_ids})


def _team_deleted(before: Workspace, event: e.TeamDeleted) -> Workspace:
    return replace(before, teams={key: value for key, value in before.teams.items() if key != event.team_id})


def _agent(before: Workspace, agent_id: UUID, **changes: Any) -> Workspace:
    known = before.agents.get(agent_id, Agent("agent"))
    return replace(before, agents={**before.agents, agent_id: replace(known, **changes)})


def _invited(before: Workspace, event: e.AgentInvited | e.AgentRoleChanged) -> Workspace:
    return _agent(before, event.agent_id, role=event.role)


def _deactivated(before: Workspace, event: e.AgentDeactivated) -> Workspace:
    return _agent(before, event.agent_id, active=False)


def _reactivated(before: Workspace, event: e.AgentReactivated) -> Workspace:
    return _agent(before, event.agent_id, active=True)


_CHANGES: Final[dict[type, Any]] = {
    e.InboxCreated: _inbox_created,
    e.InboxChanged: _inbox_changed,
    e.TeamCreated: _team,
    e.TeamChanged: _team,
    e.TeamDeleted: _team_deleted,
    e.AgentInvited: _invited,
    e.AgentRoleChanged: _invited,
    e.AgentDeactivated: _deactivated,
    e.AgentReactivated: _reactivated,
}
READ: Final = frozenset(cls.__name__ for cls in (*_CHANGES, BusinessHoursSet))
