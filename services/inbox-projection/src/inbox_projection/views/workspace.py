"""The workspace: inboxes, teams, agents, channels and rules, as its one stream tells them."""

from __future__ import annotations

from typing import Any, Final, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import channel_health
from events.avatars import AgentAvatarRemoved, AgentAvatarSet
from events.business_hours import BusinessHoursSet
from events.channel_health import PartHealth
from events.channel_tests import ChannelTestNoted, ChannelTestStarted
from events.envelope import Envelope
from events.labels import LabelDefined, LabelDeleted
from events.notifications import NotificationPreferencesSet
from events.properties import ContactPropertyChanged, ContactPropertyDefined, ContactPropertyDeleted
from events.saved_views import ViewDeleted, ViewSaved
from events.snippets import SnippetDeleted, SnippetSaved
from events.values import ChannelPart
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
    PipelineDefined,
    PipelineDeleted,
    RuleSetDrafted,
    RuleSetPublished,
    TeamChanged,
    TeamCreated,
    TeamDeleted,
    WorkspaceEvent,
)
from inbox_projection.views import channel_tests, defined_label, saved_view, workspace_rows
from inbox_projection.views.channel_tests import ChannelTestRow
from inbox_projection.views.rows import (
    AgentRow,
    AvatarRow,
    ChannelRow,
    ContactPropertyRow,
    DefinedLabelRow,
    EmailFiltersRow,
    InboxRow,
    PipelineRow,
    RuleSetRow,
    SnippetRow,
    TeamRow,
    ViewRow,
)

_PARTS: Final = msgspec.json.Decoder(dict[ChannelPart, PartHealth])


class WorkspaceRows(msgspec.Struct, frozen=True):
    """All rows of the workspace, small enough to be read whole; of e-mail filters, snippets and
    pictures only those of the batch."""

    inboxes: dict[UUID, InboxRow] = msgspec.field(default_factory=dict)
    teams: dict[UUID, TeamRow] = msgspec.field(default_factory=dict)
    agents: dict[UUID, AgentRow] = msgspec.field(default_factory=dict)
    channels: dict[UUID, ChannelRow] = msgspec.field(default_factory=dict)
    rule_sets: dict[str, RuleSetRow] = msgspec.field(default_factory=dict)
    email_filters: dict[int, EmailFiltersRow] = msgspec.field(default_factory=dict)
    pipelines: dict[UUID, PipelineRow] = msgspec.field(default_factory=dict)
    contact_properties: dict[UUID, ContactPropertyRow] = msgspec.field(default_factory=dict)
    snippets: dict[UUID, SnippetRow] = msgspec.field(default_factory=dict)
    views: dict[UUID, ViewRow] = msgspec.field(default_factory=dict)
    labels: dict[UUID, DefinedLabelRow] = msgspec.field(default_factory=dict)
    channel_tests: dict[UUID, ChannelTestRow] = msgspec.field(default_factory=dict)
    avatars: dict[UUID, AvatarRow] = msgspec.field(default_factory=dict)


class TeamGone(msgspec.Struct, frozen=True):
    """The team's row goes."""

    team_id: UUID


class PipelineGone(msgspec.Struct, frozen=True):
    """The pipeline's row goes."""

    pipeline_id: UUID


WorkspaceChange = (
    InboxRow
    | TeamRow
    | AgentRow
    | ChannelRow
    | RuleSetRow
    | EmailFiltersRow
    | PipelineRow
    | ContactPropertyRow
    | SnippetRow
    | ViewRow
    | DefinedLabelRow
    | ChannelTestRow
    | AvatarRow
    | TeamGone
    | PipelineGone
)


