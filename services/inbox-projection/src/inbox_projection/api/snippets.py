"""Texts that agents keep to be written again, and the signature below them."""

from __future__ import annotations

from io import BytesIO
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.snippets import DeleteSnippet, SaveSnippet
from events.values import Address, Attachment
from inbox_projection import cursors, rendering
from inbox_projection.api import answers, sending, uploads
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.conversations import mailbox
from inbox_projection.api.models.snippets import (
    RenderAsked,
    Rendered,
    Signature,
    Snippet,
    SnippetChange,
    SnippetNew,
    SnippetsAsked,
)
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin
from inbox_projection.api.reach import check_inbox, conversation
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import Problem, not_found
from inbox_projection.queries import snippets
from service_kit.blobs import BlobNotFound
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["snippets"])


@router.get("/snippets", responses=answers.gives(Page[Snippet], what="By folder and name: shared ones and your own."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def list_snippets(request: Request, asked: Annotated[SnippetsAsked, Query()]) -> Response:
    after = snippets.FIRST if asked.cursor is None else cursors.decode(asked.cursor, snippets.Place)
    rows = await snippets.page(parts_of(request).database, caller_of(request).agent_id, after, asked.limit + 1)
    return answers.page(
        rows, asked.limit, snippets.shaped, lambda row: snippets.Place(row["folder"], row["name"], row["snippet_id"])
    )


@router.post(
    "/snippets", status_code=201, max_body_size=sending.MAX_BODY, responses=answers.gives(Snippet, 201, "The snippet.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def make_snippet(request: Request, body: SnippetNew, key: IdempotencyKey = None) -> Response:
    """An unknown variable is refused and named."""
    identity = begin(request, key)
    files = await sending.claim(request, body.attachment_ids, None, identity)
    command = SaveSnippet(
        snippet_id=derived_id(identity, "snippet"),
        shared=body.shared,
        name=body.name,
        folder=body.folder,
        text=body.text,
        html=body.html,
        attachments=files,
    )
    return await _saved(request, command, key, identity, files, 201)


@router.patch(
    "/snippets/{snippet_id}", max_body_size=sending.MAX_BODY, responses=answers.gives(Snippet, what="As it is now.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_snippet(
    request: Request, snippet_id: UUID, body: SnippetChange, key: IdempotencyKey = None
) -> Response:
    """Everybody may change a shared one."""
    row, identity = await _snippet(request, snippet_id), begin(request, key)
    had = {one.id: one for one in snippets.files_of(row)}
    wanted = list(had) if body.attachment_ids is None else body.attachment_ids
    fresh = await sending.claim(request, [one for one in wanted if one not in had], None, identity)
    files = {**had, **{one.id: one for one in fresh}}
    command = SaveSnippet(
        snippet_id=snippet_id,
        shared=row["owner_id"] is None if body.shared is None else body.shared,
        name=body.name or row["name"],
        folder=row["folder"] if body.folder is None else body.folder,
        text=row["text"] if body.text is None else body.text,
        html=body.html if "html" in body.model_fields_set else row["html"],
        attachments=tuple(files[one] for one in dict.fromkeys(wanted)),
    )
    return await _saved(request, command, key, identity, fresh, 200)


@router.delete("/snippets/{snippet_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.WORK_ON_CONVERSATIONS)
async def delete_snippet(request: Request, snippet_id: UUID, key: IdempotencyKey = None) -> Response:
    await _snippet(request, snippet_id)
    command, parts = DeleteSnippet(snippet_id=snippet_id), parts_of(request)
    await sending.send(request, command, parts.workspace_id, key, begin(request, key), ())
    return answers.no_content()


@router.post(
    "/snippets/{snippet_id}/render", responses=answers.gives(Rendered, what="Filled for the conversation and you.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def render_snippet(request: Request, snippet_id: UUID, body: RenderAsked) -> Response:
    """Its files come as uploads of yours, to be attached or left."""
    row = await _snippet(request, snippet_id)
    made = rendering.render(row["text"], row["html"], await _values_asked(request, body))
    files = [await _copied(request, one) for one in snippets.files_of(row)]
    return answers.json({"text": made.text, "html": made.html, "missing": made.missing, "attachments": files})


@router.get(
    "/conversations/{conversation_id}/signature", responses=answers.gives(Signature, what="What stands below a reply.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def read_signature(request: Request, conversation_id: UUID) -> Response:
    """The inbox's template with your own name, signature and so on in it."""
    parts = parts_of(request)
    values = await _values(request, conversation_id)
    view = await snippets.values(parts.database, conversation_id, caller_of(request).agent_id)
    made = rendering.render("" if view is None else view["signature"], None, values)
    return answers.json({"text": made.text, "missing": made.missing})


async def _saved(
    request: Request,
    command: SaveSnippet,
    key: str | None,
    identity: UUID,
    files: tuple[Attachment, ...],
    status: int,
) -> Response:
    await sending.send(request, command, parts_of(request).workspace_id, key, identity, files)
    return answers.json(snippets.shaped(await _snippet(request, command.snippet_id)), status)


async def _snippet(request: Request, snippet_id: UUID) -> Row:
    row = await snippets.one(parts_of(request).database, snippet_id, caller_of(request).agent_id)
    if row is None:
        raise not_found("snippet")
    return row


async def _values_asked(request: Request, body: RenderAsked) -> dict[str, str]:
    if body.conversation_id is not None:
        return await _values(request, body.conversation_id)
    assert body.first is not None
    first, parts = body.first, parts_of(request)
    check_inbox(request, Permission.WORK_ON_CONVERSATIONS, first.inbox_id)
    to = Address("") if first.to is None else mailbox(first.to)
    me = caller_of(request).agent_id
    view = await snippets.inbox_values(parts.database, first.inbox_id, first.channel_id, me, to, first.subject)
    if view is None:
        raise not_found("inbox")
    return rendering.values_of(view)


async def _values(request: Request, conversation_id: UUID) -> dict[str, str]:
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    view = await snippets.values(parts_of(request).database, conversation_id, caller_of(request).agent_id)
    if view is None:
        raise not_found("conversation")
    return rendering.values_of(view)


async def _copied(request: Request, file: Attachment) -> dict[str, object]:
    """A file of a snippet as an upload: no two messages share one, so that erasing one's person takes only its own."""
    parts = parts_of(request)
    try:
        content = await parts.blobs.get(file.blob)
    except BlobNotFound:
        raise Problem(409, "attachment-missing", "A file of the snippet is gone; save the snippet anew.") from None
    agent_id = caller_of(request).agent_id
    return uploads.shaped(await parts.uploads.keep(agent_id, file.name, file.content_type, BytesIO(content)))
