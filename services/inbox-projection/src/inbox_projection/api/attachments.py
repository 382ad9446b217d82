"""Files of messages."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from inbox_projection import lines
from inbox_projection.api import answers
from inbox_projection.api.files import download
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.reach import message
from inbox_projection.policy import Permission
from inbox_projection.problems import not_found

router = APIRouter(route_class=GuardedRoute, tags=["attachments"])


@router.get(
    "/messages/{message_id}/attachments/{attachment_id}",
    response_class=StreamingResponse,
    responses=answers.gives_bytes("application/octet-stream", "The file, always as a download."),
)
@policy(Permission.READ_CONVERSATIONS)
async def read_attachment(request: Request, message_id: UUID, attachment_id: UUID) -> Response:
    content = lines.content_of(await message(request, message_id))
    for one in content.attachments if content is not None else ():
        if one.id == attachment_id:
            return await download(request, one.blob, one.name, one.content_type, one.size)
    raise not_found("attachment")