def project(envelope: Envelope[WorkspaceEvent], rows: WorkspaceRows) -> tuple[WorkspaceChange, ...]:
    """The rows as they are after the event; none for one that speaks of something unknown here."""
    event, at = envelope.data, envelope.occurred_at
    match event:
        case InboxCreated():
            return (workspace_rows.new_inbox(envelope, event),)
        case InboxChanged():
            return _changed(
                rows.inboxes.get(event.inbox_id),
                name=event.name,
                team_ids=event.team_ids,
                member_ids=event.member_ids,
                signature=event.signature,
                quote_history=event.quote_history,
                archived=event.archived,
                assign_first_answer=event.assign_first_answer,
                reopen_days=event.reopen_days,
            )
        case BusinessHoursSet():
            hours = None if event.hours is None else msgspec.json.encode(event.hours).decode()
            return _changed(rows.inboxes.get(event.inbox_id), business_hours=hours)
        case FallbackAddressIssued():
            channel = ChannelConnected(
                channel_id=event.channel_id,
                inbox_id=event.inbox_id,
                kind="email",
                email=EmailSettings(address=event.address, fallback=True),
            )
            inbox = rows.inboxes.get(event.inbox_id)
            changes = {"fallback_channel_id": event.channel_id, "fallback_address": event.address}
            return (*_changed(inbox, **changes), workspace_rows.new_channel(envelope, channel))
        case TeamCreated():
            return (TeamRow(team_id=event.team_id, name=event.name, member_ids=event.member_ids, created_at=at),)
        case TeamChanged():
            return _changed(rows.teams.get(event.team_id), name=event.name, member_ids=event.member_ids)
        case TeamDeleted():
            return (TeamGone(event.team_id),)
        case ChannelConnected():
            return (workspace_rows.new_channel(envelope, event),)
        case ChannelChanged():
            return _changed(rows.channels.get(event.channel_id), **workspace_rows.email_columns(event.email))
        case ChannelDisconnected():
            return _changed(rows.channels.get(event.channel_id), disconnected_at=at)
        case ChannelHealthNoted():
            return _health_noted(rows.channels.get(event.channel_id), event)
        case RuleSetDrafted():
            return (workspace_rows.rule_set(envelope, "draft", event.rule_set),)
        case RuleSetPublished():
            return (workspace_rows.rule_set(envelope, "published", event.rule_set),)
        case EmailFiltersSet():
            return (workspace_rows.email_filters(envelope, event),)
        case PipelineDefined():
            return (workspace_rows.pipeline(envelope, event, rows.pipelines.get(event.pipeline_id)),)
        case SnippetSaved() | SnippetDeleted():
            return (workspace_rows.snippet(envelope, event),)
        case ViewSaved() | ViewDeleted():
            return (saved_view.row_of(envelope, event),)
        case LabelDefined() | LabelDeleted():
            return (defined_label.row_of(envelope, event),)
        case ChannelTestStarted() | ChannelTestNoted():
            return (channel_tests.project(envelope, rows.channel_tests.get(event.test_id)),)
        case AgentAvatarSet() | AgentAvatarRemoved():
            return (workspace_rows.avatar(envelope, event),)
        case PipelineDeleted():
            return (PipelineGone(event.pipeline_id),)
        case ContactPropertyDefined() | ContactPropertyChanged() | ContactPropertyDeleted():
            known = rows.contact_properties.get(event.property_id)
            return workspace_rows.contact_property(envelope, event, known)
        case _:
            return _agent(envelope, event, rows.agents)


def copy(rows: WorkspaceRows) -> WorkspaceRows:
    """Rows that can be changed while the given ones stay."""
    return WorkspaceRows(*(dict(getattr(rows, name)) for name in rows.__struct_fields__))


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
        case PipelineRow():
            rows.pipelines[change.pipeline_id] = change
        case SnippetRow():
            rows.snippets[change.snippet_id] = change
        case ChannelTestRow():
            rows.channel_tests[change.test_id] = change
        case AvatarRow():
            rows.avatars[change.agent_id] = change
        case ViewRow():
            rows.views[change.view_id] = change
        case DefinedLabelRow():
            rows.labels[change.label_id] = change
        case ContactPropertyRow():
            rows.contact_properties[change.property_id] = change
        case TeamGone():
            rows.teams.pop(change.team_id, None)
        case PipelineGone():
            rows.pipelines.pop(change.pipeline_id, None)
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
    | AgentCapacityChanged
    | NotificationPreferencesSet,
    agents: dict[UUID, AgentRow],
) -> tuple[WorkspaceChange, ...]:
    row = agents.get(event.agent_id)
    match event:
        case AgentInvited():
            return (workspace_rows.new_agent(envelope, event),)
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
        case NotificationPreferencesSet():
            return _changed(row, told_in_app=event.in_app, told_by_mail=event.mail, mail_rhythm=event.mail_rhythm)
        case _:
            assert_never(event)


def _changed(row: InboxRow | TeamRow | AgentRow | ChannelRow | None, **changes: Any) -> tuple[WorkspaceChange, ...]:
    return () if row is None else (replace(row, **changes),)


def _health_noted(row: ChannelRow | None, event: ChannelHealthNoted) -> tuple[WorkspaceChange, ...]:
    """Each part as it was said to be, and the channel as its worst part is."""
    if row is None:
        return ()
    parts = channel_health.after(_PARTS.decode(row.health_parts), event)
    shown = channel_health.worst(parts)
    assert shown is not None
    part, health = shown
    return _changed(
        row,
        health_state=health.state,
        health_reason=health.reason,
        health_since=health.since,
        health_part=part,
        health_parts=msgspec.json.encode(dict(sorted(parts.items()))).decode(),
    )
