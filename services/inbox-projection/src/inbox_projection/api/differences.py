"""The drill-down of the reconciliation: each message of an hour that is in no conversation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.topics import INBOUND_EMAIL
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.operations import Differences, DifferencesAsked
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.differences import Shown, differences, quarantined
from inbox_projection.policy import Permission
from inbox_projection.problems import invalid
from inbox_projection.queries import operations

router = APIRouter(route_class=GuardedRoute, tags=["reconciliation"])
LOOK_BACK: Final = timedelta(days=1)
"""How long before a message its first copy is looked for."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    at: datetime
    id: str


@router.get(
    "/reconciliation/differences", responses=answers.gives(Differences, what="Each message in no conversation.")
)
@policy(Permission.RECONCILE)
async def read_differences(request: Request, asked: Annotated[DifferencesAsked, Query()]) -> Response:
    """Of one hour, oldest first, as far as the log still holds it (14 days). Quarantined ones: for administrators."""
    begin, end = _hour(asked.hour or parts_of(request).clock())
    found, complete = await _found(request, begin, end)
    if asked.channel_id is not None:
        found = [one for one in found if one["channel_id"] == asked.channel_id]
    reach = caller_of(request).reach
    if reach is not None:
        found = [one for one in found if one["inbox_id"] in reach]
    found.sort(key=lambda one: (one["at"], one["id"]))
    if asked.cursor is not None:
        after = cursors.decode(asked.cursor, Place)
        found = [one for one in found if (one["at"], one["id"]) > (after.at, after.id)]
    shown = found[: asked.limit]
    place = Place(shown[-1]["at"], shown[-1]["id"]) if len(found) > asked.limit else None
    return answers.json(
        {
            "hour": begin,
            "complete": complete,
            "items": shown,
            "next_cursor": None if place is None else cursors.encode(place),
        }
    )


async def _found(request: Request, begin: datetime, end: datetime) -> tuple[list[dict[str, Any]], bool]:
    parts = parts_of(request)
    read = await parts.inbound.received(begin - LOOK_BACK, end)
    appended, filtered = await operations.shown_of(parts.database, [one.message_id for one in read.records])
    waiting = await operations.quarantine_of(parts.database, [INBOUND_EMAIL.name])
    places = {(row["topic"], row["partition"], row["offset"]) for row in waiting}
    found = differences(read.records, begin, end, Shown(appended, filtered, places))
    found += [quarantined(row) for row in waiting if begin <= row["quarantined_at"] < end]
    return found, read.complete


def _hour(moment: datetime) -> tuple[datetime, datetime]:
    if not 1970 < moment.year < 9999:
        raise invalid(("query", "hour"), "The time is out of range.")
    begin = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(hours=1)
