"""Key pairs by the request that made them."""

from __future__ import annotations

from uuid import UUID

from inbox_projection.pool import Database

_KEEP = """
insert into inbox_projection.dkim_keys as k (command_id, public_key, box) values (%s, %s, %s)
on conflict (command_id) do update set command_id = k.command_id
returning public_key, box
"""


async def kept(database: Database, command_id: UUID) -> tuple[str, bytes] | None:
    """The public half, and the sealed private one, that this request made before."""
    row = await database.row(
        "select public_key, box from inbox_projection.dkim_keys where command_id = %s", (command_id,)
    )
    return None if row is None else (row["public_key"], bytes(row["box"]))


async def keep(database: Database, command_id: UUID, public_key: str, box: bytes) -> tuple[str, bytes]:
    """The pair, or the one that the same request made meanwhile."""
    (row,) = await database.write(_KEEP, (command_id, public_key, box))
    return row["public_key"], bytes(row["box"])


async def forget_old(database: Database) -> None:
    await database.write("delete from inbox_projection.dkim_keys where created_at < now() - interval '1 day'")
