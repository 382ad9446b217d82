"""Views that agents saved, as rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from events.envelope import Envelope
from events.saved_views import ViewDeleted, ViewSaved
from inbox_projection.views.rows import ViewRow


def row_of(envelope: Envelope[Any], event: ViewSaved | ViewDeleted) -> ViewRow:
    """The view as it is after the event, whole."""
    match event:
        case ViewSaved():
            return _row(
                envelope,
                event.view_id,
                owner_id=event.owner_id,
                name=event.name,
                inbox_id=event.filter.inbox_id,
                filter=msgspec.json.encode(event.filter).decode(),
                sort=event.sort,
                deleted=False,
            )
        case ViewDeleted():
            return _row(
                envelope,
                event.view_id,
                owner_id=None,
                name="",
                inbox_id=None,
                filter="{}",
                sort="newest",
                deleted=True,
            )


def _row(envelope: Envelope[Any], view_id: UUID, **columns: Any) -> ViewRow:
    return ViewRow(view_id=view_id, changed_at=envelope.occurred_at, changed_by=str(envelope.actor), **columns)
