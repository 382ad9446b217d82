"""The rows of the views, one struct for each table; the fields are its columns, in its order."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from events.notifications import KINDS


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row as the table holds it. Which columns are personal is said in tables/tables.sql."""


class ConversationRow(Row, frozen=True, kw_only=True, gc=False):
    conversation_id: UUID
    number: int
    inbox_id: UUID
    contact_id: UUID
    channel: str
    channel_id: UUID
    status: str
    priority: str
    labels: tuple[str, ...]
    assignee_id: UUID | None
    team_id: UUID | None
    created_at: datetime
    last_message_at: datetime
    message_count: int
    sequence: int
    snoozed_until: datetime | None
    suggested_link: UUID | None
    key_id: UUID | None
    subject: str
    preview_key_id: UUID | None
    preview: str
    waiting_on: str = "nobody"
    waiting_since: datetime | None = None
    turn: str | None = None
    spoken: int = 0
    spoken_by: UUID | None = None
    follower_ids: tuple[UUID, ...] = ()
    mentioned_ids: tuple[UUID, ...] = ()
    merged_into: UUID | None = None
    muted: bool = False
    follow_up_of: UUID | None = None
    follow_up_ids: tuple[UUID, ...] = ()


class LabelRow(Row, frozen=True, kw_only=True, gc=False):
    """`label` is one, or of an agent who was mentioned what `inbox.mention_of` gives."""

    conversation_id: UUID
    label: str
    status: str
    inbox_id: UUID
    last_message_at: datetime
    assignee_id: UUID | None
    team_id: UUID | None
    channel: str
    waiting_on: str
    waiting_since: datetime | None
    priority: str
    created_at: datetime


class Line(Row, frozen=True, kw_only=True, gc=False):
    """A row of the table messages: a message, a comment or an activity line of a thread."""

    conversation_id: UUID
    sequence: int
    message_id: UUID
    kind: str
    direction: str | None = None
    at: datetime
    channel: str | None = None
    channel_id: UUID | None = None
    author_kind: str
    author_id: UUID | None = None
    activity: str | None = None
    details: bytes | None = None
    key_id: UUID | None = None
    content: bytes | None = None
    delivery: str | None = None
    delivery_attempt: int | None = None
    delivery_code: str | None = None
    delivery_can_retry: bool | None = None
    delivery_key_id: UUID | None = None
    delivery_reason: str | None = None
    released_at: datetime | None = None
    in_side_thread: bool = False


class DeliveryRow(Row, frozen=True, kw_only=True, gc=False):
    """The delivery columns of the line of a reply; `released_at` None leaves what is there."""

    conversation_id: UUID
    message_id: UUID
    delivery: str
    delivery_attempt: int | None = None
    delivery_code: str | None = None
    delivery_can_retry: bool | None = None
    delivery_key_id: UUID | None = None
    delivery_reason: str | None = None
    released_at: datetime | None = None


class ContactRow(Row, frozen=True, kw_only=True, gc=False):
    contact_id: UUID
    sequence: int
    created_at: datetime
    erased_at: datetime | None
    handle_kind: str | None
    handle: str | None
    name: str
    phone: str
    note: str
    properties: str
    blocked_at: datetime | None
    merged_into: UUID | None
    company_id: UUID | None
    by_hand: bool


class LinkedHandleRow(Row, frozen=True, kw_only=True, gc=False):
    contact_id: UUID
    sequence: int
    kind: str
    value: str


class CompanyRow(Row, frozen=True, kw_only=True, gc=False):
    company_id: UUID
    name: str
    domains: tuple[str, ...]
    note: str
    created_at: datetime


class CompanyChange(Row, frozen=True, kw_only=True, gc=False):
    """The columns of a company that change; `note` None leaves what is there."""

    company_id: UUID
    name: str
    domains: tuple[str, ...]
    note: str | None


class ContactPropertyRow(Row, frozen=True, kw_only=True, gc=False):
    property_id: UUID
    name: str
    kind: str
    choices: tuple[str, ...]
    created_at: datetime


class TimelineRow(Row, frozen=True, kw_only=True, gc=False):
    """An entry of a contact's timeline; `content` is the personal half of its event as JSON."""

    event_id: UUID
    contact_id: UUID
    at: datetime
    kind: str
    actor_kind: str
    actor_id: str
    conversation_id: UUID | None
    details: bytes
    content: bytes | None


class InboxRow(Row, frozen=True, kw_only=True, gc=False):
    inbox_id: UUID
    name: str
    slug: str
    fallback_channel_id: UUID | None
    fallback_address: str | None
    team_ids: tuple[UUID, ...]
    member_ids: tuple[UUID, ...]
    signature: str
    quote_history: bool
    archived: bool
    assign_first_answer: bool
    reopen_days: int
    business_hours: str | None
    created_at: datetime


class TeamRow(Row, frozen=True, kw_only=True, gc=False):
    team_id: UUID
    name: str
    member_ids: tuple[UUID, ...]
    created_at: datetime


class AgentRow(Row, frozen=True, kw_only=True, gc=False):
    agent_id: UUID
    role: str
    deactivated: bool
    availability: str
    available_until: datetime | None
    chosen: str
    chosen_until: datetime | None
    capacity: int | None
    language: str
    time_zone: str
    name: str
    email: str
    meeting_url: str
    signature: str
    created_at: datetime
    told_in_app: tuple[str, ...] = KINDS
    told_by_mail: tuple[str, ...] = ()
    mail_rhythm: str = "at_once"


