"""How agents want to see and hear the inbox."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from inbox_projection.pool import Database

_READ: Final = "select content from inbox_projection.preferences where agent_id = %s"
CHANNEL: Final = "inbox_preferences"
"""Of NOTIFY: the id of the agent whose preferences were kept."""
_KEEP: Final = """
with kept as (
  insert into inbox_projection.preferences (agent_id, content, updated_at) values (%s, %s, now())
  on conflict (agent_id) do update set content = excluded.content, updated_at = excluded.updated_at
  returning agent_id)
select pg_notify('inbox_preferences', agent_id::text) from kept
"""


async def read(database: Database, agent_id: UUID) -> str | None:
    """The JSON that was kept, None where nothing was."""
    row = await database.row(_READ, (agent_id,))
    return None if row is None else str(row["content"])


async def keep(database: Database, agent_id: UUID, content: str) -> None:
    """In the place of what was kept before; all pages of the agent are told."""
    await database.write(_KEEP, (agent_id, content))
