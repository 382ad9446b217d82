"""Rows of what came in: filtered, quarantined, admitted and counted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from inbox_projection.views.rows.row import Row


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
    retried_at: datetime | None = None
    retry_failed: str | None = None


class CountRow(Row, frozen=True, kw_only=True, gc=False):
    """So many more of `what` (an event type, or an outcome) in this hour."""

    channel: str
    hour: datetime
    what: str
    count: int
