"""Inboxes, teams, agents, channels and rules: one stream for the whole workspace, topic workspace.v1."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.avatars import AvatarEvent
from events.business_hours import BusinessHoursSet as BusinessHoursSet
from events.channel_tests import ChannelTestEvent
from events.envelope import Event, Personal
from events.filtering import FilterSwitches
from events.labels import LabelDefined as LabelDefined
from events.labels import LabelDefinitionEvent
from events.labels import LabelDeleted as LabelDeleted
from events.notifications import NotificationPreferencesSet
from events.pipelines import Stage, TicketAutomation
from events.properties import ContactPropertyChanged as ContactPropertyChanged
from events.properties import ContactPropertyDefined as ContactPropertyDefined
from events.properties import ContactPropertyDeleted as ContactPropertyDeleted
from events.properties import ContactPropertyEvent
from events.routing import ChannelRouting
from events.rules import RuleSet
from events.saved_views import SavedViewEvent as SavedViewEvent
from events.saved_views import ViewDeleted as ViewDeleted
from events.saved_views import ViewSaved as ViewSaved
from events.snippets import SnippetDeleted, SnippetSaved
from events.values import Availability, Channel, ChannelPart, Role

TOPIC = "workspace.v1"


Transport = Literal["tls", "starttls", "none"]
"""`tls`: from the first byte (RFC 8314); `none` is for servers on this machine and in tests."""


MailAuth = Literal["password", "oauth2"]
"""`oauth2`: the secret is a grant (RFC 6749) of which access tokens are made, and the log-in is XOAUTH2."""


class ImapSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mailbox to fetch from (RFC 3501). Its password, or what `auth` takes instead, is the secret `secret_id` of the
    keyring.

    `after_commit` is what happens on the server to a mail that is safe with us; nothing, unless somebody wants it. Of
    what lies there at connecting the last `history_days` are fetched, as history; 0: only what comes from then on.
    """

    host: str
    port: int = 993
    username: str
    tls: Transport = "tls"
    secret_id: UUID | None = None
    auth: MailAuth = "password"
    folders: tuple[str, ...] = ("INBOX",)
    after_commit: Literal["nothing", "mark_seen", "delete"] = "nothing"
    history_days: int = 0


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The server that this channel's replies go out by (RFC 6409); no username: no log-in."""

    host: str
    port: int = 587
    username: str = ""
    tls: Transport = "starttls"
    secret_id: UUID | None = None
    auth: MailAuth = "password"


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a channel answers a conversation's first mail by itself; `text` may hold variables. Outside hours: when the
    inbox is not open by its business hours."""

    text: str
    when: Literal["always", "never", "outside_hours"] = "always"


class Dkim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Mails of the channel are signed (RFC 6376, rsa-sha256) for `domain`, with the key whose public half is to stand
    in DNS under `<selector>._domainkey.<domain>`; the private half is the secret `secret_id` of the keyring."""

    domain: str
    selector: str
    public_key: str
    secret_id: UUID


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An e-mail channel: one address of ours, lower case; `fallback` when it was made with the inbox.

    `authserv_id` names the server of ours whose Authentication-Results (RFC 8601) are believed; empty: nobody's.
    `routing` None: conversations go round in the inbox's first team. `dkim` signs; `dkim_pending` is a key that will
    once its record is published.
    """

    address: str
    from_name: str = ""
    fallback: bool = False
    imap: ImapSettings | None = None
    smtp: SmtpSettings | None = None
    authserv_id: str = ""
    ticket_automation: TicketAutomation | None = None
    acknowledgement: Acknowledgement | None = None
    routing: ChannelRouting | None = None
    dkim: Dkim | None = None
    dkim_pending: Dkim | None = None


class EmailFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What keeps a mail out of the inbox, or in it, before there is a conversation.

    `allow` beats `block` beats `spam`, whatever their order. `field` is the sender's address or domain (subdomains
    count), a header (its name in `header`), the subject or the text. `matches` takes a regular expression (RE2, whose
    time is linear). Case never counts. `inbox_id` None: every inbox.
    """

    id: UUID
    kind: Literal["allow", "block", "spam"]
    field: Literal["address", "domain", "header", "subject", "body"]
    operator: Literal["is", "contains", "matches"] = "is"
    value: str
    header: str = ""
    inbox_id: UUID | None = None
    enabled: bool = True
    note: str = ""


class EmailFiltersSet(Event, frozen=True, kw_only=True):
    """The filters as they are now, whole; mails that come from here on meet these. `version` counts up from 1."""

    TOPIC: ClassVar[str] = TOPIC
    version: int
    filters: tuple[EmailFilter, ...] = ()
    switches: tuple[FilterSwitches, ...] = ()


class InboxCreated(Event, frozen=True, kw_only=True):
    """`slug` begins the fallback address and never changes."""

    TOPIC: ClassVar[str] = TOPIC
    inbox_id: UUID
    name: str
    slug: str


class InboxChanged(Event, frozen=True, kw_only=True):
    """The inbox as it is now, whole. `assign_first_answer`: who first answers what nobody has gets it. A message
    `reopen_days` after its conversation was resolved begins another one."""

    TOPIC: ClassVar[str] = TOPIC
    inbox_id: UUID
    name: str
    team_ids: tuple[UUID, ...] = ()
    member_ids: tuple[UUID, ...] = ()
    signature: str = ""
    quote_history: bool = False
    archived: bool = False
    assign_first_answer: bool = True
    reopen_days: int = 30


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


class AgentCapacityChanged(Event, frozen=True, kw_only=True):
    """How many open conversations the agent may be given by routing; None: as many as come."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID
    capacity: int | None = None


class AgentAvailabilityChanged(Event, frozen=True, kw_only=True):
    """Available, away or offline; `until` when the agent said so (for people to read; nothing changes by itself)."""

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
    """What the channel's service last reported of one part, for people to see.

    `part` None is from before the parts were told apart (events.channel_health says what it means).
    """

    TOPIC: ClassVar[str] = TOPIC
    channel_id: UUID
    state: str
    reason: str = ""
    since: datetime
    part: ChannelPart | None = None


class RuleSetDrafted(Event, frozen=True, kw_only=True):
    """The draft as it is now, whole."""

    TOPIC: ClassVar[str] = TOPIC
    rule_set: RuleSet


class RuleSetPublished(Event, frozen=True, kw_only=True):
    """From here on, messages are routed by this version."""

    TOPIC: ClassVar[str] = TOPIC
    rule_set: RuleSet


class PipelineDefined(Event, frozen=True, kw_only=True):
    """The pipeline as it is now, whole; its first definition makes it."""

    TOPIC: ClassVar[str] = TOPIC
    pipeline_id: UUID
    name: str
    stages: tuple[Stage, ...]


class PipelineDeleted(Event, frozen=True, kw_only=True):
    """No ticket was in it."""

    TOPIC: ClassVar[str] = TOPIC
    pipeline_id: UUID


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
    | AgentCapacityChanged
    | EmailFiltersSet
    | ChannelConnected
    | ChannelChanged
    | ChannelDisconnected
    | ChannelHealthNoted
    | RuleSetDrafted
    | RuleSetPublished
    | PipelineDefined
    | PipelineDeleted
    | NotificationPreferencesSet
    | SnippetSaved
    | SnippetDeleted
    | ContactPropertyEvent
    | BusinessHoursSet
    | ChannelTestEvent
    | SavedViewEvent
    | LabelDefinitionEvent
    | AvatarEvent
)
