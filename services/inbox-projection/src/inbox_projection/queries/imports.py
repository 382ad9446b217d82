"""Imports of contacts as rows: their file, how far they are, and what could not be imported."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, BinaryIO, Final
from uuid import UUID

import msgspec

from inbox_projection.pool import Database, Row

PIECE: Final = 1024 * 1024
CLAIM: Final = "2 minutes"
_CLAIM: Final = f"""
update inbox_projection.imports set state = 'importing', claimed_until = now() + interval '{CLAIM}'
where import_id = (select import_id from inbox_projection.imports where state in ('waiting', 'importing')
                   and (claimed_until is null or claimed_until < now()) order by created_at limit 1
                   for update skip locked)
returning *
"""  # noqa: S608 (of this file)
_ADVANCE: Final = f"""
with moved as (
  update inbox_projection.imports set rows = rows + %(rows)s, created = created + %(created)s,
         updated = updated + %(updated)s, skipped = skipped + %(skipped)s, failed = failed + %(failed)s,
         claimed_until = now() + interval '{CLAIM}'
  where import_id = %(import)s and rows = %(before)s and state = 'importing' returning 1
), wrong as (
  insert into inbox_projection.import_errors (import_id, line, cells, reason)
  select %(import)s, e.* from unnest(%(lines)s::integer[], %(cells)s::text[], %(reasons)s::text[]) as e
  where exists (select from moved) on conflict do nothing
)
select 1 from moved
"""  # noqa: S608 (as above)
_ERRORS: Final = """
select line, cells, reason from inbox_projection.import_errors
where import_id = %s and line > %s order by line limit 500
"""


class Wrong(msgspec.Struct, frozen=True):
    """A record that was not imported, with the line where it begins."""

    line: int
    cells: Sequence[str]
    reason: str


async def keep(database: Database, import_id: UUID, agent_id: UUID, asked: Mapping[str, Any], file: BinaryIO) -> None:
    """Stores the import with its file, piece by piece; nothing where it is there already."""
    async with database.connection() as connection, connection.transaction():
        new = await connection.execute(
            "insert into inbox_projection.imports (import_id, agent_id, dry_run, existing, encoding, mapping)"
            " values (%(import)s, %(agent)s, %(dry_run)s, %(existing)s, %(encoding)s, %(mapping)s)"
            " on conflict do nothing",
            {"import": import_id, "agent": agent_id, **asked},
        )
        if not new.rowcount:
            return
        number = 0
        while piece := file.read(PIECE):
            await connection.execute(
                "insert into inbox_projection.import_pieces values (%s, %s, %s)", (import_id, number, piece)
            )
            number += 1


async def one(database: Database, import_id: UUID) -> Row | None:
    return await database.row("select * from inbox_projection.imports where import_id = %s", (import_id,))


async def claim(database: Database) -> Row | None:
    """The oldest import that nobody is at, for this process; it stays claimed while it advances."""
    found = await database.write(_CLAIM)
    return found[0] if found else None


async def pieces(database: Database, import_id: UUID) -> AsyncIterator[bytes]:
    number = 0
    while True:
        row = await database.row(
            "select content from inbox_projection.import_pieces where import_id = %s and number = %s",
            (import_id, number),
        )
        if row is None:
            return
        yield bytes(row["content"])
        number += 1


async def checked(
    database: Database, import_id: UUID, total: int, header: Sequence[str], fields: Sequence[str]
) -> None:
    """The whole file can be read."""
    await database.write(
        "update inbox_projection.imports set total = %s, header = %s, fields = %s where import_id = %s",
        (total, _json(header), _json(fields), import_id),
    )


async def advance(
    database: Database, import_id: UUID, before: int, counts: Mapping[str, int], wrong: Sequence[Wrong]
) -> bool:
    """Counts a block of records, with those that were wrong; False when another process did."""
    moved = await database.write(
        _ADVANCE,
        {
            "import": import_id,
            "before": before,
            **counts,
            "lines": [one.line for one in wrong],
            "cells": [_json(one.cells) for one in wrong],
            "reasons": [one.reason for one in wrong],
        },
    )
    return bool(moved)


async def finish(database: Database, import_id: UUID, state: str, **fields: Any) -> None:
    """The end: done, or refused with its reason; the file goes."""
    asked = {"code": None, "detail": None, "line": None, "preview": None, **fields}
    await database.write(
        "with gone as (delete from inbox_projection.import_pieces where import_id = %(import)s)"
        " update inbox_projection.imports set state = %(state)s, code = %(code)s, detail = %(detail)s,"
        " line = %(line)s, preview = %(preview)s, finished_at = now(), claimed_until = null"
        " where import_id = %(import)s",
        {"import": import_id, "state": state, **asked},
    )


async def errors(database: Database, import_id: UUID) -> AsyncIterator[list[Wrong]]:
    """What was not imported, page by page, in the order of the file."""
    after = 0
    while True:
        rows = await database.rows(_ERRORS, (import_id, after))
        if not rows:
            return
        yield [Wrong(row["line"], msgspec.json.decode(row["cells"]), row["reason"]) for row in rows]
        after = rows[-1]["line"]


async def forget_old(database: Database) -> None:
    """Imports that ended seven days ago, with what was wrong."""
    await database.write("delete from inbox_projection.imports where finished_at < now() - interval '7 days'")


def shaped(row: Row) -> dict[str, Any]:
    """A row as the API gives it."""
    refused = None
    if row["state"] == "refused":
        refused = {"code": row["code"], "detail": row["detail"], "line": row["line"]}
    fields = None
    if row["header"] is not None:
        fields = dict(zip(msgspec.json.decode(row["header"]), msgspec.json.decode(row["fields"]), strict=True))
    return {
        "id": row["import_id"],
        "state": row["state"],
        "dry_run": row["dry_run"],
        "existing": row["existing"],
        "columns": fields,
        "total": row["total"],
        **{name: row[name] for name in ("rows", "created", "updated", "skipped", "failed")},
        "preview": [] if row["preview"] is None else msgspec.json.decode(row["preview"]),
        "reason": refused,
        "errors_url": f"/api/v1/contacts/imports/{row['import_id']}/errors" if row["failed"] else None,
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
