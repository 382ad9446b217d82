"""How far the caller has read a conversation."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import MarkRead
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Conversation
from inbox_projection.api.models.notifications import ReadMark
from inbox_projection.api.perform import IdempotencyKey
from inbox_projection.api.work import change
from inbox_projection.policy import Permission

router = APIRouter(route_class=GuardedRoute, tags=["conversations"])


@router.put("/conversations/{conversation_id}/read", responses=answers.gives(Conversation, what="The conversation."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def mark_read(request: Request, conversation_id: UUID, body: ReadMark, key: IdempotencyKey = None) -> Response:
    """You have read all up to this sequence; what there is to read beyond it, or before an earlier mark, stays."""
    return await change(request, conversation_id, MarkRead(up_to=body.sequence), key)


@router.delete("/conversations/{conversation_id}/read", responses=answers.gives(Conversation, what="The conversation."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def mark_unread(request: Request, conversation_id: UUID, key: IdempotencyKey = None) -> Response:
    """It is unread again, for you."""
    return await change(request, conversation_id, MarkRead(up_to=0), key)
