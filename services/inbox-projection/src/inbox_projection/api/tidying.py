"""Tidying up: subject and contact, another inbox, merging, muting, suggested links."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import (
    ChangeConversationContact,
    ChangeSubject,
    MergeConversations,
    MoveConversation,
    MuteConversation,
    RefuseSuggestedLink,
    UnmuteConversation,
)
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Conversation
from inbox_projection.api.models.tidying import ConversationChange, InboxChosen, LinkAnswer, Merger
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, perform
from inbox_projection.api.reach import check_inbox, conversation
from inbox_projection.api.work import change, shown
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, not_found
from inbox_projection.queries import contacts, conversations

router = APIRouter(route_class=GuardedRoute, tags=["tidying"])
_GIVES = answers.gives(Conversation, what="As it is now.")


@router.patch("/conversations/{conversation_id}", responses=_GIVES)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_conversation(
    request: Request, conversation_id: UUID, body: ConversationChange, key: IdempotencyKey = None
) -> Response:
    """Another subject, another contact, or both: then both are changed, or neither."""
    row = await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    subject = body.subject if body.subject != row["subject"] else None
    if body.contact_id is not None and body.contact_id != row["contact_id"]:
        if await contacts.one(parts_of(request).database, body.contact_id, caller_of(request).reach) is None:
            raise not_found("contact")
        command = ChangeConversationContact(contact_id=body.contact_id, subject=subject)
        await perform(request, command, conversation_id, key)
    elif subject is not None:
        await perform(request, ChangeSubject(subject=subject), conversation_id, key)
    return await shown(request, conversation_id)


@router.put("/conversations/{conversation_id}/inbox", responses=_GIVES)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def move(request: Request, conversation_id: UUID, body: InboxChosen, key: IdempotencyKey = None) -> Response:
    """To another inbox of yours. Who has it keeps it if they belong there; replies go out by that inbox's channel, and
    the customer's answers to older mails still join."""
    check_inbox(request, Permission.WORK_ON_CONVERSATIONS, body.inbox_id)
    return await change(request, conversation_id, MoveConversation(inbox_id=body.inbox_id), key)


@router.post("/conversations/{conversation_id}/merge", responses=_GIVES)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def merge(request: Request, conversation_id: UUID, body: Merger, key: IdempotencyKey = None) -> Response:
    """This one stands for the others from now on: it shows their messages, and what is answered to them comes here.
    They are closed, and stay so. All must lie in one inbox."""
    for other in dict.fromkeys(body.from_ids):
        await conversation(request, other, Permission.WORK_ON_CONVERSATIONS)
    return await change(request, conversation_id, MergeConversations(from_ids=tuple(body.from_ids)), key)


@router.put("/conversations/{conversation_id}/mute", responses=_GIVES)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def mute(request: Request, conversation_id: UUID, key: IdempotencyKey = None) -> Response:
    """What comes in is kept; it neither reopens the conversation nor notifies anybody."""
    return await change(request, conversation_id, MuteConversation(), key)


@router.delete("/conversations/{conversation_id}/mute", responses=_GIVES)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def unmute(request: Request, conversation_id: UUID, key: IdempotencyKey = None) -> Response:
    """What comes in from now on is heard again."""
    return await change(request, conversation_id, UnmuteConversation(), key)


@router.post("/conversations/{conversation_id}/suggested-link", responses=_GIVES)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def answer_suggested_link(
    request: Request, conversation_id: UUID, body: LinkAnswer, key: IdempotencyKey = None
) -> Response:
    """Accepted, this conversation is merged into the suggested one; refused, it is suggested no more."""
    row = await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    suggested = row["suggested_link"]
    if suggested is None:
        if body.accept and row["merged_into"] is None:
            raise Problem(409, "no-suggested-link", "It is not suggested that this belongs to another conversation.")
        return answers.json(conversations.shaped(row))
    if not body.accept:
        return await change(request, conversation_id, RefuseSuggestedLink(conversation_id=suggested), key)
    other = await conversation(request, suggested, Permission.WORK_ON_CONVERSATIONS)
    survivor = other["merged_into"] or other["conversation_id"]
    await perform(request, MergeConversations(from_ids=(conversation_id,)), survivor, key)
    return await shown(request, conversation_id)
