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
from events.filtering import SpamBlock
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Conversation, StatusChange
from inbox_projection.api.perform import IdempotencyKey
from inbox_projection.api.spam import block_of
from inbox_projection.api.work import change
from inbox_projection.policy import Permission
from inbox_projection.problems import invalid

router = APIRouter(route_class=GuardedRoute, tags=["status"])


@router.put("/conversations/{conversation_id}/status", responses=answers.gives(Conversation, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def set_status(
    request: Request, conversation_id: UUID, body: StatusChange, key: IdempotencyKey = None
) -> Response:
    """Snoozed until a time, or until they answer. Spam may block who sent it."""
    if body.until is not None and body.status != "snoozed":
        raise invalid(("body", "until"), "Only a snoozed conversation has a time.")
    if body.block is not None and body.status != "spam":
        raise invalid(("body", "block"), "Only who sends spam is blocked.")
    block = None if body.block is None else await block_of(request, conversation_id, body.block)
    return await change(request, conversation_id, _command(body, block), key)


def _command(body: StatusChange, block: SpamBlock | None) -> Command:
    match body.status:
        case "open":
            return ReopenConversation()
        case "snoozed":
            return SnoozeConversation(until=body.until)
        case "resolved":
            return ResolveConversation()
        case "spam":
            return MarkConversationAsSpam(block=block)
        case "trash":
            return TrashConversation()
        case _ as never:
            assert_never(never)
