"""Whom to keep out with a conversation that is marked as spam."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request

from events.bulk import Blocking
from events.filtering import SpamBlock
from inbox_projection.api.parts import parts_of
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem
from inbox_projection.queries import spammers


async def block_of(request: Request, conversation_id: UUID, wanted: Blocking) -> SpamBlock:
    """Who wrote its newest mail, as the agent sees it now. Raises Problem 404 where it is out of the caller's reach,
    422 where nobody wrote by mail, or that person was erased."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    (block,) = await spammers.blocks(parts_of(request).database, [conversation_id], wanted)
    if not block.value:
        raise Problem(422, "blocked-sender-invalid", "No message here names a sender who could be blocked.")
    return block
