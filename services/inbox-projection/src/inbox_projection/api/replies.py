"""Replies to customers: sent at once, later, or so that they can be undone; taken back, tried again, answered for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response

from events.commands import CancelReply, ConfirmReply, RetryReply, SendReply
from events.envelope import Command
from events.values import Attachment
from inbox_projection import rendering
from inbox_projection.api import answers, sending
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Message
from inbox_projection.api.models.replies import Confirmation, ReplyNew
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, not_found
from inbox_projection.queries import drafts, messages, snippets
from inbox_projection.replies import Frozen, Written, freeze
from service_kit.ids import derived_id
from service_kit.recipients import Chosen

router = APIRouter(route_class=GuardedRoute, tags=["replies"])
SeenSequence = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^(W/)?"?[0-9]{1,9}"?$',
        description="The sequence you have seen: 412 when a message or comment with a greater one exists.",
    ),
]
_REPLY = "/conversations/{conversation_id}/replies/{message_id}"


@router.post(
    "/conversations/{conversation_id}/replies",
    status_code=201,
    max_body_size=sending.MAX_BODY,
    responses=answers.gives(Message, 201, "The reply, queued for delivery, or scheduled."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def send_reply(
    request: Request,
    conversation_id: UUID,
    body: ReplyNew,
    key: IdempotencyKey = None,
    seen: SeenSequence = None,
    writer: sending.DraftWriter = None,
) -> Response:
    """Goes to all by default. What it goes out with is decided now, from what you see, and never changes later.

    The inbox's signature, where it has one, is added below the text. With `undo_seconds` or `send_at` it waits until
    then. When the customer writes while a reply is scheduled, it is held until somebody sends or cancels it.
    """
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    identity = begin(request, key)
    sending.check_not_empty(body.text, body.html, body.attachment_ids)
    files = await sending.claim(request, body.attachment_ids, body.html, identity)
    frozen = await _frozen(request, conversation_id, body, identity, files)
    command = SendReply(
        reply_id=derived_id(identity, "reply"),
        channel_id=frozen.channel_id,
        content=frozen.content,
        seen_sequence=None if seen is None else int(seen.removeprefix("W/").strip('"')),
        undo_seconds=body.undo_seconds,
        send_at=body.send_at,
        then=None if body.then is None else body.then.wish(),
    )
    me, written_until = caller_of(request).agent_id, parts_of(request).clock()
    await sending.send(request, command, conversation_id, key, identity, files)
    await drafts.drop_sent(parts_of(request).database, conversation_id, me, written_until, writer)
    return await sending.shown(request, command.reply_id, 201)


@router.delete(_REPLY, responses=answers.gives(Message, what="The reply, cancelled."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def cancel_reply(
    request: Request, conversation_id: UUID, message_id: UUID, key: IdempotencyKey = None
) -> Response:
    """Takes a reply back that is scheduled or queued; 409 `already-sent` for any other. One that was queued, not
    scheduled, may be under way already: then it shows as sent after all."""
    return await _change(request, conversation_id, message_id, CancelReply(reply_id=message_id), key)


@router.post(f"{_REPLY}/retry", responses=answers.gives(Message, what="The reply, queued again."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def retry_reply(
    request: Request, conversation_id: UUID, message_id: UUID, key: IdempotencyKey = None
) -> Response:
    """Sends a failed reply again, or a scheduled one now."""
    return await _change(request, conversation_id, message_id, RetryReply(reply_id=message_id), key)


@router.post(f"{_REPLY}/confirm", responses=answers.gives(Message, what="The reply, sent, or queued again."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def confirm_reply(
    request: Request, conversation_id: UUID, message_id: UUID, body: Confirmation, key: IdempotencyKey = None
) -> Response:
    """Says of a reply whose delivery is unknown that it arrived, or that it did not and is to be sent again."""
    command = ConfirmReply(reply_id=message_id, arrived=body.arrived)
    return await _change(request, conversation_id, message_id, command, key)


async def _change(
    request: Request, conversation_id: UUID, message_id: UUID, command: Command, key: str | None
) -> Response:
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    row = await messages.message(parts_of(request).database, message_id)
    merged = row is not None and row["merged_into"] == conversation_id
    await perform(request, command, row["conversation_id"] if row is not None and merged else conversation_id, key)
    return await sending.shown(request, message_id)


async def _frozen(
    request: Request, conversation_id: UUID, body: ReplyNew, identity: UUID, files: tuple[Attachment, ...]
) -> Frozen:
    """Raises Problem 404, 409 or 422; then the files are given back."""
    parts, me = parts_of(request), caller_of(request).agent_id
    chosen = Chosen(
        to=body.chosen(body.to),
        cc=body.chosen(body.cc),
        bcc=body.chosen(body.bcc) or (),
        reply_all=body.reply_all,
    )
    try:
        view = await messages.answered(parts.database, conversation_id)
        if view is None:
            raise not_found("conversation")
        channels = await messages.mail_channels(parts.database, me, parts.company_name)
        signature = rendering.signature(await snippets.values(parts.database, conversation_id, me))
        written = Written(body.text, body.html, chosen, body.from_channel_id, signature)
        return freeze(conversation_id, view, channels, written, files, parts.reply_token_key)
    except (*sending.REFUSALS, Problem) as error:
        await sending.release(request, identity, files)
        raise error if isinstance(error, Problem) else sending.refused(error) from None
