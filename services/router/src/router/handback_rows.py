"""The rows of what agents who left still have, and what waits for teams that left, until it went back to the queue.

In the table `agent_id` is an agent or a team: ids are nobody else's."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from router.domain.leaving import Left
from router.lookup_rows import Handback, Writes
from service_kit.database import Cursor

_NEXT: Final = """
SELECT agent_id, inbox_id, cause_id, correlation_id FROM router.handbacks ORDER BY agent_id, inbox_id LIMIT 1
"""
_HELD: Final = """
SELECT conversation_id FROM router.conversations
WHERE assignee_id = %(agent)b AND status IN ('open', 'snoozed')
  AND (%(inbox)b::uuid IS NULL OR inbox_id = %(inbox)b::uuid)
ORDER BY inbox_id, conversation_id LIMIT %(most)b
"""
_WAITING: Final = """
SELECT conversation_id FROM router.conversations
WHERE team_id = %(team)b AND waiting_since IS NOT NULL
  AND (%(inbox)b::uuid IS NULL OR inbox_id = %(inbox)b::uuid)
ORDER BY waiting_since, conversation_id LIMIT %(most)b
"""
_ADD: Final = """
INSERT INTO router.handbacks (agent_id, inbox_id, cause_id, correlation_id)
SELECT * FROM unnest(%(agents)b::uuid[], %(inboxes)b::uuid[], %(causes)b::uuid[], %(correlations)b::uuid[])
ON CONFLICT DO NOTHING
"""
_DONE: Final = """
DELETE FROM router.handbacks h USING unnest(%(agents)b::uuid[], %(inboxes)b::uuid[]) AS d(agent_id, inbox_id)
WHERE h.agent_id = d.agent_id AND h.inbox_id IS NOT DISTINCT FROM d.inbox_id
"""


class Due(msgspec.Struct, frozen=True):
    """Who left where, an agent or a team, and the record that it came of."""

    left: Left
    handback: Handback


def first(cursor: Cursor) -> Due | None:
    """What is to be given back next; None: nothing."""
    row = cursor.execute(_NEXT, binary=True).fetchone()
    return None if row is None else Due((row[0], row[1]), Handback(row[2], row[3]))


def held(cursor: Cursor, left: Left, most: int) -> list[UUID]:
    """Of the agent's open and snoozed conversations there so many, or of the team's queue there."""
    who, inbox_id = left
    cursor.execute(_HELD, {"agent": who, "inbox": inbox_id, "most": most}, binary=True)
    streams = [row[0] for row in cursor]
    if not streams:
        cursor.execute(_WAITING, {"team": who, "inbox": inbox_id, "most": most}, binary=True)
        streams = [row[0] for row in cursor]
    return streams


def write(cursor: Cursor, writes: Writes) -> None:
    """Nothing where nobody left."""
    if writes.handbacks:
        agents, inboxes = zip(*writes.handbacks, strict=True)
        rows = list(writes.handbacks.values())
        cursor.execute(
            _ADD,
            {
                "agents": list(agents),
                "inboxes": list(inboxes),
                "causes": [row.cause_id for row in rows],
                "correlations": [row.correlation_id for row in rows],
            },
        )
    if writes.handbacks_done:
        agents, inboxes = zip(*writes.handbacks_done, strict=True)
        cursor.execute(_DONE, {"agents": list(agents), "inboxes": list(inboxes)})
