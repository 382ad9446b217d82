"""Contacts: what an event of a person makes of the person's row and further handles."""

from __future__ import annotations

from typing import assert_never
from uuid import UUID

from msgspec.structs import replace

from events.contacts import ContactCreated, ContactErased, ContactEvent, ContactUpdated, HandleLinked
from events.envelope import Envelope
from inbox_projection.views.rows import ContactRow, LinkedHandleRow


def created(envelope: Envelope[ContactCreated]) -> ContactRow:
    """The row of a person who wrote for the first time."""
    personal = envelope.data.personal
    return ContactRow(
        contact_id=envelope.stream,
        sequence=envelope.sequence,
        created_at=envelope.occurred_at,
        erased_at=None,
        handle_kind=None if personal is None else personal.handle.kind,
        handle=None if personal is None else personal.handle.value,
        name="" if personal is None else personal.name,
        phone="",
        note="",
    )


def project(envelope: Envelope[ContactEvent], row: ContactRow) -> ContactRow:
    """The row after a further event. An erased person's row keeps its id and times only."""
    event, sequence = envelope.data, envelope.sequence
    match event:
        case ContactUpdated():
            changes = event.personal
            if changes is None:
                return replace(row, sequence=sequence)
            return replace(
                row,
                sequence=sequence,
                name=row.name if changes.name is None else changes.name,
                phone=row.phone if changes.phone is None else changes.phone,
                note=row.note if changes.note is None else changes.note,
            )
        case ContactErased():
            return replace(
                row,
                sequence=sequence,
                erased_at=envelope.occurred_at,
                handle_kind=None,
                handle=None,
                name="",
                phone="",
                note="",
            )
        case ContactCreated() | HandleLinked():
            return replace(row, sequence=sequence)
        case _:
            assert_never(event)


def linked(envelope: Envelope[HandleLinked]) -> LinkedHandleRow | None:
    """The row of a further handle, None when it can't be opened any more."""
    personal = envelope.data.personal
    if personal is None:
        return None
    return LinkedHandleRow(
        contact_id=envelope.stream,
        sequence=envelope.sequence,
        kind=personal.handle.kind,
        value=personal.handle.value,
    )


def is_erasure(envelope: Envelope[ContactEvent]) -> UUID | None:
    """The contact whose further handles go, if this event erases one."""
    return envelope.stream if isinstance(envelope.data, ContactErased) else None
