"""People who write to us, by id and by the beginning of a name or an address."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL

from inbox_projection.pool import Database, Row

_COLUMNS: Final = SQL(
    "p.contact_id, p.created_at, p.erased_at, p.handle_kind, p.handle, p.name, p.phone, p.note,"
    " (select coalesce(json_agg(json_build_object('kind', h.kind, 'value', h.value) order by h.sequence), '[]')::text"
    " from inbox.linked_handles h where h.contact_id = p.contact_id) as linked"
)
_VISIBLE: Final = SQL(
    "(%(all)s or exists (select from inbox.conversations c"
    " where c.contact_id = p.contact_id and c.inbox_id = any(%(ids)s::uuid[])))"
)
_ONE: Final = (
    SQL("select {} from inbox.contacts p where p.contact_id = %(contact)s and {}").format(_COLUMNS, _VISIBLE).as_bytes()
)
_ALL: Final = (
    SQL(
        "select {}, '' as found from inbox.contacts p where p.contact_id < %(id)s and p.erased_at is null and {}"
        " order by p.contact_id desc limit %(limit)s"
    )
    .format(_COLUMNS, _VISIBLE)
    .as_bytes()
)
_BY_PREFIX: Final = (
    SQL("""
select {columns}, k.found from (
    (select p.contact_id, lower(left(p.name, 100)) as found from inbox.contacts p
     where lower(left(p.name, 100)) ~>=~ %(begin)s and lower(left(p.name, 100)) ~<~ %(end)s and p.name <> ''
       and (lower(left(p.name, 100)) ~>~ %(found)s or p.contact_id > %(id)s) and {visible}
     order by lower(left(p.name, 100)) using ~<~, p.contact_id limit %(limit)s)
    union all
    (select p.contact_id, left(p.handle, 100) as found from inbox.contacts p
     where left(p.handle, 100) ~>=~ %(begin)s and left(p.handle, 100) ~<~ %(end)s and p.handle is not null
       and not starts_with(lower(left(p.name, 100)), %(prefix)s)
       and (left(p.handle, 100) ~>~ %(found)s or p.contact_id > %(id)s) and {visible}
     order by left(p.handle, 100) using ~<~, p.contact_id limit %(limit)s)
    union all
    (select h.contact_id, min(left(h.value, 100)) as found
     from inbox.linked_handles h join inbox.contacts p on p.contact_id = h.contact_id
     where left(h.value, 100) ~>=~ %(begin)s and left(h.value, 100) ~<~ %(end)s
       and not starts_with(lower(left(p.name, 100)), %(prefix)s) and not starts_with(left(p.handle, 100), %(prefix)s)
       and (left(h.value, 100) ~>~ %(found)s or h.contact_id > %(id)s) and {visible}
     group by h.contact_id order by min(left(h.value, 100)) using ~<~, h.contact_id limit %(limit)s)
) k join inbox.contacts p on p.contact_id = k.contact_id
order by k.found using ~<~, k.contact_id limit %(limit)s
""")
    .format(columns=_COLUMNS, visible=_VISIBLE)
    .as_bytes()
)
_LAST_ID: Final = UUID(int=2**128 - 1)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of contacts ended: what was found, and whose it was."""

    found: str
    id: UUID


async def one(database: Database, contact_id: UUID, inboxes: frozenset[UUID] | None) -> Row | None:
    """A contact who began a conversation in one of these inboxes (None: any)."""
    return await database.row(_ONE, {"contact": contact_id, "all": inboxes is None, "ids": list(inboxes or ())})


async def page(
    database: Database, prefix: str | None, inboxes: frozenset[UUID] | None, after: Place | None, limit: int
) -> list[Row]:
    """Contacts whose name, address or further address begins with the prefix (case aside), in its order; without a
    prefix all who are not erased, newest first. Each row has `found`, for `Place`.
    """
    parameters: dict[str, Any] = {"all": inboxes is None, "ids": list(inboxes or ()), "limit": limit}
    if not prefix:
        return await database.rows(_ALL, parameters | {"id": after.id if after else _LAST_ID})
    prefix = prefix.lower()[:100]
    place = after or Place("", UUID(int=0))
    return await database.rows(
        _BY_PREFIX,
        parameters
        | {
            "prefix": prefix,
            "begin": max(prefix.encode(), place.found.encode()).decode(),
            "end": prefix + "\U0010ffff",
            "found": place.found,
            "id": place.id,
        },
    )


def shaped(row: Row) -> dict[str, Any]:
    """A row as the API gives it."""
    handles = [] if row["handle"] is None else [{"kind": row["handle_kind"], "value": row["handle"]}]
    handles += msgspec.json.decode(row["linked"])
    return {
        "id": row["contact_id"],
        "name": row["name"],
        "handle": row["handle"],
        "handles": handles,
        "phone": row["phone"],
        "note": row["note"],
        "erased": row["erased_at"] is not None,
        "created_at": row["created_at"],
    }
