"""E-mail filters, and what they kept out."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.commands import SetEmailFilters
from events.workspace import EmailFilter
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models import filters as shapes
from inbox_projection.api.models.common import Page
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import check_inbox
from inbox_projection.policy import Permission
from inbox_projection.problems import invalid
from inbox_projection.queries import filters, workspace
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["email-filters"])


@router.get("/email-filters", responses=answers.gives(shapes.EmailFilters, what="All of them, with their version."))
@policy(Permission.MANAGE_FILTERS)
async def read_filters(request: Request) -> Response:
    return _answer(request, await filters.newest(parts_of(request).database))


@router.put(
    "/email-filters", max_body_size=300 * 1024, responses=answers.gives(shapes.EmailFilters, what="As they are now.")
)
@policy(Permission.MANAGE_FILTERS)
async def set_filters(request: Request, body: shapes.EmailFiltersAsked, key: IdempotencyKey = None) -> Response:
    """Replaces all you see; mails that come from now on meet these. Those of inboxes you do not see stay."""
    parts, identity = parts_of(request), begin(request, key)
    known = await filters.newest(parts.database)
    hidden = tuple(one for one in known.filters if not _seen(request, one))
    await _check_inboxes(request, body.filters)
    given = tuple(_made(one, derived_id(identity, f"filter {place}")) for place, one in enumerate(body.filters))
    if {one.id for one in given} & {one.id for one in hidden}:
        raise invalid(("body", "filters"), "A filter has the id of another one.")
    if len(given) + len(hidden) > shapes.MAX_FILTERS:
        raise invalid(("body", "filters"), f"At most {shapes.MAX_FILTERS} filters in all.", "too-many-filters")
    version = known.number if hidden and body.version is None else body.version
    command = SetEmailFilters(filters=(*given, *hidden), version=version)
    await perform(request, command, parts.workspace_id, key, identity=identity)
    return _answer(request, await filters.newest(parts.database))


@router.get(
    "/filtered-messages",
    responses=answers.gives(Page[shapes.FilteredMessage], what="Mails that were kept out, newest first."),
)
@policy(Permission.MANAGE_FILTERS)
async def list_filtered(request: Request, asked: Annotated[shapes.FilteredAsked, Query()]) -> Response:
    """Blocked mails, each with the filter that caught it; `raw_url` has the mail exactly as it came."""
    database, reach = parts_of(request).database, caller_of(request).reach
    if asked.inbox_id is not None:
        check_inbox(request, Permission.MANAGE_FILTERS, asked.inbox_id)
        reach = frozenset({asked.inbox_id})
    after = None if asked.cursor is None else cursors.decode(asked.cursor, filters.Place)
    rows = await filters.page(database, reach, after, asked.limit + 1)
    shown = rows[: asked.limit]
    last = shown[-1] if len(rows) > asked.limit else None
    caught = await filters.caught_by(database, shown) if shown else {}
    return answers.json(
        {
            "items": [filters.shaped(row, caught.get((row["filter_version"], row["filter_id"]))) for row in shown],
            "next_cursor": None if last is None else cursors.encode(filters.Place(last["at"], last["filtered_id"])),
        }
    )


async def _check_inboxes(request: Request, asked: list[shapes.EmailFilterAsked]) -> None:
    """Raises 404 for an inbox out of reach, 422 for one that nobody has, naming the filter."""
    named = {one.inbox_id for one in asked if one.inbox_id is not None}
    for inbox_id in named:
        check_inbox(request, Permission.MANAGE_FILTERS, inbox_id)
    if not named:
        return
    known = {one["id"] for one in await workspace.inboxes(parts_of(request).database, frozenset(named))}
    for place, one in enumerate(asked):
        if one.inbox_id is not None and one.inbox_id not in known:
            raise invalid(("body", "filters", str(place), "inbox_id"), "There is no such inbox.", "inbox-not-found")


def _made(one: shapes.EmailFilterAsked, fresh: UUID) -> EmailFilter:
    fields = one.model_dump()
    return EmailFilter(**{**fields, "id": one.id or fresh})


def _seen(request: Request, one: EmailFilter) -> bool:
    reach = caller_of(request).reach
    return one.inbox_id is None or reach is None or one.inbox_id in reach


def _answer(request: Request, version: filters.Version) -> Response:
    shown = [filters.shaped_filter(one) for one in version.filters if _seen(request, one)]
    return answers.json({"version": version.number, "filters": shown})
