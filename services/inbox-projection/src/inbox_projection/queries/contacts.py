"""People who write to us, by id and by the beginning of a name or an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL

from inbox_projection.pool import Database, Row

_COLUMNS: Final = SQL(
    "p.contact_id, p.created_at, p.erased_at, p.handle_kind, p.handle, p.name, p.phone, p.note, p.properties,"
    " p.blocked_at, p.merged_into, p.company_id,"
    " array(select d.property_id::text from inbox.contact_properties d where d.deleted) as deleted,"
    " array(select m.contact_id from inbox.contacts m where m.merged_into = p.contact_id order by 1) as merged_ids,"
    " (select coalesce(json_agg(json_build_object('kind', h.kind, 'value', h.value) order by h.whose, h.sequence),"
    " '[]')::text from ("
    " select null as whose, l.sequence, l.kind, l.value from inbox.linked_handles l where l.contact_id = p.contact_id"
    " union all select m.contact_id::text, 0, m.handle_kind, m.handle from inbox.contacts m"
    " where m.merged_into = p.contact_id and m.handle <> ''"
    " union all select m.contact_id::text, l.sequence, l.kind, l.value from inbox.contacts m"
    " join inbox.linked_handles l on l.contact_id = m.contact_id where m.merged_into = p.contact_id) h) as linked"
)
_BEGAN: Final = SQL(
    "exists (select from inbox.conversations c where c.contact_id = p.contact_id {reached}) or exists (select"
    " from inbox.contacts m join inbox.conversations c on c.contact_id = m.contact_id"
    " where m.merged_into = p.contact_id {reached})"
)
# Whom an agent added and who has no conversation yet is everybody's.
_VISIBLE: Final = SQL("(%(all)s or {} or (p.by_hand and not ({})))").format(
    _BEGAN.format(reached=SQL("and c.inbox_id = any(%(ids)s::uuid[])")), _BEGAN.format(reached=SQL(""))
)
_ONE: Final = (
    SQL("select {} from inbox.contacts p where p.contact_id = %(contact)s and {}").format(_COLUMNS, _VISIBLE).as_bytes()
)
_SOME: Final = (
    SQL("select {} from inbox.contacts p where p.contact_id = any(%(contacts)s::uuid[]) and {}")
    .format(_COLUMNS, _VISIBLE)
    .as_bytes()
)
_OF_COMPANY: Final = SQL("p.company_id = %(company)s and {}").format(_VISIBLE)
_EVERYBODY: Final = SQL(
    "select {columns}, '' as found from inbox.contacts p where p.contact_id < %(id)s and p.erased_at is null"
    " and p.merged_into is null and {visible}"
    " order by p.contact_id desc limit %(limit)s"
)
_ALL: Final = _EVERYBODY.format(columns=_COLUMNS, visible=_VISIBLE).as_bytes()
_ALL_OF_COMPANY: Final = _EVERYBODY.format(columns=_COLUMNS, visible=_OF_COMPANY).as_bytes()
_PREFIXED: Final = SQL("""
select {columns}, k.found from (select u.contact_id, min(u.found) as found from (
    (select p.contact_id, lower(left(p.name, 100)) as found from inbox.contacts p
     where lower(left(p.name, 100)) ~>=~ %(begin)s and lower(left(p.name, 100)) ~<~ %(end)s and p.name <> ''
       and p.merged_into is null
       and (lower(left(p.name, 100)) ~>~ %(found)s or p.contact_id > %(id)s) and {visible}
     order by lower(left(p.name, 100)) using ~<~, p.contact_id limit %(limit)s)
    union all
    (select p.contact_id, left(p.handle, 100) as found from inbox.contacts p
     where left(p.handle, 100) ~>=~ %(begin)s and left(p.handle, 100) ~<~ %(end)s and p.handle is not null
       and p.merged_into is null
       and not starts_with(lower(left(p.name, 100)), %(prefix)s)
       and (left(p.handle, 100) ~>~ %(found)s or p.contact_id > %(id)s) and {visible}
     order by left(p.handle, 100) using ~<~, p.contact_id limit %(limit)s)
    union all
    (select p.contact_id, min(left(m.handle, 100)) as found
     from inbox.contacts m join inbox.contacts p on p.contact_id = m.merged_into
     where m.merged_into is not null
       and left(m.handle, 100) ~>=~ %(begin)s and left(m.handle, 100) ~<~ %(end)s and m.handle is not null
       and not starts_with(lower(left(p.name, 100)), %(prefix)s) and not starts_with(left(p.handle, 100), %(prefix)s)
       and (left(m.handle, 100) ~>~ %(found)s or p.contact_id > %(id)s) and {visible}
     group by p.contact_id order by min(left(m.handle, 100)) using ~<~, p.contact_id limit %(limit)s)
    union all
    (select p.contact_id, min(left(h.value, 100)) as found
     from inbox.linked_handles h join inbox.contacts w on w.contact_id = h.contact_id
     join inbox.contacts p on p.contact_id = coalesce(w.merged_into, w.contact_id)
     where left(h.value, 100) ~>=~ %(begin)s and left(h.value, 100) ~<~ %(end)s
       and not starts_with(lower(left(p.name, 100)), %(prefix)s) and not starts_with(left(p.handle, 100), %(prefix)s)
       and (left(h.value, 100) ~>~ %(found)s or p.contact_id > %(id)s) and {visible}
     group by p.contact_id order by min(left(h.value, 100)) using ~<~, p.contact_id limit %(limit)s)
) u group by u.contact_id) k join inbox.contacts p on p.contact_id = k.contact_id
order by k.found using ~<~, k.contact_id limit %(limit)s
""")
_BY_PREFIX: Final = _PREFIXED.format(columns=_COLUMNS, visible=_VISIBLE).as_bytes()
_BY_PREFIX_OF_COMPANY: Final = _PREFIXED.format(columns=_COLUMNS, visible=_OF_COMPANY).as_bytes()
_HOLDER: Final = """
select p.contact_id from inbox.contacts p
where (p.contact_id = %(contact)s or p.merged_into = %(contact)s)
  and ((p.handle_kind = 'email' and p.handle = %(address)s) or exists (
    select from inbox.linked_handles h
    where h.contact_id = p.contact_id and h.kind = 'email' and h.value = %(address)s))
