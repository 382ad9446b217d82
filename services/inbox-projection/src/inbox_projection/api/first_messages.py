"""New conversations that begin with a mail of ours."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import StartConversation
from events.values import Address, Attachment
from inbox_projection import rendering
from inbox_projection.api import answers, sending
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Conversation
from inbox_projection.api.models.replies import ConversationNew, ReplyNew
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin
from inbox_projection.api.reach import check_inbox, conversation
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, invalid, not_found
from inbox_projection.queries import conversations, messages, snippets
from inbox_projection.replies import Frozen, Written, freeze_first
from service_kit.ids import derived_id
from service_kit.recipients import Chosen

router = APIRouter(route_class=GuardedRoute, tags=["conversations"])


@router.post(
    "/conversations",
    status_code=201,
    max_body_size=sending.MAX_BODY,
    responses=answers.gives(Conversation, 201, "The conversation; its first message is queued, or scheduled."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def start_conversation(request: Request, body: ConversationNew, key: IdempotencyKey = None) -> Response:
    """Writes first, by mail. The contact is the first in To, found by the address or made; answers join.

    Without `assignee_id` the conversation is yours, with null nobody's. With `undo_seconds` or `send_at` the message
    waits until then, and is cancelled like a reply: with nothing else said, the conversation goes to the trash.
    """
    check_inbox(request, Permission.WORK_ON_CONVERSATIONS, body.inbox_id)
    identity = begin(request, key)
    sending.check_not_empty(body.text, body.html, body.attachment_ids)
    conversation_id = derived_id(identity, "conversation")
    files = await sending.claim(request, body.attachment_ids, body.html, identity)
    frozen = await _frozen(request, conversation_id, body, identity, files)
    chose = "assignee_id" in body.model_fields_set
    command = StartConversation(
        message_id=derived_id(identity, "reply"),
        inbox_id=body.inbox_id,
        channel_id=frozen.channel_id,
        content=frozen.content,
        assignee_id=body.assignee_id if chose else caller_of(request).agent_id,
        undo_seconds=body.undo_seconds,
        send_at=body.send_at,
        then=None if body.then is None else body.then.wish(),
    )
    await sending.send(request, command, conversation_id, key, identity, files)
    row = await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    return answers.json(conversations.shaped(row), 201)


async def _frozen(
    request: Request, conversation_id: UUID, body: ConversationNew, identity: UUID, files: tuple[Attachment, ...]
) -> Frozen:
    parts = parts_of(request)
    chosen = Chosen(to=ReplyNew.chosen(body.to), cc=ReplyNew.chosen(body.cc), bcc=ReplyNew.chosen(body.bcc) or ())
    try:
        if body.channel_id is not None:
            kind = await messages.channel_kind(parts.database, body.inbox_id, body.channel_id)
            if kind is None:
                raise invalid(("body", "channel_id"), "No channel of this inbox.", "channel-not-found")
            if kind != "email":
                raise Problem(422, "customer-must-write-first", "Only a mail can begin a conversation.")
        view = await messages.sending_inbox(parts.database, body.inbox_id)
        if view is None:
            raise not_found("inbox")
        channels = await messages.mail_channels(parts.database, caller_of(request).agent_id, parts.company_name)
        to = next(iter(chosen.to or ()), Address(""))
        signing = await snippets.inbox_values(
            parts.database, body.inbox_id, body.channel_id, caller_of(request).agent_id, to, body.subject
        )
        written = Written(body.text, body.html, chosen, body.channel_id, rendering.signature(signing))
        return freeze_first(conversation_id, view, channels, body.subject, written, files, parts.reply_token_key)
    except (*sending.REFUSALS, Problem) as error:
        await sending.release(request, identity, files)
        raise error if isinstance(error, Problem) else sending.refused(error) from None
