"""Bulks as rows: which conversations they are about, how far they are, and what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL

from events.bulk import BulkChange
from inbox_projection.pool import Database, Row
from inbox_projection.queries.conversation_filter import Filter
from inbox_projection.queries.conversation_keys import Part, Shape, keys_query, parameters_of, shape_of

CLAIM: Final = "30 seconds"
_COLUMNS: Final = """\
bulk_id, agent_id, change, ids, cardinality(ids) as matched, handled, refused, created_at, finished_at"""
_CLAIM: Final = f"""
update inbox_projection.bulks set claimed_until = now() + interval '{CLAIM}'
where bulk_id = (select bulk_id from inbox_projection.bulks where finished_at is null
                 and (claimed_until is null or claimed_until < now()) and (%(only)s::uuid is null or bulk_id = %(only)s)
                 order by created_at limit 1 for update skip locked)
returning {_COLUMNS}
"""  # noqa: S608 (of this file)
_KEEP: Final = """
with kept as (
  insert into inbox_projection.bulks (bulk_id, agent_id, change, ids, finished_at)
  values (%(bulk)s, %(agent)s, %(change)s, %(ids)s::uuid[], case when cardinality(%(ids)s::uuid[]) = 0 then now() end)
  on conflict do nothing returning bulk_id
)
insert into inbox_projection.bulk_refusals (bulk_id, conversation_id, reason)
select kept.bulk_id, r.* from kept, unnest(%(refused)s::uuid[], %(reasons)s::text[]) as r
"""
_ADVANCE: Final = f"""
with moved as (
  update inbox_projection.bulks
  set handled = handled + %(count)s, refused = refused + cardinality(%(refused)s::uuid[]),
      claimed_until = now() + interval '{CLAIM}',
      finished_at = case when handled + %(count)s >= cardinality(ids) then now() end
  where bulk_id = %(bulk)s and handled = %(before)s and finished_at is null returning bulk_id
)
, told as (
  insert into inbox_projection.bulk_refusals (bulk_id, conversation_id, reason)
  select moved.bulk_id, r.* from moved, unnest(%(refused)s::uuid[], %(reasons)s::text[]) as r on conflict do nothing
)
select 1 from moved
"""  # noqa: S608 (as above)
_GIVE_UP: Final = """
with before as (
  select bulk_id, handled, ids[handled + 1:] as rest from inbox_projection.bulks
  where bulk_id = %(bulk)s and finished_at is null for update
), ended as (
  update inbox_projection.bulks b
  set handled = cardinality(b.ids), refused = b.refused + cardinality(before.rest), finished_at = now()
  from before where b.bulk_id = before.bulk_id
)
insert into inbox_projection.bulk_refusals (bulk_id, conversation_id, reason)
select bulk_id, unnest(rest), %(reason)s from before on conflict do nothing
"""
_change: Final = msgspec.json.Decoder(BulkChange)


async def matching(database: Database, wanted: Filter, most: int) -> list[UUID]:
    """The conversations that the filter shows, at most so many."""
    asked = parameters_of(wanted, Part(), None, most)
    if asked is None:
        return []
    rows = await database.rows(_matching(shape_of(wanted, Part(), further=False)), asked)
    return [row["conversation_id"] for row in rows]


@lru_cache(maxsize=1024)
def _matching(shape: Shape) -> bytes:
    keys = keys_query(shape)
    return SQL("select distinct u.conversation_id from ({}) u limit %(limit)s").format(keys).as_bytes()


async def inboxes_of(database: Database, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """In which inbox each of these conversations is, of those that there are."""
    rows = await database.rows(
        "select conversation_id, inbox_id from inbox.conversations where conversation_id = any(%s::uuid[])", (ids,)
    )
    return {row["conversation_id"]: row["inbox_id"] for row in rows}


async def keep(
    database: Database,
    bulk_id: UUID,
    agent_id: UUID,
    change: BulkChange,
    ids: Sequence[UUID],
    refused: Mapping[UUID, str],
) -> None:
    """Stores what is to be done, unless it is there; `refused` are such as the agent asked for and cannot reach."""
    given = {"bulk": bulk_id, "agent": agent_id, "change": msgspec.json.encode(change).decode(), "ids": list(ids)}
    await database.write(_KEEP, given | _refused(refused))


async def one(database: Database, bulk_id: UUID) -> Row | None:
    return await database.row(
        "select bulk_id, agent_id, cardinality(ids) as matched, handled, refused, finished_at"
        " from inbox_projection.bulks where bulk_id = %s",
        (bulk_id,),
    )


async def claim(database: Database, only: UUID | None = None) -> Row | None:
    """A bulk that nobody is at, the oldest or this one, for this process; it stays claimed while it advances."""
    found = await database.write(_CLAIM, {"only": only})
    return found[0] if found else None


def change_of(row: Row) -> BulkChange:
    return _change.decode(row["change"])


async def advance(database: Database, bulk_id: UUID, before: int, count: int, refused: Mapping[UUID, str]) -> bool:
    """Counts a piece, the last one ends the bulk; False when another process did."""
    given = {"bulk": bulk_id, "before": before, "count": count}
    return bool(await database.write(_ADVANCE, given | _refused(refused)))


async def give_up(database: Database, bulk_id: UUID, reason: str) -> None:
    """Ends the bulk; what it has not come to is refused."""
    await database.write(_GIVE_UP, {"bulk": bulk_id, "reason": reason})


async def shaped(database: Database, row: Row) -> dict[str, Any]:
    """What came of it, of one that is finished."""
    refusals = await database.rows(
        "select conversation_id as id, reason from inbox_projection.bulk_refusals where bulk_id = %s"
        " order by conversation_id",
        (row["bulk_id"],),
    )
    return {"matched": row["matched"], "done": row["handled"] - row["refused"], "refused": refusals}


async def forget_old(database: Database) -> None:
    """After 30 days the router has forgotten the commands, too."""
    await database.write(
        "delete from inbox_projection.bulks where finished_at is not null and created_at < now() - interval '30 days'"
    )


def _refused(refused: Mapping[UUID, str]) -> dict[str, Any]:
    return {"refused": list(refused), "reasons": list(refused.values())}
