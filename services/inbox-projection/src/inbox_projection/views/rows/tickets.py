"""Rows of tickets and of their links."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from inbox_projection.views.rows.row import Row


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
