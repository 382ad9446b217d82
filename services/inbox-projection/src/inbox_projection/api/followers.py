"""Who follows a conversation."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import FollowConversation, UnfollowConversation
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Conversation
from inbox_projection.api.perform import IdempotencyKey
from inbox_projection.api.work import change
from inbox_projection.policy import Permission

router = APIRouter(route_class=GuardedRoute, tags=["conversations"])


@router.put(
    "/conversations/{conversation_id}/followers/{agent_id}", responses=answers.gives(Conversation, what="As it is now.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def follow(request: Request, conversation_id: UUID, agent_id: UUID, key: IdempotencyKey = None) -> Response:
    """You, or a colleague who belongs to the inbox, are told of what is written in it."""
    return await change(request, conversation_id, FollowConversation(agent_id=agent_id), key)


@router.delete(
    "/conversations/{conversation_id}/followers/{agent_id}", responses=answers.gives(Conversation, what="As it is now.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def unfollow(request: Request, conversation_id: UUID, agent_id: UUID, key: IdempotencyKey = None) -> Response:
    """Until the agent is mentioned, or follows, again."""
    return await change(request, conversation_id, UnfollowConversation(agent_id=agent_id), key)
