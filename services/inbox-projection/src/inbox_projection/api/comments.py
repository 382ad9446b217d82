"""Internal comments."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import AddComment
from inbox_projection import lines
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import CommentNew, Message
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.problems import not_found
from inbox_projection.queries import messages
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["comments"])


@router.post(
    "/conversations/{conversation_id}/comments",
    status_code=201,
    max_body_size=512 * 1024,
    responses=answers.gives(Message, 201, "The comment."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def add_comment(
    request: Request, conversation_id: UUID, body: CommentNew, key: IdempotencyKey = None
) -> Response:
    """Seen by the team, never by customers."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    identity = begin(request, key)
    comment_id = derived_id(identity, "comment")
    command = AddComment(comment_id=comment_id, text=body.text, mentions=tuple(dict.fromkeys(body.mentions)))
    await perform(request, command, conversation_id, key, identity=identity)
    row = await messages.comment(parts_of(request).database, conversation_id, comment_id)
    if row is None:
        raise not_found("comment")
    return answers.json(lines.shaped(row, request.app.state.clean_html), 201)
