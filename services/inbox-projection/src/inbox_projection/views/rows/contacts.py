"""Rows of contacts and companies, and of the timeline of both."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from inbox_projection.views.rows.row import Row


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
    deleted: bool


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
