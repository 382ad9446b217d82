"""Lists of conversations that agents keep, and how many are in each."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.saved_views import DeleteView, SaveView, ViewFilter
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.views import (
    Counts,
    CountsAsked,
    View,
    ViewChange,
    ViewFilterAsked,
    ViewNew,
    ViewsAsked,
)
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import check_inbox
from inbox_projection.policy import Permission, granted
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import conversation_lists, filters, labels, views
from inbox_projection.queries.conversation_filter import FILTERED, FIXED, Filter, seen_by
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["views"])


@router.get("/views", responses=answers.gives(Page[View], what="By name: shared ones and your own."))
@policy(Permission.READ_CONVERSATIONS)
async def list_views(request: Request, asked: Annotated[ViewsAsked, Query()]) -> Response:
    """Those of inboxes that you do not see are not among them."""
    after = views.FIRST if asked.cursor is None else cursors.decode(asked.cursor, views.Place)
    rows = await views.page(parts_of(request).database, caller_of(request), after, asked.limit + 1)
    return answers.page(rows, asked.limit, views.shaped, lambda row: views.Place(row["name"], row["view_id"]))


@router.post("/views", status_code=201, responses=answers.gives(View, 201, "The view."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def save_view(request: Request, body: ViewNew, key: IdempotencyKey = None) -> Response:
    identity = begin(request, key)
    command = SaveView(
        view_id=derived_id(identity, "view"),
        shared=body.shared,
        name=body.name,
        filter=_filter(request, body.filter),
        sort=body.sort,
    )
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(views.shaped(await _view(request, command.view_id)), 201)


@router.patch("/views/{view_id}", responses=answers.gives(View, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_view(request: Request, view_id: UUID, body: ViewChange, key: IdempotencyKey = None) -> Response:
    """Everybody may change a shared one."""
    row = await _view(request, view_id)
    known = views.view_of(row)
    command = SaveView(
        view_id=view_id,
        shared=row["owner_id"] is None if body.shared is None else body.shared,
        name=body.name or row["name"],
        filter=known.filter if body.filter is None else _filter(request, body.filter),
        sort=body.sort or known.sort,
    )
    await perform(request, command, parts_of(request).workspace_id, key)
    return answers.json(views.shaped(await _view(request, view_id)))


@router.delete("/views/{view_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.WORK_ON_CONVERSATIONS)
async def delete_view(request: Request, view_id: UUID, key: IdempotencyKey = None) -> Response:
    await _view(request, view_id)
    await perform(request, DeleteView(view_id=view_id), parts_of(request).workspace_id, key)
    return answers.no_content()


@router.get("/counts", responses=answers.gives(Counts, what="As of now."))
@policy(Permission.READ_CONVERSATIONS)
async def count_views(request: Request, asked: Annotated[CountsAsked, Query()]) -> Response:
    """Ask again when the feed tells of a conversation."""
    database, caller = parts_of(request).database, caller_of(request)
    if asked.inbox_id is not None:
        check_inbox(request, Permission.READ_CONVERSATIONS, asked.inbox_id)
    saved = {row["view_id"]: views.view_of(row) for row in await views.page(database, caller)}
    asked_for: dict[Any, Filter] = {}
    for name, view in [*FIXED.items(), *saved.items()]:
        wanted = _within(seen_by(view.filter, caller.agent_id, caller.reach), asked.inbox_id)
        if wanted is not None:
            asked_for[name] = await labels.with_all_names(database, wanted)
    found = await conversation_lists.counts(database, list(asked_for.values()))
    counts: dict[Any, Any] = {name: {"count": 0, "more": False} for name in (*FIXED, *saved)}
    counts |= {name: asdict(count) for name, count in zip(asked_for, found, strict=True)}
    fixed = {name: counts[name] for name in FIXED}
    if Permission.MANAGE_FILTERS in granted(caller.role):
        reach = caller.reach if asked.inbox_id is None else frozenset({asked.inbox_id})
        fixed[FILTERED] = asdict(await filters.count(database, reach))
    inboxes = await conversation_lists.open_in(database, caller.reach)
    return answers.json(
        {
            "fixed": fixed,
            "saved": {str(view_id): counts[view_id] for view_id in saved},
            "inboxes": {str(inbox_id): asdict(count) for inbox_id, count in inboxes.items()},
        }
    )


def _within(wanted: Filter, inbox_id: UUID | None) -> Filter | None:
    """The filter in one inbox; None where it is about another one."""
    if inbox_id is not None and wanted.inbox_id not in (None, inbox_id):
        return None
    only = wanted.inbox_id or inbox_id
    return wanted if only is None else replace(wanted, inboxes=None, inbox_id=only)


def _filter(request: Request, asked: ViewFilterAsked) -> ViewFilter:
    """Raises Problem 404 for an inbox out of reach."""
    if asked.inbox_id is not None:
        check_inbox(request, Permission.READ_CONVERSATIONS, asked.inbox_id)
    one = asked.assignee_id
    return ViewFilter(
        inbox_id=asked.inbox_id,
        status=tuple(dict.fromkeys(asked.status)),
        whose=one if isinstance(one, str) else None,
        assignee_id=one if isinstance(one, UUID) else None,
        team_id=asked.team_id,
        label=tuple(dict.fromkeys(asked.label)),
        channel=tuple(dict.fromkeys(asked.channel)),
        contact_id=asked.contact_id,
        waiting_on=asked.waiting_on,
        mentions_me=asked.mentioned is not None,
        created_from=asked.created_from,
        created_to=asked.created_to,
    )


async def _view(request: Request, view_id: UUID) -> Row:
    row = await views.one(parts_of(request).database, view_id, caller_of(request))
    if row is None:
        raise not_found("view")
    return row
