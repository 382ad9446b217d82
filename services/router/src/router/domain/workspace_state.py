"""The workspace as deciding and routing see it: inboxes, teams, agents, channels and rules, with quick look-ups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeVar
from uuid import UUID

from events.business_hours import BusinessHours
from events.channel_health import PartsHealth
from events.notifications import KINDS, MailRhythm, NotificationKind
from events.rules import RuleSet
from events.values import Availability, Channel, Role
from events.workspace import EmailSettings
from router.domain import errors
from router.domain.channel_test import ChannelTest
from router.domain.contact_properties import ContactProperty
from router.domain.defined_label import DefinedLabel
from router.domain.email_filters import NO_FILTERS, EmailFilters
from router.domain.pipeline import DEFAULT_PIPELINE, Pipeline
from router.domain.saved_view import SavedView
from router.domain.snippet import Snippet
from router.domain.texts import mailbox_key, without_plus

V = TypeVar("V")

NO_RULES: Final = RuleSet()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    id: UUID
    name: str
    slug: str
    team_ids: tuple[UUID, ...] = ()
    member_ids: tuple[UUID, ...] = ()
    signature: str = ""
    quote_history: bool = False
    archived: bool = False
    assign_first_answer: bool = True
    reopen_days: int = 30
    business_hours: BusinessHours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    id: UUID
    name: str
    member_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A new agent is away until they say that they are available; names and addresses are not kept here.

    `capacity` is how many open conversations routing may give them, None: as many as come. `told_in_app` and
    `told_by_mail` are what they want to be told of.
    """

    id: UUID
    role: Role
    active: bool = True
    availability: Availability = "away"
    available_until: datetime | None = None
    capacity: int | None = None
    told_in_app: tuple[NotificationKind, ...] = KINDS
    told_by_mail: tuple[NotificationKind, ...] = ()
    mail_rhythm: MailRhythm = "at_once"
    time_zone: str = "UTC"
    has_avatar: bool = False

    @property
    def takes_work(self) -> bool:
        return self.active and self.availability == "available"

    def has_room(self, open_conversations: int) -> bool:
        """Whether routing may give one more conversation to somebody who has so many."""
        return self.takes_work and (self.capacity is None or open_conversations < self.capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedChannel:
    """A channel, `connected` False once it was disconnected; `email` has its address in lower case."""

    id: UUID
    inbox_id: UUID
    kind: Channel
    email: EmailSettings | None = None
    connected: bool = True
    health: PartsHealth = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_fallback(self) -> bool:
        return self.email is not None and self.email.fallback


def with_item(items: Mapping[UUID, V], key: UUID, item: V) -> Mapping[UUID, V]:
    """A copy with the item in it."""
    return MappingProxyType({**items, key: item})


def without_item(items: Mapping[UUID, V], key: UUID) -> Mapping[UUID, V]:
    """A copy without the key."""
    return MappingProxyType({other: item for other, item in items.items() if other != key})


def _nothing() -> Mapping[UUID, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """`rules` is the published set (version 0: none yet), `draft` what would be published next, `filters` what mails
    meet before they are in an inbox; `mailed_to` are the agents who want to be told of something by mail."""

    inboxes: Mapping[UUID, Inbox] = field(default_factory=_nothing)
    teams: Mapping[UUID, Team] = field(default_factory=_nothing)
    agents: Mapping[UUID, Agent] = field(default_factory=_nothing)
    channels: Mapping[UUID, ConnectedChannel] = field(default_factory=_nothing)
    addresses: Mapping[str, UUID] = field(default_factory=lambda: MappingProxyType({}))
    rules: RuleSet = NO_RULES
    draft: RuleSet | None = None
    filters: EmailFilters = NO_FILTERS
    pipelines: Mapping[UUID, Pipeline] = field(
        default_factory=lambda: MappingProxyType({DEFAULT_PIPELINE.id: DEFAULT_PIPELINE})
    )
    mailed_to: frozenset[UUID] = frozenset()
    contact_properties: Mapping[UUID, ContactProperty] = field(default_factory=_nothing)
    snippets: Mapping[UUID, Snippet] = field(default_factory=_nothing)
    channel_tests: Mapping[UUID, ChannelTest] = field(default_factory=_nothing)
    views: Mapping[UUID, SavedView] = field(default_factory=_nothing)
    labels: Mapping[UUID, DefinedLabel] = field(default_factory=_nothing)

    def inbox(self, inbox_id: UUID) -> Inbox:
        """Raises InboxNotFound."""
        return _found(self.inboxes, inbox_id, errors.InboxNotFound, "inbox")

    def team(self, team_id: UUID) -> Team:
        """Raises TeamNotFound."""
        return _found(self.teams, team_id, errors.TeamNotFound, "team")

    def agent(self, agent_id: UUID) -> Agent:
        """Raises AgentNotFound."""
        return _found(self.agents, agent_id, errors.AgentNotFound, "agent")

    def channel(self, channel_id: UUID) -> ConnectedChannel:
        """Raises ChannelNotFound, also for a channel that was disconnected."""
        channel = _found(self.channels, channel_id, errors.ChannelNotFound, "channel")
        if not channel.connected:
            raise errors.ChannelNotFound(f"The channel {channel_id} was disconnected.")
        return channel

    def pipeline(self, pipeline_id: UUID | None) -> Pipeline:
        """The pipeline; None: the one that every workspace has. Raises PipelineNotFound."""
        return _found(self.pipelines, pipeline_id or DEFAULT_PIPELINE.id, errors.PipelineNotFound, "pipeline")

    def channel_at(self, address: str) -> ConnectedChannel | None:
        """The connected e-mail channel that receives at this address, whatever its case and +detail."""
        channel_id = self.addresses.get(mailbox_key(address)) or self.addresses.get(without_plus(address))
        return None if channel_id is None else self.channels.get(channel_id)

    def is_ours(self, address: str) -> bool:
        """Whether mail to this address comes to us."""
        return self.channel_at(address) is not None

    def is_of_inbox(self, inbox_id: UUID, address: str) -> bool:
        """Whether mail to this address comes to this very inbox."""
        channel = self.channel_at(address)
        return channel is not None and channel.inbox_id == inbox_id

    def fallback_address(self, inbox_id: UUID) -> str | None:
        """The address that came with the inbox."""
        return next(
            (
                one.email.address
                for one in self.channels.values()
                if one.inbox_id == inbox_id and one.email is not None and one.is_fallback
            ),
            None,
        )

    def first_team(self, inbox_id: UUID) -> Team | None:
        """The first of the inbox's teams; None when it has none or is not known."""
        inbox = self.inboxes.get(inbox_id)
        teams = () if inbox is None else inbox.team_ids
        return next((self.teams[team_id] for team_id in teams if team_id in self.teams), None)

    def members(self, team_id: UUID) -> tuple[Agent, ...]:
        """The team's agents, in the team's order; none for a team that does not exist."""
        team = self.teams.get(team_id)
        ids = () if team is None else team.member_ids
        return tuple(self.agents[agent_id] for agent_id in ids if agent_id in self.agents)

    def members_of_inbox(self, inbox_id: UUID) -> tuple[UUID, ...]:
        """The inbox's agents, its own and those of its teams, each once."""
        inbox = self.inboxes.get(inbox_id)
        if inbox is None:
            return ()
        teams = (self.teams[team_id].member_ids for team_id in inbox.team_ids if team_id in self.teams)
        return tuple(dict.fromkeys((*inbox.member_ids, *(agent_id for ids in teams for agent_id in ids))))

    def available_members(self, team_id: UUID) -> tuple[Agent, ...]:
        """The team's agents who take work now."""
        return tuple(agent for agent in self.members(team_id) if agent.takes_work)


EMPTY: Final = Workspace()


def _found(items: Mapping[UUID, V], key: UUID, error: type[errors.NotFound], noun: str) -> V:
    try:
        return items[key]
    except KeyError:
        raise error(f"There is no {noun} {key}.") from None