order by p.contact_id <> %(contact)s limit 1
"""
_FURTHER: Final = """
select value from inbox.linked_handles
where contact_id = %(contact)s and kind = 'email' and value <> %(address)s order by sequence
"""
_OWNER: Final = """
select coalesce(p.merged_into, p.contact_id) as contact_id from (
    select contact_id from inbox.contacts where left(handle, 100) = left(%(address)s, 100) and handle = %(address)s
    union all
    select contact_id from inbox.linked_handles where left(value, 100) = left(%(address)s, 100) and value = %(address)s
) f join inbox.contacts p on p.contact_id = f.contact_id limit 1
"""
_OWNERS: Final = (
    SQL("""
select f.address, p.contact_id, {visible} as visible from (
    select k.handle as address, k.contact_id from inbox.contacts k
    where left(k.handle, 100) = any(%(beginnings)s::text[]) and k.handle = any(%(addresses)s::text[])
    union all
    select h.value, h.contact_id from inbox.linked_handles h
    where left(h.value, 100) = any(%(beginnings)s::text[]) and h.value = any(%(addresses)s::text[])
) f join inbox.contacts w on w.contact_id = f.contact_id
join inbox.contacts p on p.contact_id = coalesce(w.merged_into, w.contact_id)
""")
    .format(visible=_VISIBLE)
    .as_bytes()
)
_LAST_ID: Final = UUID(int=2**128 - 1)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of contacts ended: what was found, and whose it was."""

    found: str
    id: UUID


