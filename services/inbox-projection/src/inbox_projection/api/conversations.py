"""Lists of conversations, and single ones."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.conversations import Conversation, ConversationsAsked
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.reach import check_inbox, conversation
from inbox_projection.policy import Permission
from inbox_projection.queries import conversations

router = APIRouter(route_class=GuardedRoute, tags=["conversations"])


@router.get("/conversations", responses=answers.gives(Page[Conversation], what="Newest activity first."))
@policy(Permission.READ_CONVERSATIONS)
async def list_conversations(request: Request, asked: Annotated[ConversationsAsked, Query()]) -> Response:
    """All filters hold together. `assignee_id` may be `me` or `none`."""
    if asked.inbox_id is not None:
        check_inbox(request, Permission.READ_CONVERSATIONS, asked.inbox_id)
    caller = caller_of(request)
    assignee = caller.agent_id if asked.assignee_id == "me" else asked.assignee_id
    wanted = conversations.Filter(
        inboxes=None if asked.inbox_id is not None else caller.reach,
        inbox_id=asked.inbox_id,
        status=asked.status,
        assignee=assignee,
        team_id=asked.team_id,
        label=asked.label,
        channel=asked.channel,
        contact_id=asked.contact_id,
    )
    return await listed(request, wanted, asked.cursor, asked.limit)


@router.get("/conversations/{conversation_id}", responses=answers.gives(Conversation, what="The conversation."))
@policy(Permission.READ_CONVERSATIONS)
async def read_conversation(request: Request, conversation_id: UUID) -> Response:
    row = await conversation(request, conversation_id, Permission.READ_CONVERSATIONS)
    return answers.json(conversations.shaped(row))


async def listed(request: Request, wanted: conversations.Filter, cursor: str | None, limit: int) -> Response:
    """A page of what the filter shows."""
    after = None if cursor is None else cursors.decode(cursor, conversations.Place)
    rows = await conversations.page(parts_of(request).database, wanted, after, limit + 1)
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return answers.json(
        {
            "items": [conversations.shaped(row) for row in shown],
            "next_cursor": None
            if last is None
            else cursors.encode(conversations.Place(last["last_message_at"], last["conversation_id"])),
        }
    )
