"""Shapes of conversations, messages, files and what agents do with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from events.saved_views import Sort, WaitingOn
from events.values import Address as MailAddress
from inbox_projection.api.models.common import Asked, Given, Instant, Line, PageAsked, Text
from inbox_projection.api.models.presence import Present
from inbox_projection.api.models.sought import Sought
from service_kit.recipients import make_address, parse_address

Status = Literal["open", "snoozed", "resolved", "spam", "trash"]
LabelAsked = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
FixedView = Literal[
    "unassigned",
    "mine",
    "mentions",
    "all_open",
    "waiting_on_us",
    "snoozed",
    "sent",
    "closed",
    "filtered",
    "spam",
    "trash",
]
PriorityName = Literal["low", "normal", "high", "urgent"]


class Person(Given):
    """Who wrote first. An erased person has no name and no handle."""

    id: UUID
    name: str
    handle: str | None


class Capabilities(Given):
    html: bool
    attachments: bool
    max_bytes: int = Field(description="Of what can be attached, all files together, as they are: encoded they grow.")
    window_ends_at: datetime | None


class Conversation(Given):
    id: UUID
    number: int
    inbox_id: UUID
    channel: str
    channel_id: UUID
    subject: str
    status: Status
    priority: PriorityName
    labels: list[str]
    contact: Person
    assignee_id: UUID | None
    team_id: UUID | None
    last_message_at: datetime
    preview: str
    unread: bool = Field(description="There is a message or comment by somebody else beyond your read mark.")
    read_up_to: int = Field(
        description="Your read mark: the sequence up to which you have read; 0: none, or unread again."
    )
    message_count: int = Field(description="Messages in and out, not comments.")
    sequence: int = Field(description="Of the newest event; what If-Match names.")
    created_at: datetime
    waiting_on: WaitingOn = Field(description="Whose turn it is.")
    waiting_since: datetime | None = Field(
        description="Since when we are waited for: when the first message came that no reply of ours has followed."
    )
    follower_ids: list[UUID] = Field(description="Agents who are told of what happens here.")
    snoozed_until: datetime | None
    suggested_link: UUID | None = Field(description="The conversation to which this one may belong.")
    muted: bool = Field(description="What comes in is kept; it neither reopens nor notifies.")
    merged_into: UUID | None = Field(description="The conversation that stands for this one and shows its messages.")
    follow_up_of: UUID | None = Field(description="The conversation that this one's first message came too late for.")
    follow_up_ids: list[UUID] = Field(description="Conversations that began as follow-ups of this one.")
    company_id: UUID | None = Field(description="Of the contact.")
    ticket_ids: list[UUID] = Field(description="The newest last.")
    capabilities: Capabilities
    presence: list[Present] = Field(
        default_factory=list, description="Who has it open now; only where one conversation is asked for."
    )


class ConversationsWanted(Asked):
    """Which conversations; `me` is whoever looks."""

    inbox_id: UUID | None = None
    status: Annotated[list[Status], Field(max_length=5)] = Field(default_factory=list)
    assignee_id: UUID | Literal["me", "none"] | None = None
    team_id: UUID | None = None
    label: Annotated[list[LabelAsked], Field(max_length=20)] = Field(default_factory=list)
    channel: Annotated[list[Literal["email"]], Field(max_length=5)] = Field(default_factory=list)
    contact_id: UUID | None = None
    waiting_on: WaitingOn | None = None
    mentioned: Literal["me"] | None = Field(default=None, description="Conversations in which a comment mentions you.")
    created_from: Instant | None = None
    created_to: Instant | None = Field(default=None, description="Before this instant.")


class ConversationsAsked(ConversationsWanted, PageAsked):
    """`status`, `label`, `channel` and `id` may be given several times: any of them will do. What is given beside a
    `view` takes the place of what the view says."""

    view: FixedView | UUID | None = Field(None, description="A view that everybody has, or the id of a saved one.")
    sort: Sort | None = Field(None, description="Newest activity first, unless a view says otherwise.")
    q: Sought | None = None
    id: Annotated[list[UUID], Field(max_length=100)] = Field(
        default_factory=list, description="Only these, as far as they are in the list: what a live page reads anew."
    )


class Address(Given):
    address: str
    name: str


class Author(Given):
    kind: Literal["contact", "agent", "bot", "rule", "system"]
    id: str | None
    name: str
    avatar_url: str | None = Field(description="Of an agent with a picture.")


class File(Given):
    id: UUID
    name: str
    content_type: str
    size: int
    url: str


class Attached(File):
    inline: bool = Field(description="Shown inside the HTML.")


class Delivery(Given):
    state: Literal["scheduled", "queued", "sending", "sent", "delivered", "read", "unknown", "failed", "cancelled"]
    reason: str | None
    can_retry: bool
    due_at: datetime | None = Field(description="Of a scheduled reply: when it goes out, unless it is held.")
    held: Literal["customer-wrote", "put-away"] | None = Field(
        description="Why a scheduled reply waits for somebody to send it (retry) or cancel it: the customer wrote"
        " meanwhile, or the conversation was spam or in the trash when its time came."
    )


class Activity(Given):
    """What happened, by the event's type and its fields."""

    type: str
    details: dict[str, Any]


