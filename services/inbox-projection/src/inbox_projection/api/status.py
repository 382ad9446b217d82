"""Where a conversation stands."""

from __future__ import annotations

from typing import assert_never
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import (
    MarkConversationAsSpam,
    ReopenConversation,
    ResolveConversation,
    SnoozeConversation,
    TrashConversation,
)
from events.envelope import Command
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Conversation, StatusChange
from inbox_projection.api.perform import IdempotencyKey
from inbox_projection.api.work import change
from inbox_projection.policy import Permission
from inbox_projection.problems import invalid

router = APIRouter(route_class=GuardedRoute, tags=["status"])


@router.put("/conversations/{conversation_id}/status", responses=answers.gives(Conversation, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def set_status(
    request: Request, conversation_id: UUID, body: StatusChange, key: IdempotencyKey = None
) -> Response:
    """Snoozed until a time, or until they answer."""
    if body.until is not None and body.status != "snoozed":
        raise invalid(("body", "until"), "Only a snoozed conversation has a time.")
    return await change(request, conversation_id, _command(body), key)


def _command(body: StatusChange) -> Command:
    match body.status:
        case "open":
            return ReopenConversation()
        case "snoozed":
            return SnoozeConversation(until=body.until)
        case "resolved":
            return ResolveConversation()
        case "spam":
            return MarkConversationAsSpam()
        case "trash":
            return TrashConversation()
        case _ as never:
            assert_never(never)
