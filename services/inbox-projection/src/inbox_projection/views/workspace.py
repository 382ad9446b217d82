"""The workspace: inboxes, teams, agents, channels and rules, as its one stream tells them."""

from __future__ import annotations

from typing import Any, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events.envelope import Envelope
from events.rules import RuleSet
from events.workspace import (
    AgentAvailabilityChanged,
    AgentCapacityChanged,
    AgentDeactivated,
    AgentInvited,
    AgentProfileChanged,
    AgentReactivated,
    AgentRoleChanged,
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    ChannelHealthNoted,
    EmailFiltersSet,
    EmailSettings,
    FallbackAddressIssued,
    InboxChanged,
    InboxCreated,
    RuleSetDrafted,
    RuleSetPublished,
    TeamChanged,
    TeamCreated,
    TeamDeleted,
    WorkspaceEvent,
)
from inbox_projection.views.rows import AgentRow, ChannelRow, EmailFiltersRow, InboxRow, RuleSetRow, TeamRow


class WorkspaceRows(msgspec.Struct, frozen=True):
    """All rows of the workspace, small enough to be read whole; of e-mail filters only the versions of the batch."""

    inboxes: dict[UUID, InboxRow] = msgspec.field(default_factory=dict)
    teams: dict[UUID, TeamRow] = msgspec.field(default_factory=dict)
    agents: dict[UUID, AgentRow] = msgspec.field(default_factory=dict)
    channels: dict[UUID, ChannelRow] = msgspec.field(default_factory=dict)
    rule_sets: dict[str, RuleSetRow] = msgspec.field(default_factory=dict)
    email_filters: dict[int, EmailFiltersRow] = msgspec.field(default_factory=dict)


class TeamGone(msgspec.Struct, frozen=True):
    """The team's row goes."""

    team_id: UUID


WorkspaceChange = InboxRow | TeamRow | AgentRow | ChannelRow | RuleSetRow | EmailFiltersRow | TeamGone


def project(envelope: Envelope[WorkspaceEvent], rows: WorkspaceRows) -> tuple[WorkspaceChange, ...]:
    """The rows as they are after the event; none for one that speaks of something unknown here."""
    event, at = envelope.data, envelope.occurred_at
    match event:
        case InboxCreated():
            return (_new_inbox(envelope, event),)
        case InboxChanged():
            return _changed(
                rows.inboxes.get(event.inbox_id),
                name=event.name,
                team_ids=event.team_ids,
                member_ids=event.member_ids,
                signature=event.signature,
                quote_history=event.quote_history,
                archived=event.archived,
            )
        case FallbackAddressIssued():
            channel = ChannelConnected(
                channel_id=event.channel_id,
                inbox_id=event.inbox_id,
                kind="email",
                email=EmailSettings(address=event.address, fallback=True),
            )
            inbox = rows.inboxes.get(event.inbox_id)
            changes = {"fallback_channel_id": event.channel_id, "fallback_address": event.address}
            return (*_changed(inbox, **changes), _new_channel(envelope, channel))
        case TeamCreated():
            return (TeamRow(team_id=event.team_id, name=event.name, member_ids=event.member_ids, created_at=at),)
        case TeamChanged():
            return _changed(rows.teams.get(event.team_id), name=event.name, member_ids=event.member_ids)
        case TeamDeleted():
            return (TeamGone(event.team_id),)
        case ChannelConnected():
            return (_new_channel(envelope, event),)
        case ChannelChanged():
            return _changed(rows.channels.get(event.channel_id), **_email(event.email))
        case ChannelDisconnected():
            return _changed(rows.channels.get(event.channel_id), disconnected_at=at)
        case ChannelHealthNoted():
            return _changed(
                rows.channels.get(event.channel_id),
                health_state=event.state,
                health_reason=event.reason,
                health_since=event.since,
            )
        case RuleSetDrafted():
            return (_rule_set(envelope, "draft", event.rule_set),)
        case RuleSetPublished():
            return (_rule_set(envelope, "published", event.rule_set),)
        case EmailFiltersSet():
            return (_email_filters(envelope, event),)
        case _:
            return _agent(envelope, event, rows.agents)


def copy(rows: WorkspaceRows) -> WorkspaceRows:
    """Rows that can be changed while the given ones stay."""
    return WorkspaceRows(
        dict(rows.inboxes),
        dict(rows.teams),
        dict(rows.agents),
        dict(rows.channels),
        dict(rows.rule_sets),
        dict(rows.email_filters),
    )


