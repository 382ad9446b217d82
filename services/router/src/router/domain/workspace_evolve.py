"""How each workspace event changes the workspace; never raises, never validates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from events import channel_health
from events import workspace as e
from events.avatars import AgentAvatarRemoved, AgentAvatarSet
from events.business_hours import BusinessHoursSet
from events.channel_tests import ChannelTestNoted, ChannelTestStarted
from events.notifications import NotificationPreferencesSet
from events.snippets import SnippetDeleted, SnippetSaved
from events.workspace import EmailSettings, WorkspaceEvent
from router.domain import channel_tests, contact_properties
from router.domain.defined_label import label_of
from router.domain.email_filters import EmailFilters
from router.domain.pipeline import Pipeline
from router.domain.saved_view import view_of
from router.domain.snippet import snippet_of
from router.domain.workspace_state import Agent, ConnectedChannel, Inbox, Team, Workspace, with_item, without_item


def evolve(state: Workspace, event: WorkspaceEvent) -> Workspace:
    """The workspace after the event; an event about something that was never made changes nothing."""
    match event:
        case e.InboxCreated():
            inbox = Inbox(id=event.inbox_id, name=event.name, slug=event.slug)
            return replace(state, inboxes=with_item(state.inboxes, inbox.id, inbox))
        case e.InboxChanged():
            return _inbox_changed(state, event)
        case BusinessHoursSet():
            staffed = state.inboxes.get(event.inbox_id)
            if staffed is None:
                return state
            timed = replace(staffed, business_hours=event.hours)
            return replace(state, inboxes=with_item(state.inboxes, timed.id, timed))
        case e.FallbackAddressIssued():
            settings = EmailSettings(address=event.address, fallback=True)
            return _with_channel(
                state, ConnectedChannel(id=event.channel_id, inbox_id=event.inbox_id, kind="email", email=settings)
            )
        case e.TeamCreated() | e.TeamChanged():
            team = Team(id=event.team_id, name=event.name, member_ids=event.member_ids)
            return replace(state, teams=with_item(state.teams, team.id, team))
        case e.TeamDeleted():
            return replace(state, teams=without_item(state.teams, event.team_id))
        case e.AgentInvited():
            agent = Agent(id=event.agent_id, role=event.role)
            return replace(state, agents=with_item(state.agents, agent.id, agent))
        case e.AgentProfileChanged():
            return _with_agent(state, event.agent_id, time_zone=event.time_zone)
        case e.AgentRoleChanged():
            return _with_agent(state, event.agent_id, role=event.role)
        case e.AgentDeactivated():
            return _with_agent(state, event.agent_id, active=False)
        case e.AgentReactivated():
            return _with_agent(state, event.agent_id, active=True)
        case e.AgentAvailabilityChanged():
            return _with_agent(state, event.agent_id, availability=event.state, available_until=event.until)
        case e.AgentCapacityChanged():
            return _with_agent(state, event.agent_id, capacity=event.capacity)
        case AgentAvatarSet() | AgentAvatarRemoved():
            return _with_agent(state, event.agent_id, has_avatar=isinstance(event, AgentAvatarSet))
        case e.EmailFiltersSet():
            return replace(state, filters=EmailFilters(event.version, event.filters, event.switches))
        case e.ChannelConnected():
            return _with_channel(
                state,
                ConnectedChannel(id=event.channel_id, inbox_id=event.inbox_id, kind=event.kind, email=event.email),
            )
        case e.ChannelChanged():
            channel = state.channels.get(event.channel_id)
            return state if channel is None else _with_channel(state, replace(channel, email=event.email))
        case e.ChannelDisconnected():
            channel = state.channels.get(event.channel_id)
            return state if channel is None else _with_channel(state, replace(channel, connected=False))
        case ChannelTestStarted() | ChannelTestNoted():
            return replace(state, channel_tests=channel_tests.evolve(state.channel_tests, event))
        case e.ChannelHealthNoted():
            channel = state.channels.get(event.channel_id)
            if channel is None:
                return state
            return _with_channel(state, replace(channel, health=channel_health.after(channel.health, event)))
        case e.RuleSetDrafted():
            return replace(state, draft=event.rule_set)
        case e.RuleSetPublished():
            return replace(state, rules=event.rule_set)
        case e.PipelineDefined():
            pipeline = Pipeline(id=event.pipeline_id, name=event.name, stages=event.stages)
            return replace(state, pipelines=with_item(state.pipelines, pipeline.id, pipeline))
        case e.PipelineDeleted():
            return replace(state, pipelines=without_item(state.pipelines, event.pipeline_id))
        case NotificationPreferencesSet():
            return _told(state, event)
        case SnippetSaved():
            return replace(state, snippets=with_item(state.snippets, event.snippet_id, snippet_of(event)))
        case SnippetDeleted():
            return replace(state, snippets=without_item(state.snippets, event.snippet_id))
        case e.ViewSaved():
            return replace(state, views=with_item(state.views, event.view_id, view_of(event)))
        case e.ViewDeleted():
            return replace(state, views=without_item(state.views, event.view_id))
        case e.LabelDefined():
            return replace(state, labels=with_item(state.labels, event.label_id, label_of(event)))
        case e.LabelDeleted():
            return replace(state, labels=without_item(state.labels, event.label_id))
        case e.ContactPropertyDefined() | e.ContactPropertyChanged() | e.ContactPropertyDeleted():
            properties = contact_properties.evolve(state.contact_properties, event)
            return replace(state, contact_properties=MappingProxyType(dict(properties)))
        case _:
            assert_never(event)


def _inbox_changed(state: Workspace, event: e.InboxChanged) -> Workspace:
    inbox = state.inboxes.get(event.inbox_id)
    if inbox is None:
        return state
    changed = replace(
        inbox,
        name=event.name,
        team_ids=event.team_ids,
        member_ids=event.member_ids,
        signature=event.signature,
        quote_history=event.quote_history,
        archived=event.archived,
        assign_first_answer=event.assign_first_answer,
        reopen_days=event.reopen_days,
    )
    return replace(state, inboxes=with_item(state.inboxes, inbox.id, changed))


def _with_agent(state: Workspace, agent_id: UUID, **changes: object) -> Workspace:
    agent = state.agents.get(agent_id)
    if agent is None:
        return state
    return replace(state, agents=with_item(state.agents, agent_id, replace(agent, **changes)))  # type: ignore[arg-type]


def _told(state: Workspace, event: NotificationPreferencesSet) -> Workspace:
    others = state.mailed_to - {event.agent_id}
    mailed_to = others | {event.agent_id} if event.mail and event.agent_id in state.agents else others
    told = _with_agent(
        state, event.agent_id, told_in_app=event.in_app, told_by_mail=event.mail, mail_rhythm=event.mail_rhythm
    )
    return replace(told, mailed_to=mailed_to)


def _with_channel(state: Workspace, channel: ConnectedChannel) -> Workspace:
    return replace(
        state,
        channels=with_item(state.channels, channel.id, channel),
        addresses=_addresses(state.addresses, channel),
    )


def _addresses(known: Mapping[str, UUID], channel: ConnectedChannel) -> Mapping[str, UUID]:
    """The addresses with this channel's own as it is now, and none that it had before."""
    others = {address: channel_id for address, channel_id in known.items() if channel_id != channel.id}
    if channel.connected and channel.email is not None:
        others[channel.email.address] = channel.id
    return MappingProxyType(others)
