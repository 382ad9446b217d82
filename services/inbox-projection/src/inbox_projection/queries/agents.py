"""Agents as the team sees them: how much each has to do, and whom an invitation waits for."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from inbox_projection.pool import Database, Row
from inbox_projection.queries import workspace

MOST_COUNTED: Final = 1_000
_LISTED: Final = f"""
select k.*, o.open_conversations, p.agent_id is not null as invited, p.expires_at as invited_until
from ({workspace.AGENTS}) k
cross join lateral (
    select count(*) as open_conversations from (
        select from inbox.conversations c where c.assignee_id = k.agent_id and c.status = 'open' limit {MOST_COUNTED}
    ) c
) o
left join lateral (
    select c.agent_id, max(t.expires_at) filter (where t.used_at is null) as expires_at
    from auth.credentials c
    left join auth.single_use_tokens t on t.agent_id = c.agent_id and t.purpose = 'invitation'
    where c.agent_id = k.agent_id and c.password_hash is null group by c.agent_id
) p on true
"""  # noqa: S608 (of this file and queries/workspace.py)
_ALL: Final = _LISTED + " order by k.created_at, k.agent_id"
_ONE: Final = _LISTED + " where k.agent_id = %s"


async def every(database: Database) -> list[Row]:
    return await database.rows(_ALL)


async def one(database: Database, agent_id: UUID) -> Row | None:
    return await database.row(_ONE, (agent_id,))


def shaped(row: Row) -> dict[str, Any]:
    """A row as the API gives it."""
    return workspace.shaped_agent(row) | {
        "open_conversations": row["open_conversations"],
        "invitation": {"expires_at": row["invited_until"]} if row["invited"] else None,
    }
