"""Rows of what happened: notifications, the audit, outcomes, the feed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from inbox_projection.views.rows.row import Row


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
    """What the live feed says; the table gives it its id and time. `conversation_id` is what changed: of kind `ticket`,
    `company`, `contact` (None: new ones were added) or `agent` that one's id, of kind `notification` (None: all members
    of the inbox) and `view` (None: everybody) the agent's who is told. Only conversations, their tickets,
    notifications and what was `filtered` are in an inbox."""

    kind: str
    conversation_id: UUID | None
    inbox_id: UUID | None
    sequence: int | None
    topic: str | None
    partition: int | None
    position: int | None
