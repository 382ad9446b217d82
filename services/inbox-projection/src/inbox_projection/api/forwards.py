"""Messages of a conversation sent on to others."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ForwardMessages
from inbox_projection import forwarding, lines
from inbox_projection.api import answers, sending
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Message
from inbox_projection.api.models.replies import ForwardNew, ReplyNew
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin
from inbox_projection.api.reach import conversation
from inbox_projection.forwarding import Original
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, invalid, not_found
from inbox_projection.queries import drafts, messages
from inbox_projection.replies import freeze_forward
from service_kit.ids import derived_id
from service_kit.recipients import Chosen

router = APIRouter(route_class=GuardedRoute, tags=["replies"])


@router.post(
    "/conversations/{conversation_id}/forwards",
    status_code=201,
    max_body_size=sending.MAX_BODY,
    responses=answers.gives(Message, 201, "The forward, queued or for a while held, in the side thread."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def forward_messages(
    request: Request,
    conversation_id: UUID,
    body: ForwardNew,
    key: IdempotencyKey = None,
    writer: sending.DraftWriter = None,
) -> Response:
    """Carries your note, the messages and their files. Answers appear in this conversation, in its side thread, and
    never reach the customer."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    parts, identity = parts_of(request), begin(request, key)
    wanted = tuple(dict.fromkeys(body.message_ids))
    carried = forwarding.carried(body.text, await _originals(request, conversation_id, wanted))
    files = await sending.claim(request, body.attachment_ids, None, identity, carried.files)
    chosen = Chosen(to=ReplyNew.chosen(body.to), cc=ReplyNew.chosen(body.cc), bcc=ReplyNew.chosen(body.bcc) or ())
    try:
        view = await messages.answered(parts.database, conversation_id)
        if view is None:
            raise not_found("conversation")
        channels = await messages.mail_channels(parts.database, caller_of(request).agent_id, parts.company_name)
        frozen = freeze_forward(conversation_id, view, channels, carried, chosen, files, parts.reply_token_key)
    except (*sending.REFUSALS, Problem) as error:
        await sending.release(request, identity, files)
        raise error if isinstance(error, Problem) else sending.refused(error) from None
    command = ForwardMessages(
        reply_id=derived_id(identity, "reply"),
        channel_id=frozen.channel_id,
        message_ids=wanted,
        content=frozen.content,
        blobs=tuple(file.blob for file in files),
        note=body.text,
        undo_seconds=body.undo_seconds,
    )
    me, written_until = caller_of(request).agent_id, parts.clock()
    await sending.send(request, command, conversation_id, key, identity, files)
    await drafts.drop_sent(parts.database, conversation_id, me, written_until, writer)
    return await sending.shown(request, command.reply_id, 201)


async def _originals(request: Request, conversation_id: UUID, wanted: tuple[UUID, ...]) -> list[Original]:
    """The messages in the order of the thread. Raises Problem 422 for one that is not there, or was erased."""
    rows = await messages.some(parts_of(request).database, conversation_id, wanted)
    found = [(content, row) for row in rows if (content := lines.content_of(row)) is not None]
    if len(found) != len(wanted):
        detail = "Not a message of this conversation, or its person was erased."
        raise invalid(("body", "message_ids"), detail, "message-not-found")
    return [Original(content, lines.sent_at(row)) for content, row in found]
