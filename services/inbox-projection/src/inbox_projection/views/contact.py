"""Contacts: what an event of a person makes of the person's row and further handles."""

from __future__ import annotations

from typing import Any, Final, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events.contacts import (
    CompanyLinked,
    CompanyUnlinked,
    ContactBlocked,
    ContactCreated,
    ContactErased,
    ContactEvent,
    ContactMergedInto,
    ContactNoteAdded,
    ContactsMerged,
    ContactsUnmerged,
    ContactUnblocked,
    ContactUnmerged,
    ContactUpdated,
    HandleLinked,
    HandleUnlinked,
    PropertyValue,
)
from events.envelope import Envelope
from inbox_projection.views.rows import ContactRow, LinkedHandleRow

NO_PROPERTIES: Final = "{}"
_encode: Final = msgspec.json.Encoder(order="sorted").encode
_decode: Final = msgspec.json.Decoder(dict[str, PropertyValue]).decode


def created(envelope: Envelope[ContactCreated]) -> ContactRow:
    """The row of a person who wrote for the first time, or was added."""
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
        properties=NO_PROPERTIES,
        blocked_at=None,
        merged_into=None,
        company_id=envelope.data.company_id,
        by_hand=envelope.actor.kind == "agent",
    )


def shown_anew(before: ContactRow | None, row: ContactRow) -> tuple[UUID | None, ...]:
    """Whose cards are others after an event: the contact's, and of who stands or stood for it. None: there is a new one
    that was added by hand; who wrote is told of with the conversation."""
    if before is None:
        return (None,) if row.by_hand else ()
    named = (row.contact_id, before.merged_into, row.merged_into)
    return tuple(dict.fromkeys(one for one in named if one is not None))


def project(envelope: Envelope[ContactEvent], row: ContactRow) -> ContactRow:
    """The row after a further event. An erased person's row keeps its id and times only."""
    event, sequence = envelope.data, envelope.sequence
    match event:
        case HandleUnlinked():
            return _unlinked(event, replace(row, sequence=sequence))
        case ContactUpdated():
            return _updated(event, replace(row, sequence=sequence))
        case ContactBlocked():
            return replace(row, sequence=sequence, blocked_at=envelope.occurred_at)
        case ContactUnblocked():
            return replace(row, sequence=sequence, blocked_at=None)
        case CompanyLinked():
            return replace(row, sequence=sequence, company_id=event.company_id)
        case CompanyUnlinked():
            return replace(row, sequence=sequence, company_id=None)
        case ContactMergedInto():
            return replace(row, sequence=sequence, merged_into=event.survivor_id)
        case ContactUnmerged():
            return replace(row, sequence=sequence, merged_into=None)
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
                properties=NO_PROPERTIES,
            )
        case ContactCreated() | HandleLinked() | ContactNoteAdded() | ContactsMerged() | ContactsUnmerged():
            return replace(row, sequence=sequence)
        case _:
            assert_never(event)


def _updated(event: ContactUpdated, row: ContactRow) -> ContactRow:
    changes = event.personal
    if changes is None:
        return row
    fields: dict[str, Any] = {
        name: value for name in ("name", "phone", "note") if (value := getattr(changes, name)) is not None
    }
    if changes.properties:
        values = {**_decode(row.properties), **changes.properties}
        kept = {key: value for key, value in values.items() if value is not None}
        fields["properties"] = _encode(kept).decode()
    return replace(row, **fields)


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


def _unlinked(event: HandleUnlinked, row: ContactRow) -> ContactRow:
    """Another handle is the first one now, or none, if this one was."""
    personal = event.personal
    if personal is None or (row.handle_kind, row.handle) != (personal.handle.kind, personal.handle.value):
        return row
    if personal.first is None:
        return replace(row, handle="")
    return replace(row, handle_kind=personal.first.kind, handle=personal.first.value)


def unlinked(envelope: Envelope[HandleUnlinked], before: ContactRow) -> tuple[LinkedHandleRow, ...]:
    """The rows of further handles that go: the one that is no more, or the one that is the first one from now on."""
    personal = envelope.data.personal
    if personal is None:
        return ()
    was_first = (before.handle_kind, before.handle) == (personal.handle.kind, personal.handle.value)
    gone = (personal.handle, *((personal.first,) if was_first and personal.first is not None else ()))
    return tuple(
        LinkedHandleRow(contact_id=envelope.stream, sequence=envelope.sequence, kind=each.kind, value=each.value)
        for each in gone
    )


def is_erasure(envelope: Envelope[ContactEvent]) -> UUID | None:
    """The contact whose further handles go, if this event erases one."""
    return envelope.stream if isinstance(envelope.data, ContactErased) else None
