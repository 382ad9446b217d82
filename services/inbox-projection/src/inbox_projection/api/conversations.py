"""Lists of conversations, and single ones."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection import cursors
from inbox_projection.api import answers, listing
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.conversations import Conversation, ConversationsAsked
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.queries import conversation_lists, conversations
from inbox_projection.queries.conversation_filter import Filter, Place

router = APIRouter(route_class=GuardedRoute, tags=["conversations"])


@router.get("/conversations", responses=answers.gives(Page[Conversation], what="In the order of `sort`."))
@policy(Permission.READ_CONVERSATIONS)
async def list_conversations(request: Request, asked: Annotated[ConversationsAsked, Query()]) -> Response:
    """All filters hold together. `assignee_id` may be `me` or `none`. By `waiting` come those who wait for us, the
    longest first, then the others; by `priority` the urgent ones, then the rest, each by their newest activity."""
    found = await listing.wanted(request, asked)
    return await listed(request, found.filter, found.sort, asked.cursor, asked.limit)


@router.get("/conversations/{conversation_id}", responses=answers.gives(Conversation, what="The conversation."))
@policy(Permission.READ_CONVERSATIONS)
async def read_conversation(request: Request, conversation_id: UUID) -> Response:
    row = await conversation(request, conversation_id, Permission.READ_CONVERSATIONS)
    return answers.json({**conversations.shaped(row), "presence": parts_of(request).here.of(conversation_id)})


async def listed(request: Request, wanted: Filter, sort: str, cursor: str | None, limit: int) -> Response:
    """A page of what the filter shows, in the order."""
    after = None if cursor is None else cursors.decode(cursor, Place)
    database, me = parts_of(request).database, caller_of(request).agent_id
    rows = await conversation_lists.page(database, wanted, after, limit + 1, me=me, sort=sort)
    return answers.page(rows, limit, conversations.shaped, conversation_lists.place_of)
