"""Labels that the team has agreed on, and by which names conversations carry them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from inbox_projection.pool import Database, Row
from inbox_projection.queries.conversation_filter import Filter

_COLUMNS: Final = "label_id, name, color, changed_at"
_PAGE: Final = (
    f"select {_COLUMNS} from inbox.labels where not deleted"  # noqa: S608 (names of this file)
    " and (name, label_id) > (%(name)s, %(id)s) order by name, label_id limit %(limit)s"
)
_ONE: Final = f"select {_COLUMNS} from inbox.labels where not deleted and label_id = %s"  # noqa: S608 (as above)
_NAMES: Final = (
    "select array_append(former_names, name) as names from inbox.labels"
    " where not deleted and (name = any(%(names)s) or former_names && %(names)s::text[])"
)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    id: UUID


FIRST: Final = Place("", UUID(int=0))


async def page(database: Database, after: Place, limit: int) -> list[Row]:
    """By name."""
    return await database.rows(_PAGE, {"name": after.name, "id": after.id, "limit": limit})


async def one(database: Database, label_id: UUID) -> Row | None:
    return await database.row(_ONE, (label_id,))


async def with_all_names(database: Database, wanted: Filter) -> Filter:
    """The filter with the former and present names of its labels: conversations carry any of them."""
    if not wanted.label:
        return wanted
    rows = await database.rows(_NAMES, {"names": list(wanted.label)})
    names = dict.fromkeys((*wanted.label, *(name for row in rows for name in row["names"])))
    return replace(wanted, label=tuple(names))


def shaped(row: Row) -> dict[str, Any]:
    return {"id": row["label_id"], "name": row["name"], "color": row["color"], "updated_at": row["changed_at"]}
