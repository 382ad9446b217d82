"""A contact's timeline: what was done about the person, and what became of the conversations."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import catalog
from events.contacts import ContactCreated, ContactErased, ContactMergedInto
from events.conversations import ConversationReopened, ConversationResolved
from events.envelope import AnyEnvelope
from inbox_projection.views.rows import TimelineRow

_encode: Final = msgspec.json.Encoder().encode
OF_CONTACTS: Final = frozenset(catalog.members("contacts")) - {ContactCreated, ContactErased, ContactMergedInto}
"""A new contact and the beginning of a conversation are told by their own rows, a merger by the survivor's event."""
OF_CONVERSATIONS: Final = frozenset({ConversationResolved, ConversationReopened})


def of_contact(envelope: AnyEnvelope) -> TimelineRow | None:
    """The entry that a contact's event makes, None for those that make none."""
    event: Any = envelope.data
    if type(event) not in OF_CONTACTS:
        return None
    personal = getattr(event, "personal", None)
    details = replace(event, personal=None) if personal is not None else event
    return _row(envelope, envelope.stream, None, _encode(details), None if personal is None else _encode(personal))


def of_conversation(envelope: AnyEnvelope, contact_id: UUID) -> TimelineRow:
    """The entry that an event of `OF_CONVERSATIONS` makes."""
    return _row(envelope, contact_id, envelope.stream, _encode(envelope.data), None)


def _row(
    envelope: AnyEnvelope, contact_id: UUID, conversation_id: UUID | None, details: bytes, content: bytes | None
) -> TimelineRow:
    return TimelineRow(
        event_id=envelope.id,
        contact_id=contact_id,
        at=envelope.occurred_at,
        kind=envelope.type,
        actor_kind=envelope.actor.kind,
        actor_id=envelope.actor.id,
        conversation_id=conversation_id,
        details=details,
        content=content,
    )
