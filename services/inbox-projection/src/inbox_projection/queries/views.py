"""Saved views that an agent may use: everybody's and their own, of inboxes within reach."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from events.saved_views import ViewFilter
from inbox_projection.policy import Caller
from inbox_projection.pool import Database, Row
from inbox_projection.queries.conversation_filter import View

_COLUMNS: Final = "view_id, owner_id, name, filter, sort, changed_at"
_MINE: Final = (
    "not deleted and (owner_id is null or owner_id = %(agent)s)"
    " and (inbox_id is null or %(all)s or inbox_id = any(%(inboxes)s::uuid[]))"
)
_PAGE: Final = (
    f"select {_COLUMNS} from inbox.views where {_MINE}"  # noqa: S608 (names of this file)
    " and (name, view_id) > (%(name)s, %(id)s) order by name, view_id limit %(limit)s"
)
_ONE: Final = f"select {_COLUMNS} from inbox.views where {_MINE} and view_id = %(id)s"  # noqa: S608 (as above)
_filter: Final = msgspec.json.Decoder(ViewFilter)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    id: UUID


FIRST: Final = Place("", UUID(int=0))
MOST: Final = 200
"""More than an agent can see: 100 shared ones and 50 of one's own."""


async def page(database: Database, caller: Caller, after: Place = FIRST, limit: int = MOST) -> list[Row]:
    """By name."""
    return await database.rows(_PAGE, _who(caller) | {"name": after.name, "id": after.id, "limit": limit})


async def one(database: Database, view_id: UUID, caller: Caller) -> Row | None:
    return await database.row(_ONE, _who(caller) | {"id": view_id})


def view_of(row: Row) -> View:
    return View(_filter.decode(row["filter"]), row["sort"])


def shaped(row: Row) -> dict[str, Any]:
    view = view_of(row)
    return {
        "id": row["view_id"],
        "shared": row["owner_id"] is None,
        "name": row["name"],
        "filter": shaped_filter(view.filter),
        "sort": view.sort,
        "updated_at": row["changed_at"],
    }


def shaped_filter(wanted: ViewFilter) -> dict[str, Any]:
    """By the names of the list's parameters."""
    return {
        "inbox_id": wanted.inbox_id,
        "status": wanted.status,
        "assignee_id": wanted.whose or wanted.assignee_id,
        "team_id": wanted.team_id,
        "label": wanted.label,
        "channel": wanted.channel,
        "contact_id": wanted.contact_id,
        "waiting_on": wanted.waiting_on,
        "mentioned": "me" if wanted.mentions_me else None,
        "created_from": wanted.created_from,
        "created_to": wanted.created_to,
    }


def _who(caller: Caller) -> dict[str, Any]:
    reach = caller.reach
    return {"agent": caller.agent_id, "all": reach is None, "inboxes": list(reach or ())}
