"""How urgent a conversation is."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ChangePriority
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Conversation, PriorityChange
from inbox_projection.api.perform import IdempotencyKey
from inbox_projection.api.work import change
from inbox_projection.policy import Permission

router = APIRouter(route_class=GuardedRoute, tags=["priority"])


@router.put("/conversations/{conversation_id}/priority", responses=answers.gives(Conversation, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def set_priority(
    request: Request, conversation_id: UUID, body: PriorityChange, key: IdempotencyKey = None
) -> Response:
    return await change(request, conversation_id, ChangePriority(priority=body.priority), key)
