"""Finds a conversation, message or inbox for a caller, or pretends that it is not there."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request

from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.policy import Permission, Verdict, decide
from inbox_projection.pool import Row
from inbox_projection.problems import forbidden, not_found
from inbox_projection.queries import conversations, filters, messages


def check_inbox(request: Request, permission: Permission, inbox_id: UUID, what: str = "inbox") -> None:
    """Raises 403 or, where the inbox must not be known, 404."""
    verdict = decide(caller_of(request), permission, inbox_id)
    if verdict is Verdict.HIDDEN:
        raise not_found(what)
    if verdict is not Verdict.ALLOWED:
        raise forbidden()


async def conversation(request: Request, conversation_id: UUID, permission: Permission) -> Row:
    """The row of a conversation within reach. Raises Problem 404 or 403."""
    row = await conversations.one(parts_of(request).database, conversation_id, caller_of(request).agent_id)
    if row is None:
        raise not_found("conversation")
    check_inbox(request, permission, row["inbox_id"], "conversation")
    return row


async def message(request: Request, message_id: UUID) -> Row:
    """The row of a message within reach, of a conversation or kept out by a filter. Raises Problem 404 or 403."""
    database = parts_of(request).database
    row = await messages.message(database, message_id)
    if row is not None:
        check_inbox(request, Permission.READ_CONVERSATIONS, row["inbox_id"], "message")
        return row
    row = await filters.message(database, message_id)
    if row is None or decide(caller_of(request), Permission.MANAGE_FILTERS, row["inbox_id"]) is not Verdict.ALLOWED:
        raise not_found("message")
    return row
