"""The pictures of agents."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from inbox_projection.pool import Database, Row

OF_AUTHOR: Final = "left join inbox.avatars v on v.agent_id = a.agent_id and v.image is not null"
"""Joins the picture `v` of an agent `a`, if there is one; its bytes are read only by who names them."""
_ONE: Final = (
    "select version, content_type, case when version is distinct from %(known)s then image end as image"
    " from inbox.avatars where agent_id = %(agent)s and image is not null"
)


async def one(database: Database, agent_id: UUID, known: int | None = None) -> Row | None:
    """The agent's picture; `image` is None where the caller knows that version."""
    return await database.row(_ONE, {"agent": agent_id, "known": known})