class ChannelRow(Row, frozen=True, kw_only=True, gc=False):
    channel_id: UUID
    inbox_id: UUID
    kind: str
    address: str | None
    from_name: str
    fallback: bool
    settings: str
    connected_at: datetime
    disconnected_at: datetime | None
    health_state: str
    health_reason: str
    health_since: datetime
    health_part: str | None
    health_parts: str


class RuleSetRow(Row, frozen=True, kw_only=True, gc=False):
    state: str
    version: int
    rules: str
    changed_at: datetime
    changed_by: str


class EmailFiltersRow(Row, frozen=True, kw_only=True, gc=False):
    """A version of the e-mail filters, whole; older ones stay, for mails that they caught."""

    version: int
    filters: str
    switches: str
    set_at: datetime
    set_by: str


class AdmittedRow(Row, frozen=True, kw_only=True, gc=False):
    """The columns of a filtered mail that was let in."""

    filtered_id: UUID
    conversation_id: UUID
    admitted_at: datetime
    admitted_by: str


class FilteredRow(Row, frozen=True, kw_only=True, gc=False):
    """A mail that a filter kept out of its inbox; `switch` names a ready-made one, `refused` says why it was none of
    them."""

    filtered_id: UUID
    message_id: UUID
    inbox_id: UUID
    channel: str
    channel_id: UUID
    filter_id: UUID
    filter_version: int
    contact_id: UUID | None
    switch: str | None
    refused: str | None
    at: datetime
    details: bytes
    key_id: UUID | None
    content: bytes | None


class PipelineRow(Row, frozen=True, kw_only=True, gc=False):
    pipeline_id: UUID
    name: str
    stages: str
    created_at: datetime


class TicketRow(Row, frozen=True, kw_only=True, gc=False):
    ticket_id: UUID
    sequence: int
    number: int
    pipeline_id: UUID
    stage: str
    priority: str
    assignee_id: UUID | None
    contact_id: UUID | None
    conversations: int
    opened_by: UUID | None
    created_at: datetime
    closed_at: datetime | None
    key_id: UUID | None
    title: str


class TicketLinkRow(Row, frozen=True, kw_only=True, gc=False):
    """A conversation of a ticket, with what lists of an inbox's tickets order and filter by."""

    conversation_id: UUID
    ticket_id: UUID
    inbox_id: UUID
    number: int
    closed: bool
    pipeline_id: UUID
    stage: str
    priority: str
    assignee_id: UUID | None


class SnippetRow(Row, frozen=True, kw_only=True, gc=False):
    """A snippet as it was last saved; of a deleted one nothing but that."""

    snippet_id: UUID
    owner_id: UUID | None
    name: str
    folder: str
    text: str
    html: str | None
    attachments: str
    changed_at: datetime
    changed_by: str
    deleted: bool


class DefinedLabelRow(Row, frozen=True, kw_only=True, gc=False):
    """A label that the team has agreed on. Of a deleted one nothing else is left."""

    label_id: UUID
    name: str
    color: str
    former_names: tuple[str, ...]
    changed_at: datetime
    changed_by: str
    deleted: bool


class ViewRow(Row, frozen=True, kw_only=True, gc=False):
    """A view that an agent saved; `filter` is a ViewFilter as JSON. Of a deleted one nothing else is left."""

    view_id: UUID
    owner_id: UUID | None
    name: str
    inbox_id: UUID | None
    filter: str
    sort: str
    changed_at: datetime
    changed_by: str
    deleted: bool


class NotificationRow(Row, frozen=True, kw_only=True, gc=False):
    """What an agent (None: every member of the inbox but who did it) is told of a conversation or a channel."""

    notification_id: UUID
    kind: str
    conversation_id: UUID | None
    channel_id: UUID | None
    inbox_id: UUID
    agent_id: UUID | None
    sequence: int
    at: datetime
    actor_kind: str
    actor_id: str


class ReadMarkRow(Row, frozen=True, kw_only=True, gc=False):
    """Up to which sequence of a conversation an agent has read; 0: unread."""

    conversation_id: UUID
    agent_id: UUID
    up_to: int


class AuditRow(Row, frozen=True, kw_only=True, gc=False):
    """What an agent did: an event, without what is personal in it."""

    event_id: UUID
    at: datetime
    agent_id: UUID
    kind: str
    target_kind: str
    target_id: UUID
    command_id: UUID | None
    details: bytes


class QuarantineRow(Row, frozen=True, kw_only=True, gc=False):
    quarantine_id: UUID
    sequence: int
    topic: str
    partition: int
    offset: int
    reason: str
    raw: str
    size: int
    quarantined_at: datetime
    released_at: datetime | None


class OutcomeRow(Row, frozen=True, kw_only=True, gc=False):
    command_id: UUID
    command: str
    state: str
    code: str
    detail: str
    resource_id: UUID | None
    shown_at: bytes
    handled_at: datetime
    refused: bytes | None


class StreamRow(Row, frozen=True, kw_only=True, gc=False):
    stream_id: UUID
    sequence: int


class FeedRow(Row, frozen=True, kw_only=True, gc=False):
    """What the live feed says; the table gives it its id and time. `conversation_id` is what changed: of kind `ticket`
    the ticket's id, of kind `notification` the agent's (None: all members of the inbox)."""

    kind: str
    conversation_id: UUID | None
    inbox_id: UUID | None
    sequence: int | None
    topic: str | None
    partition: int | None
    position: int | None


class CountRow(Row, frozen=True, kw_only=True, gc=False):
    """So many more of `what` (an event type, or an outcome) in this hour."""

    channel: str
    hour: datetime
    what: str
    count: int


class ActivityRow(Row, frozen=True, kw_only=True, gc=False):
    """A message came in by this channel at this time; the table keeps the greatest."""

    channel_id: UUID
    last_in_at: datetime
