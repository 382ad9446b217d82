"""The thread of a conversation, and the original of a message."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from events.values import MessageContent
from inbox_projection import cursors, lines
from inbox_projection.api import answers
from inbox_projection.api.files import download
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.conversations import Images, Message, MessagesAsked
from inbox_projection.api.parts import parts_of
from inbox_projection.api.reach import check_inbox, message
from inbox_projection.html_page import page_headers, page_of
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import messages

router = APIRouter(route_class=GuardedRoute, tags=["messages"])


@router.get("/conversations/{conversation_id}/messages", responses=answers.gives(Page[Message], what="Oldest first."))
@policy(Permission.READ_CONVERSATIONS)
async def read_thread(request: Request, conversation_id: UUID, asked: Annotated[MessagesAsked, Query()]) -> Response:
    """Messages, comments and what happened in between, in the order of the conversation. Where others were merged into
    it, theirs are among them, by time; they name their own conversation, and have the sequence 0.

    With `from=end` the last lines, still oldest first; the next page has those before them."""
    begin = messages.END if asked.from_ == "end" else messages.BEGINNING
    place = begin if asked.cursor is None else cursors.decode(asked.cursor, messages.Place)
    read = messages.thread_end if asked.from_ == "end" else messages.thread
    rows = await read(parts_of(request).database, conversation_id, place, asked.limit + 1)
    if rows is None:
        raise not_found("conversation")
    check_inbox(request, Permission.READ_CONVERSATIONS, rows[0]["inbox_id"], "conversation")
    shown = [row for row in rows[: asked.limit] if row["message_id"] is not None]
    cache = request.app.state.clean_html
    items = [lines.shaped(_of(row, conversation_id), cache, images=asked.images == "show") for row in shown]
    return answers.json(
        {
            "items": items[::-1] if asked.from_ == "end" else items,
            "next_cursor": cursors.encode(messages.place_of(shown[-1])) if len(rows) > asked.limit else None,
        }
    )


def _of(row: Row, conversation_id: UUID) -> Row:
    """A line as it is in the thread of this conversation: no sequence of another's counts here."""
    return row if row["conversation_id"] == conversation_id else row | {"sequence": 0}


@router.get(
    "/messages/{message_id}/raw",
    response_class=StreamingResponse,
    responses=answers.gives_bytes("message/rfc822", "The mail exactly as it came."),
)
@policy(Permission.READ_CONVERSATIONS)
async def read_original(request: Request, message_id: UUID) -> Response:
    """For inbound mails. 404 once its person is erased."""
    row = await message(request, message_id)
    content = lines.content_of(row)
    if not isinstance(content, MessageContent) or content.raw is None:
        raise not_found("original")
    return await download(
        request, content.raw.name, f"message-{row['number'] or 'filtered'}.eml", "message/rfc822", content.raw.size
    )


@router.get(
    "/messages/{message_id}/html",
    response_class=Response,
    responses=answers.gives_bytes("text/html", "A page with nothing but the message, that runs and sends nothing."),
)
@policy(Permission.READ_CONVERSATIONS)
async def read_html(request: Request, message_id: UUID, images: Images = "block") -> Response:
    """For a frame. 404 for a message without HTML. With `images=show` remote images are loaded, which tells their
    servers that the mail was opened."""
    row = await message(request, message_id)
    html = lines.shaped(row, request.app.state.clean_html, images=images == "show")["html"]
    if html is None:
        raise not_found("html")
    return Response(page_of(html), headers=page_headers(remote_images=images == "show"))