def put(rows: WorkspaceRows, change: WorkspaceChange) -> None:
    """Makes the change in `rows`, in place."""
    match change:
        case InboxRow():
            rows.inboxes[change.inbox_id] = change
        case TeamRow():
            rows.teams[change.team_id] = change
        case AgentRow():
            rows.agents[change.agent_id] = change
        case ChannelRow():
            rows.channels[change.channel_id] = change
        case RuleSetRow():
            rows.rule_sets[change.state] = change
        case EmailFiltersRow():
            rows.email_filters[change.version] = change
        case TeamGone():
            rows.teams.pop(change.team_id, None)
        case _:
            assert_never(change)


def _agent(
    envelope: Envelope[WorkspaceEvent],
    event: AgentInvited
    | AgentProfileChanged
    | AgentRoleChanged
    | AgentDeactivated
    | AgentReactivated
    | AgentAvailabilityChanged
    | AgentCapacityChanged,
    agents: dict[UUID, AgentRow],
) -> tuple[WorkspaceChange, ...]:
    row = agents.get(event.agent_id)
    match event:
        case AgentInvited():
            return (_new_agent(envelope, event),)
        case AgentProfileChanged():
            personal = event.personal
            return _changed(
                row,
                language=event.language,
                time_zone=event.time_zone,
                name="" if personal is None else personal.name,
                email="" if personal is None else personal.email,
                meeting_url="" if personal is None else personal.meeting_url,
                signature="" if personal is None else personal.signature,
            )
        case AgentRoleChanged():
            return _changed(row, role=event.role)
        case AgentDeactivated():
            return _changed(row, deactivated=True)
        case AgentReactivated():
            return _changed(row, deactivated=False)
        case AgentAvailabilityChanged():
            chosen = {} if event.state == "offline" else {"chosen": event.state, "chosen_until": event.until}
            return _changed(row, availability=event.state, available_until=event.until, **chosen)
        case AgentCapacityChanged():
            return _changed(row, capacity=event.capacity)
        case _:
            assert_never(event)


def _changed(row: InboxRow | TeamRow | AgentRow | ChannelRow | None, **changes: Any) -> tuple[WorkspaceChange, ...]:
    return () if row is None else (replace(row, **changes),)


def _new_inbox(envelope: Envelope[WorkspaceEvent], event: InboxCreated) -> InboxRow:
    return InboxRow(
        inbox_id=event.inbox_id,
        name=event.name,
        slug=event.slug,
        fallback_channel_id=None,
        fallback_address=None,
        team_ids=(),
        member_ids=(),
        signature="",
        quote_history=False,
        archived=False,
        created_at=envelope.occurred_at,
    )


def _new_agent(envelope: Envelope[WorkspaceEvent], event: AgentInvited) -> AgentRow:
    """A new agent is away until the agent says otherwise."""
    return AgentRow(
        agent_id=event.agent_id,
        role=event.role,
        deactivated=False,
        availability="away",
        available_until=None,
        chosen="away",
        chosen_until=None,
        capacity=None,
        language="en",
        time_zone="UTC",
        name="" if event.personal is None else event.personal.name,
        email="" if event.personal is None else event.personal.email,
        meeting_url="",
        signature="",
        created_at=envelope.occurred_at,
    )


def _new_channel(envelope: Envelope[WorkspaceEvent], event: ChannelConnected) -> ChannelRow:
    return ChannelRow(
        channel_id=event.channel_id,
        inbox_id=event.inbox_id,
        kind=event.kind,
        **_email(event.email),
        connected_at=envelope.occurred_at,
        disconnected_at=None,
        health_state="ok",
        health_reason="",
        health_since=envelope.occurred_at,
    )


def _email(settings: EmailSettings | None) -> dict[str, Any]:
    """The columns of an e-mail channel's settings: what is asked for by itself, and all of it as JSON."""
    return {
        "address": None if settings is None else settings.address,
        "from_name": "" if settings is None else settings.from_name,
        "fallback": settings is not None and settings.fallback,
        "settings": msgspec.json.encode(EmailSettings(address="") if settings is None else settings).decode(),
    }


def _email_filters(envelope: Envelope[WorkspaceEvent], event: EmailFiltersSet) -> EmailFiltersRow:
    return EmailFiltersRow(
        version=event.version,
        filters=msgspec.json.encode(event.filters).decode(),
        set_at=envelope.occurred_at,
        set_by=str(envelope.actor),
    )


def _rule_set(envelope: Envelope[WorkspaceEvent], state: str, rule_set: RuleSet) -> RuleSetRow:
    return RuleSetRow(
        state=state,
        version=rule_set.version,
        rules=msgspec.json.encode(rule_set.rules).decode(),
        changed_at=envelope.occurred_at,
        changed_by=str(envelope.actor),
    )
