"""What the feed says of a change; pure."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from msgspec.structs import replace

from inbox_projection.views.changes import Arrived
from inbox_projection.views.rows import ConversationRow, FeedRow


def fed(record: Arrived, kind: str, changed: UUID | None, inbox_id: UUID | None, sequence: int | None) -> FeedRow:
    """What the feed says of a record."""
    return FeedRow(
        kind=kind,
        conversation_id=changed,
        inbox_id=inbox_id,
        sequence=sequence,
        topic=record.topic,
        partition=record.partition,
        position=record.position,
    )


def also_touched(before: ConversationRow | None, row: ConversationRow, told: FeedRow) -> Iterable[FeedRow]:
    """Who else is told: those in whose inbox it lay before, and who looks at the conversation that stands for it."""
    if before is not None and before.inbox_id != row.inbox_id:
        yield replace(told, inbox_id=before.inbox_id)
    if row.merged_into is not None:
        yield replace(told, conversation_id=row.merged_into, sequence=0)
