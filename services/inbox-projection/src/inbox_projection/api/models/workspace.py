"""Shapes of the session, agents, inboxes, teams and channels."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from inbox_projection.api.models.business_hours import BusinessHours, BusinessHoursAsked
from inbox_projection.api.models.common import Asked, Availability, Given, Instant, Line, Name, Text, example
from inbox_projection.api.models.conversations import PriorityName
from inbox_projection.api.models.routing import Routing, RoutingAsked
from inbox_projection.api.models.tickets import StageName
from inbox_projection.api.models.zones import IanaZone
from inbox_projection.auth.passwords import MAX_LENGTH, MIN_LENGTH
from service_kit.recipients import make_address

RoleName = Literal["administrator", "manager", "agent"]


def _address(text: str) -> str:
    try:
        return make_address(text).address.lower()
    except ValueError as error:
        raise PydanticCustomError("email_address", "{why}", {"why": str(error)}) from None


def _web_address(text: str) -> str:
    if text and not text.lower().startswith(("https://", "http://")):
        raise PydanticCustomError("web_address", "must begin with https:// or http://")
    return text


Email = Annotated[Line, StringConstraints(max_length=254), AfterValidator(_address)]
Password = Annotated[Text, StringConstraints(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]
Ids = Annotated[list[UUID], Field(max_length=500)]


TransportName = Literal["tls", "starttls", "none"]
Host = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[A-Za-z0-9._:\[\]-]{1,253}$", max_length=260),
]
Port = Annotated[int, Field(ge=1, le=65_535)]
ServerPassword = Annotated[
    SecretStr,
    Field(min_length=1, max_length=1000, json_schema_extra={"writeOnly": True}, description="Never read back."),
]
Transport = Annotated[
    TransportName | bool, Field(description="true: what the port is for; false: none, for servers on this machine.")
]


class LogIn(Asked):
    email: Annotated[Text, StringConstraints(max_length=254)]
    password: Annotated[Text, StringConstraints(max_length=1000)]


class Me(Given):
    id: UUID
    name: str
    email: str
    role: RoleName
    meeting_url: str
    avatar_url: str | None = Field(description="Where the picture is; another one has another address.")
    signature: str
    language: str
    time_zone: str
    availability: Availability
    inbox_ids: list[UUID] = Field(description="Inboxes the agent belongs to, directly or through a team.")


class MeChange(Asked):
    name: Name | None = None
    meeting_url: Annotated[Line, StringConstraints(max_length=500), AfterValidator(_web_address)] | None = None
    signature: Annotated[Text, StringConstraints(max_length=10_000)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)] | None = (
        None
    )
    time_zone: IanaZone | None = None


class AvailabilityChange(Asked):
    state: Literal["available", "away"]
    until: Instant | None = Field(None, description="For people to read; nothing changes by itself.")


class Invitation(Given):
    """The agent has no password yet."""

    expires_at: datetime | None = Field(
        description="Until when the last one is good; null: none was sent, or long ago."
    )


class Agent(Given):
    id: UUID
    name: str
    email: str
    role: RoleName
    deactivated: bool
    availability: Availability
    capacity: int | None = Field(description="Open conversations by routing at most; null: as many as come.")
    meeting_url: str
    avatar_url: str | None = Field(description="Where the picture is; another one has another address.")
    language: str
    time_zone: str
    open_conversations: int = Field(description="Assigned and open, counted up to 1,000.")
    invitation: Invitation | None = Field(description="Waits to be accepted; null: the agent has been in.")
    created_at: datetime


class AgentNew(Asked):
    name: Name
    email: Email
    role: RoleName
    password: Password | None = None


class AgentChange(Asked):
    model_config = example(capacity=5)
    role: RoleName | None = None
    deactivated: bool | None = None
    capacity: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        None, description="Open conversations by routing at most; null: as many as come; left out: as it is."
    )


class Team(Given):
    id: UUID
    name: str
    member_ids: list[UUID]
    created_at: datetime


class TeamNew(Asked):
    name: Name
    member_ids: Ids = Field(default_factory=list)


class TeamChange(Asked):
    name: Name | None = None
    member_ids: Ids | None = None


class PartHealth(Given):
    state: str
    reason: str
    since: datetime


class ChannelHealth(Given):
    """As the worst `part` does ("receiving" or "sending"; null while nothing was said of either); `parts` has each."""

    state: str
    reason: str
    since: datetime
    last_in_at: datetime | None
    part: str | None
    parts: dict[str, PartHealth]


class Server(Given):
    host: str
    port: int
    username: str
    password: None = Field(description="Never read back.")
    has_password: bool
    auth: Literal["password", "oauth2"]
    tls: TransportName


class ImapServer(Server):
    folders: list[str]
    after_commit: Literal["nothing", "mark_seen", "delete"]
    history_days: int


class TicketAutomation(Given):
    pipeline_id: UUID
    stage: str | None
    priority: PriorityName
    owner: UUID | None


class Acknowledgement(Given):
    text: str
    when: Literal["always", "outside_hours", "never"]


class Dkim(Given):
    """A key that signs the channel's mails, or will when `signing` is switched on: once the TXT record is published,
    for receivers distrust what they can't check."""

    signing: bool
    domain: str
    selector: str
    record_name: str
    record_value: str


