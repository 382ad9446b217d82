"""Companies, by id and by the beginning of a name; and the properties that contacts have."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import msgspec

from inbox_projection.pool import Database, Row

_COLUMNS: Final = "k.company_id, k.name, k.domains, k.note, k.created_at"
_ONE: Final = f"select {_COLUMNS} from inbox.companies k where k.company_id = %s"  # noqa: S608 (of this file)
_SOME: Final = f"select {_COLUMNS} from inbox.companies k where k.company_id = any(%s::uuid[])"  # noqa: S608 (as above)
_PAGE: Final = f"""
select {_COLUMNS}, lower(left(k.name, 100)) as found from inbox.companies k
where lower(left(k.name, 100)) ~>=~ %(begin)s and lower(left(k.name, 100)) ~<~ %(end)s
  and (lower(left(k.name, 100)) ~>~ %(found)s or k.company_id > %(id)s)
order by lower(left(k.name, 100)) using ~<~, k.company_id limit %(limit)s
"""  # noqa: S608 (as above)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of companies ended: the beginning of a name, and whose it was."""

    found: str
    id: UUID


async def one(database: Database, company_id: UUID) -> Row | None:
    return await database.row(_ONE, (company_id,))


async def some(database: Database, company_ids: Collection[UUID]) -> list[Row]:
    """Those of these companies that there are."""
    return await database.rows(_SOME, (list(company_ids),))


async def page(database: Database, prefix: str, after: Place | None, limit: int) -> list[Row]:
    """Companies whose names begin with the prefix, case aside, in their order; each row has `found`, for `Place`."""
    prefix, place = prefix.lower()[:100], after or Place("", UUID(int=0))
    begin = max(prefix.encode(), place.found.encode()).decode()
    asked = {"begin": begin, "end": prefix + "\U0010ffff", "found": place.found, "id": place.id, "limit": limit}
    return await database.rows(_PAGE, asked)


async def names(database: Database, company_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these companies."""
    if not company_ids:
        return {}
    rows = await database.rows(
        "select company_id, name from inbox.companies where company_id = any(%s::uuid[])", (list(company_ids),)
    )
    return {row["company_id"]: row["name"] for row in rows}


def shaped(row: Row) -> dict[str, Any]:
    """A row as the API gives it."""
    return {
        "id": row["company_id"],
        "name": row["name"],
        "domains": row["domains"],
        "note": row["note"],
        "created_at": row["created_at"],
    }


async def properties(database: Database) -> list[Row]:
    """All properties that contacts have, the oldest first; there are at most a hundred."""
    return await database.rows(
        "select property_id as id, name, kind, choices, created_at from inbox.contact_properties where not deleted"
        " order by created_at, property_id"
    )
