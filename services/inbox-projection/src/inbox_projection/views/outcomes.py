"""Command outcomes: what `GET /commands/{id}` tells."""

from __future__ import annotations

import msgspec

from events.envelope import Envelope
from events.outcomes import CommandHandled
from inbox_projection.views.rows import OutcomeRow


def handled(envelope: Envelope[CommandHandled]) -> OutcomeRow:
    event = envelope.data
    return OutcomeRow(
        command_id=event.command_id,
        command=event.command,
        state=event.state,
        code=event.code,
        detail=event.detail,
        resource_id=event.resource_id,
        shown_at=msgspec.json.encode(event.shown_at),
        handled_at=envelope.occurred_at,
        refused=msgspec.json.encode(event.refused) if event.refused else None,
    )
