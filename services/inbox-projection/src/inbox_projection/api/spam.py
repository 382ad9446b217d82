"""Whom to keep out with a conversation that is marked as spam."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

import msgspec
from starlette.requests import Request

from events.filtering import SpamBlock
from events.values import Address
from inbox_projection.api.parts import parts_of
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem

_NEWEST: Final = """
select m.content from inbox.messages m
where m.conversation_id = %s and m.kind = 'message' and m.direction = 'in' and not m.in_side_thread
order by m.sequence desc limit 1
"""


class _Sent(msgspec.Struct):
    """Of a message only who sent it."""

    sender: Address


async def block_of(request: Request, conversation_id: UUID, wanted: Literal["sender", "domain"]) -> SpamBlock:
    """Who wrote its newest mail, as the agent sees it now. Raises Problem 404 where it is out of the caller's reach,
    422 where nobody wrote by mail, or that person was erased."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    row = await parts_of(request).database.row(_NEWEST, (conversation_id,))
    sent = None if row is None or row["content"] is None else msgspec.json.decode(row["content"], type=_Sent)
    address = "" if sent is None else sent.sender.address.strip().lower()
    if "@" not in address:
        raise Problem(422, "blocked-sender-invalid", "No message here names a sender who could be blocked.")
    if wanted == "sender":
        return SpamBlock(field="address", value=address)
    return SpamBlock(field="domain", value=address.rpartition("@")[2])
