"""Mails that e-mail filters kept out of their inboxes, each a stream of its own."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from events.conversations import FilteredAdmitted, InboundFiltered
from events.envelope import Envelope
from inbox_projection.views.rows import AdmittedRow, FilteredRow

_encode: Final = msgspec.json.Encoder().encode


def filtered(envelope: Envelope[InboundFiltered], key_id: UUID | None) -> FilteredRow:
    """The row; `content` is the message as JSON, None when the key that sealed it is erased."""
    event = envelope.data
    return FilteredRow(
        filtered_id=envelope.stream,
        message_id=event.message.message_id,
        inbox_id=event.inbox_id,
        channel=event.channel,
        channel_id=event.channel_id,
        filter_id=event.filter_id,
        filter_version=event.filter_version,
        contact_id=event.contact_id,
        switch=event.switch,
        refused=event.refused or None,
        at=event.message.received_at,
        details=_encode(event.message),
        key_id=key_id,
        content=None if event.personal is None else _encode(event.personal),
    )


def admitted(envelope: Envelope[FilteredAdmitted]) -> AdmittedRow:
    """What is added to the row when it is let in."""
    return AdmittedRow(
        filtered_id=envelope.stream,
        conversation_id=envelope.data.conversation_id,
        admitted_at=envelope.occurred_at,
        admitted_by=str(envelope.actor),
    )
