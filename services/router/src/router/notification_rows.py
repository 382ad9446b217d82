"""The rows of mails that are to tell agents something: written beside a batch that has some, read when they are due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from router.domain.system_mails import APART, DueNotice
from router.lookup_rows import Writes
from service_kit.database import Cursor

KEPT: Final = timedelta(hours=1)
_PLAN: Final = b"""
INSERT INTO router.notification_mails AS m (agent_id, conversation_id, kinds, newest, due_at)
SELECT agent_id, conversation_id, string_to_array(kinds, ' '), newest, due_at
  FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::int[], %s::timestamptz[])
       AS u (agent_id, conversation_id, kinds, newest, due_at)
    ON CONFLICT (agent_id, conversation_id) DO UPDATE
   SET kinds = CASE WHEN m.due_at IS NULL THEN excluded.kinds
                    ELSE ARRAY(SELECT DISTINCT unnest(m.kinds || excluded.kinds) ORDER BY 1) END,
       newest = excluded.newest,
       due_at = coalesce(m.due_at, greatest(excluded.due_at, m.mailed_at + %s::interval)),
       published_at = CASE WHEN m.due_at IS NULL THEN NULL ELSE m.published_at END
"""
_DONE: Final = b"""
UPDATE router.notification_mails m
   SET due_at = CASE WHEN m.newest > u.newest THEN u.mailed_at + %s::interval END,
       published_at = NULL, mailed_at = u.mailed_at
  FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::timestamptz[]) AS u (agent_id, conversation_id, newest, mailed_at)
 WHERE m.agent_id = u.agent_id AND m.conversation_id = u.conversation_id
"""
_FORGET: Final = b"DELETE FROM router.notification_mails WHERE agent_id = ANY(%s) AND due_at IS NULL AND mailed_at < %s"
_DUE: Final = b"""
SELECT conversation_id, newest, kinds FROM router.notification_mails
 WHERE agent_id = %s AND due_at <= %s ORDER BY due_at, conversation_id
"""
DUE_AGENTS: Final = b"""
SELECT agent_id, min(due_at) FROM router.notification_mails
 WHERE due_at <= %s AND (published_at IS NULL OR published_at <= %s) GROUP BY agent_id ORDER BY 2 LIMIT %s
"""
PUBLISHED: Final = b"UPDATE router.notification_mails SET published_at = %s WHERE agent_id = ANY(%s) AND due_at <= %s"


def due(cursor: Cursor, agent_id: UUID, now: datetime) -> tuple[DueNotice, ...]:
    """What the agent is to be told of by now, the oldest first."""
    rows: list[tuple[Any, ...]] = cursor.execute(_DUE, (agent_id, now)).fetchall()
    return tuple(DueNotice(conversation_id, newest, tuple(kinds)) for conversation_id, newest, kinds in rows)


def write(cursor: Cursor, writes: Writes) -> None:
    """Nothing where nobody is to be told anything. What came on top while a mail was made is due again later."""
    if writes.notices:
        agents, conversations = zip(*writes.notices, strict=True)
        plans = list(writes.notices.values())
        cursor.execute(
            _PLAN,
            (
                list(agents),
                list(conversations),
                [" ".join(sorted(plan.kinds)) for plan in plans],
                [plan.newest for plan in plans],
                [plan.due_at for plan in plans],
                APART,
            ),
        )
    if writes.notices_done:
        agents, conversations = zip(*writes.notices_done, strict=True)
        newest, told = zip(*writes.notices_done.values(), strict=True)
        cursor.execute(_DONE, (APART, list(agents), list(conversations), list(newest), list(told)))
        cursor.execute(_FORGET, (list(agents), max(told) - KEPT))
