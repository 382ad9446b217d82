"""Inboxes, teams, agents, channels and rules: one stream for the whole workspace, topic workspace.v1."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from events.envelope import Event, Personal
from events.rules import RuleSet
from events.values import Availability, Channel, Role

TOPIC = "workspace.v1"


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An e-mail channel: one address of ours, lower case; `fallback` when it was made with the inbox."""

    address: str
    from_name: str = ""
    fallback: bool = False


class InboxCreated(Event, frozen=True, kw_only=True):
    """`slug` begins the fallback address and never changes."""

    TOPIC: ClassVar[str] = TOPIC
    inbox_id: UUID
    name: str
    slug: str


class InboxChanged(Event, frozen=True, kw_only=True):
    """The inbox as it is now, whole."""

    TOPIC: ClassVar[str] = TOPIC
    inbox_id: UUID
    name: str
    team_ids: tuple[UUID, ...] = ()
    member_ids: tuple[UUID, ...] = ()
    signature: str = ""
    archived: bool = False


class FallbackAddressIssued(Event, frozen=True, kw_only=True):
    """The inbox's own address, an e-mail channel that is valid for ever."""

    TOPIC: ClassVar[str] = TOPIC
    inbox_id: UUID
    channel_id: UUID
    address: str


class TeamCreated(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    team_id: UUID
    name: str
    member_ids: tuple[UUID, ...] = ()


class TeamChanged(Event, frozen=True, kw_only=True):
    """The team as it is now, whole."""

    TOPIC: ClassVar[str] = TOPIC
    team_id: UUID
    name: str
    member_ids: tuple[UUID, ...] = ()


class TeamDeleted(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    team_id: UUID


class AgentIdentity(Personal, frozen=True, kw_only=True):
    name: str
    email: str


class AgentInvited(Event, frozen=True, kw_only=True):
    """An agent of the workspace; sealed under the agent's own key (key id = agent id)."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID
    role: Role
    personal: AgentIdentity | None = None


class AgentProfile(Personal, frozen=True, kw_only=True):
    """The profile as it is now, whole."""

    name: str
    email: str
    meeting_url: str = ""
    signature: str = ""


class AgentProfileChanged(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID
    language: str = "en"
    time_zone: str = "UTC"
    personal: AgentProfile | None = None


class AgentRoleChanged(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID
    role: Role


class AgentDeactivated(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID


class AgentReactivated(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID


class AgentAvailabilityChanged(Event, frozen=True, kw_only=True):
    """Available or away; `until` when the agent said so (for people to read; nothing changes by itself)."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID
    state: Availability
    until: datetime | None = None


class ChannelConnected(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    channel_id: UUID
    inbox_id: UUID
    kind: Channel
    email: EmailSettings | None = None


class ChannelChanged(Event, frozen=True, kw_only=True):
    """The channel's settings as they are now, whole."""

    TOPIC: ClassVar[str] = TOPIC
    channel_id: UUID
    email: EmailSettings | None = None


class ChannelDisconnected(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    channel_id: UUID


class ChannelHealthNoted(Event, frozen=True, kw_only=True):
    """What the channel's service last reported, for people to see."""

    TOPIC: ClassVar[str] = TOPIC
    channel_id: UUID
    state: str
    reason: str = ""
    since: datetime


class RuleSetDrafted(Event, frozen=True, kw_only=True):
    """The draft as it is now, whole."""

    TOPIC: ClassVar[str] = TOPIC
    rule_set: RuleSet


class RuleSetPublished(Event, frozen=True, kw_only=True):
    """From here on, messages are routed by this version."""

    TOPIC: ClassVar[str] = TOPIC
    rule_set: RuleSet


WorkspaceEvent = (
    InboxCreated
    | InboxChanged
    | FallbackAddressIssued
    | TeamCreated
    | TeamChanged
    | TeamDeleted
    | AgentInvited
    | AgentProfileChanged
    | AgentRoleChanged
    | AgentDeactivated
    | AgentReactivated
    | AgentAvailabilityChanged
    | ChannelConnected
    | ChannelChanged
    | ChannelDisconnected
    | ChannelHealthNoted
    | RuleSetDrafted
    | RuleSetPublished
)