class Bounced(Given):
    """What a delivery status notification (RFC 3464) says; empty where it says nothing."""

    recipient: str
    status: str = Field(description="Enhanced status code (RFC 3463), 5.1.1 for example.")
    diagnostic: str = Field(description="The remote server's own words.")
    external_id: str = Field(description="Message-ID of the mail that it speaks of.")
    reply_id: UUID | None = Field(description="The reply of ours that was not delivered, where that is proven.")


class Invited(Given):
    """A meeting in a calendar part (RFC 5545); the part itself is an attachment."""

    method: str
    summary: str
    location: str
    organizer: str
    starts_at: datetime | None
    ends_at: datetime | None
    whole_day: bool


class Message(Given):
    """A line of the thread. `text` is `new_text` and `quoted` together; an erased one has neither names nor texts."""

    id: UUID
    conversation_id: UUID
    kind: Literal["message", "comment", "activity"]
    direction: Literal["in", "out"] | None
    external_id: str | None
    author: Author
    from_: Address | None = Field(alias="from")
    to: list[Address]
    cc: list[Address]
    bcc: list[Address]
    subject: str
    text: str
    new_text: str
    quoted: str
    html: str | None = Field(
        description="Safe to show in a sandboxed frame; remote images wait in data-remote-src, unless `images=show`;"
        " quoted history at the end is inside <details>."
    )
    remote_images: int = Field(description="Images elsewhere that this message has.")
    truncated: bool = Field(description="The text or HTML was too long; the original has all of it.")
    attachments: list[Attached]
    mentions: list[UUID]
    automated: bool = Field(description="Sent by a program (RFC 3834).")
    automated_kind: Literal["bounce", "delayed", "auto_reply", "list", "other"] | None
    authentication: str | None = Field(
        description='What our own server found wrong with the sender (RFC 8601), "dmarc=fail" for example: a warning.'
    )
    bounce: Bounced | None
    invitation: Invited | None
    unreadable: bool = Field(description="Only a stub could be made of it; see the original.")
    erased: bool
    activity: Activity | None
    sent_at: datetime
    sequence: int
    in_side_thread: bool = Field(description="Between us and those to whom we forwarded; the customer never sees it.")
    forwarded_ids: list[UUID] = Field(description="The messages that a forward carries.")
    delivery: Delivery | None


Images = Literal["block", "show"]


class MessagesAsked(PageAsked):
    """`from` says from where pages are read."""

    from_: Literal["beginning", "end"] = Field("beginning", alias="from")
    images: Images = "block"
    limit: Annotated[int, Field(ge=1, le=200)] = 100


class AddressAsked(Asked):
    address: Annotated[Line, StringConstraints(max_length=254)]
    name: Annotated[Line, StringConstraints(max_length=200)] = ""


def mailbox(value: str | AddressAsked) -> MailAddress:
    """The checked address. Raises ValueError."""
    return parse_address(value) if isinstance(value, str) else make_address(value.address, value.name)


def _checked(value: str | AddressAsked) -> str | AddressAsked:
    try:
        mailbox(value)
    except ValueError as error:
        raise PydanticCustomError("email_address", "{why}", {"why": str(error)}) from None
    return value


Recipient = Annotated[
    Annotated[Line, StringConstraints(min_length=3, max_length=500)] | AddressAsked,
    AfterValidator(_checked),
    Field(description="`a@b.example`, `Name <a@b.example>`, or an object with address and name."),
]
Recipients = Annotated[list[Recipient], Field(max_length=50)]


class CommentNew(Asked):
    text: Annotated[Text, StringConstraints(min_length=1, max_length=50_000)]
    mentions: Annotated[list[UUID], Field(max_length=50)] = Field(
        default_factory=list, description="Agents and teams of the inbox: they are told, and follow from now on."
    )


class AssignmentChange(Asked):
    """Both null: with nobody."""

    agent_id: UUID | None = None
    team_id: UUID | None = None
    keep_team: bool = Field(False, description="The team stays as it is; give no `team_id` then.")

    @model_validator(mode="after")
    def one_team(self) -> AssignmentChange:
        if self.keep_team and self.team_id is not None:
            raise ValueError("keep_team: give either another team or keep the one that it has")
        return self


class StatusChange(Asked):
    status: Status
    until: Instant | None = Field(None, description="For snoozed: null is until they answer.")
    block: Literal["sender", "domain"] | None = Field(
        None,
        description="With spam: mails of the sender, or of everybody at their domain, are kept out of this inbox from"
        " now on. Opening the conversation again lets them in again.",
    )


class PriorityChange(Asked):
    priority: PriorityName
