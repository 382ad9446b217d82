"""E-mail filters, and what they kept out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.commands import SetEmailFilters
from events.filtering import AdmitFiltered, FilterSwitches
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
from inbox_projection.pool import Row
from inbox_projection.problems import invalid, not_found
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
    await _check_inboxes(request, "filters", body.filters)
    await _check_inboxes(request, "switches", body.switches or [])
    given = tuple(_made(one, derived_id(identity, f"filter {place}")) for place, one in enumerate(body.filters))
    if {one.id for one in given} & {one.id for one in hidden}:
        raise invalid(("body", "filters"), "A filter has the id of another one.")
    if len(given) + len(hidden) > shapes.MAX_FILTERS:
        raise invalid(("body", "filters"), f"At most {shapes.MAX_FILTERS} filters in all.", "too-many-filters")
    kept = hidden or (body.switches is not None and _hidden_switches(request, known))
    version = known.number if kept and body.version is None else body.version
    switches = None if body.switches is None else (*_switched(body.switches), *_hidden_switches(request, known))
    command = SetEmailFilters(filters=(*given, *hidden), version=version, switches=switches)
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
    caught = await filters.caught_by(database, rows[: asked.limit]) if rows else {}

    def shaped(row: Row) -> dict[str, Any]:
        return filters.shaped(row, caught.get((row["filter_version"], row["filter_id"])))

    return answers.page(rows, asked.limit, shaped, lambda row: filters.Place(row["at"], row["filtered_id"]))


@router.post(
    "/filtered-messages/{filtered_id}/admit",
    responses=answers.gives(shapes.FilteredMessage, what="As it is now, with its conversation."),
)
@policy(Permission.MANAGE_FILTERS)
async def admit_filtered(request: Request, filtered_id: UUID, key: IdempotencyKey = None) -> Response:
    """Lets it in, as if no filter had caught it: it opens a conversation or joins its thread, with the time when it
    came. The filter stays; a mail that is in already stays where it is."""
    await _filtered(request, filtered_id)
    await perform(request, AdmitFiltered(), filtered_id, key)
    row = await _filtered(request, filtered_id)
    caught = await filters.caught_by(parts_of(request).database, [row])
    return answers.json(filters.shaped(row, caught.get((row["filter_version"], row["filter_id"]))))


async def _filtered(request: Request, filtered_id: UUID) -> Row:
    row = await filters.one(parts_of(request).database, filtered_id)
    if row is None:
        raise not_found("filtered message")
    check_inbox(request, Permission.MANAGE_FILTERS, row["inbox_id"], "filtered message")
    return row


async def _check_inboxes(
    request: Request, place: str, asked: Sequence[shapes.EmailFilterAsked | shapes.SwitchesAsked]
) -> None:
    """Raises 404 for an inbox out of reach, 422 for one that nobody has, naming the filter."""
    named = {one.inbox_id for one in asked if one.inbox_id is not None}
    for inbox_id in named:
        check_inbox(request, Permission.MANAGE_FILTERS, inbox_id)
    if not named:
        return
    known = {one["id"] for one in await workspace.inboxes(parts_of(request).database, frozenset(named))}
    for number, one in enumerate(asked):
        if one.inbox_id is not None and one.inbox_id not in known:
            raise invalid(("body", place, str(number), "inbox_id"), "There is no such inbox.", "inbox-not-found")


def _made(one: shapes.EmailFilterAsked, fresh: UUID) -> EmailFilter:
    fields = one.model_dump()
    return EmailFilter(**{**fields, "id": one.id or fresh})


def _switched(asked: Sequence[shapes.SwitchesAsked]) -> tuple[FilterSwitches, ...]:
    return tuple(FilterSwitches(**one.model_dump()) for one in asked)


def _hidden_switches(request: Request, known: filters.Version) -> tuple[FilterSwitches, ...]:
    return tuple(one for one in known.switches if not _seen(request, one))


def _seen(request: Request, one: EmailFilter | FilterSwitches) -> bool:
    reach = caller_of(request).reach
    return one.inbox_id is None or reach is None or one.inbox_id in reach


def _answer(request: Request, version: filters.Version) -> Response:
    shown = [filters.shaped_filter(one) for one in version.filters if _seen(request, one)]
    switches = [filters.shaped_switches(one) for one in version.switches if _seen(request, one)]
    return answers.json({"version": version.number, "filters": shown, "switches": switches})
