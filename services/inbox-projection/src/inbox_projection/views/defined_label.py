"""Labels that the team has agreed on, as rows."""

from __future__ import annotations

from typing import Any

from events.envelope import Envelope
from events.labels import LabelDefined, LabelDeleted
from inbox_projection.views.rows import DefinedLabelRow


def row_of(envelope: Envelope[Any], event: LabelDefined | LabelDeleted) -> DefinedLabelRow:
    """The label as it is after the event, whole."""
    defined = event if isinstance(event, LabelDefined) else None
    return DefinedLabelRow(
        label_id=event.label_id,
        name="" if defined is None else defined.name,
        color="" if defined is None else defined.color,
        former_names=() if defined is None else defined.former_names,
        changed_at=envelope.occurred_at,
        changed_by=str(envelope.actor),
        deleted=defined is None,
    )
