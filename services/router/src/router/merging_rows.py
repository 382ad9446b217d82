"""The look-up rows of conversations in which others go on, and the statement that writes them where there are any."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from events.conversations import ConversationEvent, ConversationFollowedUp, ConversationMergedInto
from router.lookup_rows import Known, Successor, Writes
from service_kit.database import Cursor

_WRITE: Final = """
INSERT INTO router.successors (conversation_id, successor_id, merged)
SELECT * FROM unnest(%(conversations)b::uuid[], %(successors)b::uuid[], %(merged)b::boolean[])
ON CONFLICT (conversation_id) DO UPDATE SET successor_id = excluded.successor_id, merged = excluded.merged
"""

_READ: Final = """
WITH RECURSIVE led AS (
  SELECT s.conversation_id, s.successor_id, s.merged
  FROM unnest(%(found)b::uuid[]) AS f(conversation_id) JOIN router.successors s ON s.conversation_id = f.conversation_id
  UNION
  SELECT s.conversation_id, s.successor_id, s.merged
  FROM led l JOIN router.successors s ON s.conversation_id = l.successor_id
), beside AS MATERIALIZED (
  SELECT s.conversation_id, s.successor_id
  FROM (SELECT unnest(%(found)b::uuid[]) AS conversation_id UNION SELECT successor_id FROM led) AS k
  JOIN router.successors s ON s.successor_id = k.conversation_id AND s.merged
), around AS MATERIALIZED (
  SELECT successor_id AS conversation_id FROM led UNION SELECT conversation_id FROM beside
)
SELECT 'x', conversation_id, successor_id, NULL::bytea, merged::int FROM led
UNION ALL
SELECT 'x', conversation_id, successor_id, NULL, 1 FROM beside
UNION ALL
SELECT 'p', p.conversation_id, NULL, p.handle_hash, p.side::int
FROM around JOIN router.participants p ON p.conversation_id = around.conversation_id
UNION ALL
SELECT 'l', l.conversation_id, l.ticket_id, NULL, 0
FROM around JOIN router.ticket_links l ON l.conversation_id = around.conversation_id
"""
"""Where conversations go on, however far that is, and all that is one with those: who takes part, and the tickets."""


def complete(cursor: Cursor, known: Known) -> None:
    """What else is to be known of conversations that go on in others; asks nothing when there are none."""
    if not known.successors:
        return
    found = {*known.successors, *(each.conversation_id for each in known.successors.values())}
    cursor.execute(_READ, {"found": list(found)}, prepare=True, binary=True)
    tickets: dict[UUID, set[UUID]] = {}
    for kind, one, other, handle_hash, number in cursor:
        match kind:
            case "x":
                known.successors[one] = Successor(other, merged=bool(number))
            case "p":
                known.participants[one, handle_hash] = bool(number)
            case _:
                tickets.setdefault(one, set()).add(other)
    for conversation_id, ids in tickets.items():
        known.tickets[conversation_id] = tuple(sorted({*known.tickets.get(conversation_id, ()), *ids}))


def note(known: Known, writes: Writes, stream: UUID, event: ConversationEvent) -> None:
    """Brings what is known up to date with an event, and the row to write for it."""
    match event:
        case ConversationMergedInto():
            known.successors[stream] = writes.successors[stream] = Successor(event.survivor_id, merged=True)
        case ConversationFollowedUp():
            known.successors[stream] = writes.successors[stream] = Successor(event.conversation_id, merged=False)
        case _:
            pass


def write(cursor: Cursor, writes: Writes) -> None:
    """Writes the rows, when there are any."""
    rows = writes.successors
    if rows:
        cursor.execute(
            _WRITE,
            {
                "conversations": list(rows),
                "successors": [each.conversation_id for each in rows.values()],
                "merged": [each.merged for each in rows.values()],
            },
            prepare=True,
            binary=True,
        )


def circle(known: Known, stream: UUID) -> Iterable[UUID]:
    """The conversation that stands for it, and all for which that stands, itself among them."""
    if not known.successors:
        return (stream,)
    successor = known.successors.get(stream)
    survivor = successor.conversation_id if successor is not None and successor.merged else stream
    merged = Successor(survivor, merged=True)
    return (survivor, *(each for each, one in known.successors.items() if one == merged))
