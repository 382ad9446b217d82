"""Who did what: the audit view joined with where it came from, and what is on no log, in one order of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL, Composed

from inbox_projection.origins import ACT_KINDS
from inbox_projection.pool import Database, Row

_any: Final = msgspec.json.Decoder(dict[str, Any])
_ACTS: Final = SQL(
    "select a.event_id as id, a.at, a.kind, a.agent_id, a.target_kind, a.target_id, a.details, o.address, o.user_agent"
    " from inbox.audit a left join inbox_projection.origins o on o.origin_id = a.command_id"
    " where {} order by a.at desc, a.event_id desc limit %(limit)s"
)
_SESSIONS: Final = SQL(
    "select s.origin_id as id, s.at, s.kind, s.agent_id, case when s.kind like 'ApiToken%%' then 'api-token'"
    " when s.kind like 'Contacts%%' then 'contacts' else 'session' end as target_kind, s.target_id,"
    " null::text as details, s.address, s.user_agent from inbox_projection.origins s"
    " where s.kind <> 'command' and {} order by s.at desc, s.origin_id desc limit %(limit)s"
)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Filter:
    agent_id: UUID | None = None
    kind: str | None = None
    begin: datetime | None = None
    end: datetime | None = None


async def page(database: Database, wanted: Filter, after: Place | None, limit: int) -> list[Row]:
    """Newest first; ask for one more than shown to know whether there is more."""
    query = _query(
        wanted.agent_id is not None,
        "" if wanted.kind is None else "session" if wanted.kind in ACT_KINDS else "act",
        wanted.begin is not None,
        wanted.end is not None,
        after is not None,
    )
    return await database.rows(
        query,
        {
            "agent": wanted.agent_id,
            "kind": wanted.kind,
            "from": wanted.begin,
            "to": wanted.end,
            "at": None if after is None else after.at,
            "id": None if after is None else after.id,
            "limit": limit,
        },
    )


@lru_cache(maxsize=64)
def _query(agent: bool, kind: str, begin: bool, end: bool, further: bool) -> bytes:
    def where(alias: str, key: str) -> Composed:
        found = [
            (True, "true"),
            (agent, f"{alias}.agent_id = %(agent)s"),
            (bool(kind), f"{alias}.kind = %(kind)s"),
            (begin, f"{alias}.at >= %(from)s"),
            (end, f"{alias}.at < %(to)s"),
            (further, f"({alias}.at, {alias}.{key}) < (%(at)s, %(id)s)"),
        ]
        return SQL(" and ").join(SQL(text) for present, text in found if present)

    parts = []
    if kind != "session":
        parts.append(SQL("({})").format(_ACTS.format(where("a", "event_id"))))
    if kind != "act":
        parts.append(SQL("({})").format(_SESSIONS.format(where("s", "origin_id"))))
    return (
        SQL("select u.*, g.name as agent_name from ({}) u left join inbox.agents g on g.agent_id = u.agent_id")
        .format(SQL(" union all ").join(parts))
        .as_bytes()
        + b" order by u.at desc, u.id desc limit %(limit)s"
    )


def shaped(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": row["at"],
        "kind": row["kind"],
        "agent": None if row["agent_id"] is None else {"id": row["agent_id"], "name": row["agent_name"] or ""},
        "target": {"kind": row["target_kind"], "id": row["target_id"]},
        "details": _any.decode(row["details"]) if row["details"] else {},
        "address": row["address"],
        "user_agent": row["user_agent"],
    }
