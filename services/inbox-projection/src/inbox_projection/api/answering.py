"""With what a reply would go out, so that it can be seen and changed before it is sent."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection import lines, replies
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.replies import Answering
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.problems import not_found
from inbox_projection.queries import messages

router = APIRouter(route_class=GuardedRoute, tags=["replies"])


@router.get(
    "/conversations/{conversation_id}/answering",
    responses=answers.gives(Answering, what="Recipients, subject and sender of a reply."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def read_answering(request: Request, conversation_id: UUID) -> Response:
    """As `POST …/replies` would decide it now, where you choose nothing."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    parts = parts_of(request)
    view = await messages.answered(parts.database, conversation_id)
    if view is None:
        raise not_found("conversation")
    channels = await messages.mail_channels(parts.database, caller_of(request).agent_id, parts.company_name)
    found = replies.proposed(view, channels)
    return answers.json(
        {
            "to": [lines.address(one) for one in found.to],
            "cc": [lines.address(one) for one in found.cc],
            "subject": found.subject,
            "channel_id": found.channel_id,
            "addresses": [
                {"channel_id": one.id, "address": one.address, "from_name": one.from_name} for one in found.channels
            ],
        }
    )
