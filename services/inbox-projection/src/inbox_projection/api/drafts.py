"""What an agent is writing, in a conversation or as a first message, kept on the server."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection import cursors
from inbox_projection.api import answers, sending, uploads
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Instant, Page, PageAsked
from inbox_projection.api.models.replies import Draft, DraftAsked, DraftListed, FirstDraft, FirstDraftAsked
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.reach import conversation
from inbox_projection.api.sending import DraftWriter
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import Problem
from inbox_projection.queries import draft_lists, drafts
from inbox_projection.queries.drafts import Writer
from inbox_projection.replies import pictures

router = APIRouter(route_class=GuardedRoute, tags=["replies"])
_DRAFT = "/conversations/{conversation_id}/draft"
_FIRST = "/me/draft"
BasedOn = Annotated[
    Instant | None,
    Query(description="`updated_at` of the draft that this goes on from; without it, of none."),
]


@router.get("/drafts", responses=answers.gives(Page[DraftListed], what="Your drafts, the last written first."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def list_drafts(request: Request, asked: Annotated[PageAsked, Query()]) -> Response:
    """Nobody else's, and only of inboxes that you see. Ask again when the feed tells of a `draft`."""
    after = None if asked.cursor is None else cursors.decode(asked.cursor, draft_lists.Place)
    rows = await draft_lists.page(parts_of(request).database, caller_of(request), after, asked.limit + 1)
    return answers.page(rows, asked.limit, draft_lists.shaped, draft_lists.place_of)


@router.get(_DRAFT, responses=answers.gives(Draft, what="Your draft; `updated_at` null where there is none."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def read_draft(request: Request, conversation_id: UUID) -> Response:
    """Nobody else's. It is gone once you sent a reply, and after 90 days."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    row = await drafts.read(parts_of(request).database, conversation_id, caller_of(request).agent_id)
    return await _shown(request, DraftAsked, row)


@router.put(_DRAFT, max_body_size=sending.MAX_BODY, responses=answers.gives(Draft, what="Your draft."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def keep_draft(
    request: Request, conversation_id: UUID, body: DraftAsked, writer: DraftWriter = None, based_on: BasedOn = None
) -> Response:
    """In the place of the one before. Recipients are kept as they were typed, files and pictures as long as
    the draft.

    With `writer`: 409 `draft-changed` where another writer changed it since `based_on`."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    return await _kept(request, conversation_id, body, Writer(writer, based_on))


@router.delete(_DRAFT, status_code=204, responses=answers.gives_nothing())
@policy(Permission.WORK_ON_CONVERSATIONS)
async def drop_draft(request: Request, conversation_id: UUID, writer: DraftWriter = None) -> Response:
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    await drafts.drop(parts_of(request).database, conversation_id, caller_of(request).agent_id, writer)
    return answers.no_content()


@router.get(_FIRST, responses=answers.gives(FirstDraft, what="Your draft; `updated_at` null where there is none."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def read_first_draft(request: Request) -> Response:
    """Of a message that will begin a conversation; one for each agent, gone after 90 days."""
    row = await drafts.read_first(parts_of(request).database, caller_of(request).agent_id)
    return await _shown(request, FirstDraftAsked, row)


@router.put(_FIRST, max_body_size=sending.MAX_BODY, responses=answers.gives(FirstDraft, what="Your draft."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def keep_first_draft(
    request: Request, body: FirstDraftAsked, writer: DraftWriter = None, based_on: BasedOn = None
) -> Response:
    """In the place of the one before; with `writer` 409 `draft-changed` as in a conversation."""
    return await _kept(request, caller_of(request).agent_id, body, Writer(writer, based_on))


@router.delete(_FIRST, status_code=204, responses=answers.gives_nothing())
@policy(Permission.WORK_ON_CONVERSATIONS)
async def drop_first_draft(request: Request, writer: DraftWriter = None) -> Response:
    me = caller_of(request).agent_id
    await drafts.drop(parts_of(request).database, me, me, writer)
    return answers.no_content()


async def _kept(request: Request, place: UUID, body: DraftAsked | FirstDraftAsked, by: Writer) -> Response:
    parts, at, content = parts_of(request), parts_of(request).clock(), body.model_dump_json()
    files = {*body.attachment_ids, *pictures(body.html)}
    if not await drafts.keep(parts.database, place, caller_of(request).agent_id, content, at, by, files):
        detail = "Another page of yours changed this draft meanwhile: read it, then keep what is to stay."
        raise Problem(409, "draft-changed", detail)
    return await _shown(request, type(body), {"content": content, "updated_at": at})


async def _shown(request: Request, kind: type[DraftAsked | FirstDraftAsked], row: Row | None) -> Response:
    kept = kind.model_validate({}) if row is None else kind.model_validate_json(row["content"])
    found = await parts_of(request).uploads.unused(kept.attachment_ids, caller_of(request).agent_id)
    files: list[dict[str, Any]] = [uploads.shaped(one) for one in found]
    updated_at = None if row is None else row["updated_at"]
    return answers.json({**kept.model_dump(), "attachments": files, "updated_at": updated_at})
