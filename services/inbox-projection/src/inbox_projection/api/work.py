"""Commands that change a conversation and answer with it."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from events.envelope import Command
from inbox_projection.api import answers
from inbox_projection.api.perform import perform
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.queries import conversations


async def change(request: Request, conversation_id: UUID, command: Command, key: str | None) -> Response:
    """The conversation as it is afterwards. Raises Problem 404 where it is out of the caller's reach."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    await perform(request, command, conversation_id, key)
    return await shown(request, conversation_id)


async def shown(request: Request, conversation_id: UUID) -> Response:
    """The conversation as it is. Raises Problem 404 where it is out of the caller's reach."""
    row = await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    return answers.json(conversations.shaped(row))