class ChannelSettings(Given):
    """`imap` and `smtp` are shown to who may change them."""

    address: str
    from_name: str
    authserv_id: str
    imap: ImapServer | None
    smtp: Server | None
    ticket_automation: TicketAutomation | None = Field(description="null: no tickets are opened.")
    acknowledgement: Acknowledgement | None = Field(description="null: first mails are not acknowledged.")
    routing: Routing | None = Field(description="null: conversations go round in the inbox's first team.")
    dkim: Dkim | None = Field(description="null: mails are not signed by Postroom.")
    dkim_pending: Dkim | None = Field(description="A key that does not sign yet, beside one that may.")


class Channel(Given):
    """`fallback` marks the inbox's own address, which cannot be deleted."""

    id: UUID
    inbox_id: UUID
    kind: Literal["email"]
    settings: ChannelSettings
    fallback: bool
    health: ChannelHealth
    connected_at: datetime


class SmtpAsked(Asked):
    """The server that replies go out by. What is left out stays, or is the default; a password stays with its host."""

    host: Host | None = None
    port: Port | None = Field(None, description="Default: 587.")
    username: Annotated[Line, StringConstraints(max_length=320)] | None = None
    password: ServerPassword | None = None
    tls: Transport | None = None


HistoryDays = Annotated[
    int,
    Field(
        ge=0,
        le=3650,
        description="Of what lies there when it is connected the last so many days are kept as history, resolved:"
        " nobody is told, nothing follows. Default: 0, only new mail. Later changes fetch no more.",
    ),
]


class ImapAsked(SmtpAsked):
    """The mailbox to fetch from. `after_commit` is what happens there to a mail that is safe here."""

    port: Port | None = Field(None, description="Default: 993.")
    folders: (
        Annotated[
            list[Annotated[Line, StringConstraints(min_length=1, max_length=200)]], Field(min_length=1, max_length=50)
        ]
        | None
    ) = Field(None, description="Default: INBOX.")
    after_commit: Literal["nothing", "mark_seen", "delete"] | None = None
    history_days: HistoryDays | None = None


AuthservId = Annotated[Line, StringConstraints(strip_whitespace=True, max_length=253)]


class TicketAutomationAsked(Asked):
    """The ticket that is opened for each new conversation; `stage` null: the pipeline's first one."""

    pipeline_id: UUID
    stage: StageName | None = None
    priority: PriorityName = "normal"
    owner: UUID | None = None


class AcknowledgementAsked(Asked):
    """Answers the first mail of a conversation by itself: at most one per sender in 24 hours, never to machines and
    lists. `outside_hours`: only when the inbox is not open by its business hours; without any it is always open.
    Variables of contact, inbox and conversation may stand in it."""

    text: Annotated[Text, StringConstraints(min_length=1, max_length=20_000)]
    when: Literal["always", "outside_hours", "never"] = "always"


class ChannelSettingsNew(Asked):
    """`authserv_id` names the server of yours whose Authentication-Results (RFC 8601) are believed."""

    address: Email
    from_name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    authserv_id: AuthservId = ""
    imap: ImapAsked | None = None
    smtp: SmtpAsked | None = None
    ticket_automation: TicketAutomationAsked | None = None
    acknowledgement: AcknowledgementAsked | None = None
    routing: RoutingAsked | None = None


class ChannelNew(Asked):
    model_config = example(
        inbox_id="01957a00-0000-7000-8000-000000000001",
        kind="email",
        settings={
            "address": "support@acme.example",
            "from_name": "Acme Support",
            "authserv_id": "mx.acme.example",
            "imap": {"host": "imap.acme.example", "username": "support", "password": "…", "folders": ["INBOX"]},
            "smtp": {
                "host": "smtp.acme.example",
                "port": 587,
                "username": "support",
                "password": "…",
                "tls": "starttls",
            },
        },
    )
    inbox_id: UUID
    kind: Literal["email"]
    settings: ChannelSettingsNew


class ChannelSettingsChange(Asked):
    address: Email | None = None
    from_name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=120)] | None = None
    authserv_id: AuthservId | None = None
    imap: ImapAsked | None = Field(None, description="null takes the mailbox away.")
    smtp: SmtpAsked | None = Field(None, description="null: replies go out as those of channels without.")
    ticket_automation: TicketAutomationAsked | None = Field(None, description="null: no tickets are opened.")
    acknowledgement: AcknowledgementAsked | None = Field(None, description="null: first mails are not acknowledged.")
    routing: RoutingAsked | None = Field(None, description="null: they go round in the inbox's first team.")


class ChannelChange(Asked):
    settings: ChannelSettingsChange


class Inbox(Given):
    id: UUID
    name: str
    fallback_address: str | None
    team_ids: list[UUID]
    member_ids: list[UUID]
    signature: str
    quote_history: bool = Field(description="Replies quote the message that they answer.")
    archived: bool
    reopen_days: int = Field(description="A message later than that after it was resolved begins a follow-up.")
    assign_first_answer: bool = Field(description="Who first answers what nobody has gets it.")
    business_hours: BusinessHours | None = Field(description="null: always open.")
    channels: list[Channel]
    created_at: datetime


class InboxNew(Asked):
    name: Name


class InboxChange(Asked):
    name: Name | None = None
    team_ids: Ids | None = None
    member_ids: Ids | None = None
    signature: Annotated[Text, StringConstraints(max_length=10_000)] | None = None
    quote_history: bool | None = None
    archived: bool | None = None
    assign_first_answer: bool | None = None
    reopen_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    business_hours: BusinessHoursAsked | None = Field(None, description="null: always open.")