async def one(database: Database, contact_id: UUID, inboxes: frozenset[UUID] | None) -> Row | None:
    """A contact who began a conversation in one of these inboxes (None: any), or was added by hand and began none."""
    return await database.row(_ONE, {"contact": contact_id, "all": inboxes is None, "ids": list(inboxes or ())})


async def some(database: Database, contact_ids: Sequence[UUID], inboxes: frozenset[UUID] | None) -> list[Row]:
    """Those of these contacts whom `one` would give."""
    asked = {"contacts": list(contact_ids), "all": inboxes is None, "ids": list(inboxes or ())}
    return await database.rows(_SOME, asked)


async def page(
    database: Database,
    prefix: str | None,
    inboxes: frozenset[UUID] | None,
    after: Place | None,
    limit: int,
    *,
    company_id: UUID | None = None,
) -> list[Row]:
    """Contacts whose name, address or further address begins with the prefix (case aside), in its order; without a
    prefix all who are not erased, newest first. Of a company only those who belong to it. Each row has `found`, for
    `Place`.
    """
    parameters: dict[str, Any] = {
        "all": inboxes is None,
        "ids": list(inboxes or ()),
        "limit": limit,
        "company": company_id,
    }
    if not prefix:
        every = _ALL if company_id is None else _ALL_OF_COMPANY
        return await database.rows(every, parameters | {"id": after.id if after else _LAST_ID})
    prefix = prefix.lower()[:100]
    place = after or Place("", UUID(int=0))
    return await database.rows(
        _BY_PREFIX if company_id is None else _BY_PREFIX_OF_COMPANY,
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
    handles = [{"kind": row["handle_kind"], "value": row["handle"]}] if row["handle"] else []
    handles += msgspec.json.decode(row["linked"])
    return {
        "id": row["contact_id"],
        "name": row["name"],
        "handle": row["handle"] or None,
        "handles": handles,
        "phone": row["phone"],
        "note": row["note"],
        "properties": _properties(row),
        "company_id": row["company_id"],
        "blocked": row["blocked_at"] is not None,
        "merged_into": row["merged_into"],
        "merged_ids": row["merged_ids"],
        "erased": row["erased_at"] is not None,
        "created_at": row["created_at"],
    }


def _properties(row: Row) -> dict[str, Any]:
    """Values of what is deleted stay in the row, and are shown to nobody."""
    values: dict[str, Any] = msgspec.json.decode(row["properties"])
    return {key: value for key, value in values.items() if key not in row["deleted"]} if row["deleted"] else values


async def holder_of(database: Database, contact_id: UUID, address: str) -> UUID | None:
    """Who has the address: the contact or one who was merged into it; None when neither does."""
    row = await database.row(_HOLDER, {"contact": contact_id, "address": address})
    return None if row is None else row["contact_id"]


async def others_of(database: Database, contact_id: UUID, address: str) -> list[str]:
    """The further e-mail addresses of this very contact, the oldest first."""
    found = await database.rows(_FURTHER, {"contact": contact_id, "address": address})
    return [row["value"] for row in found]


class Owner(msgspec.Struct, frozen=True):
    """Who is known by an address, or stands for who is; `visible`: `one` would give that contact."""

    contact_id: UUID
    visible: bool


async def owners(database: Database, addresses: Sequence[str], inboxes: frozenset[UUID] | None) -> dict[str, Owner]:
    """Who has these addresses (in lower case), and whether who reaches these inboxes may see them."""
    asked = {"addresses": list(addresses), "beginnings": [address[:100] for address in addresses]}
    rows = await database.rows(_OWNERS, asked | {"all": inboxes is None, "ids": list(inboxes or ())})
    return {row["address"]: Owner(row["contact_id"], row["visible"]) for row in rows}


async def owner_of(database: Database, address: str) -> UUID | None:
    """The contact that is known by the address, or that stands for who is."""
    row = await database.row(_OWNER, {"address": address})
    return None if row is None else row["contact_id"]
