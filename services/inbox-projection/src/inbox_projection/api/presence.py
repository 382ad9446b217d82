"""Who has a conversation open."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.presence import Attending, PresenceAsked
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.reach import conversation
from inbox_projection.attendance import RENEW
from inbox_projection.policy import Permission

router = APIRouter(route_class=GuardedRoute, tags=["conversations"])


@router.put("/conversations/{conversation_id}/presence", responses=answers.gives(Attending, what="Who is there."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def set_presence(request: Request, conversation_id: UUID, body: PresenceAsked) -> Response:
    """You have it open, or write in it: others see it in the feed within a second. Say it again every five seconds;
    who is silent for nine is gone, as is who says so, and within three seconds whose feed has ended."""
    row = await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    here = parts_of(request).here
    await here.says(conversation_id, row["inbox_id"], caller_of(request).agent_id, body.state)
    return answers.json({"presence": here.of(conversation_id), "renew_seconds": RENEW})
