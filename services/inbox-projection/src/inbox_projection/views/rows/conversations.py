"""Rows of conversations: their list, their labels and lines, and who has read how far."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from inbox_projection.views.rows.row import Row


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


class ReadMarkRow(Row, frozen=True, kw_only=True, gc=False):
    """Up to which sequence of a conversation an agent has read; 0: unread."""

    conversation_id: UUID
    agent_id: UUID
    up_to: int
