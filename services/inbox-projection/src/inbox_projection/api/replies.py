"""Replies to customers."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response

from events.commands import SendReply
from inbox_projection import lines
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import Message, ReplyNew
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, invalid, not_found
from inbox_projection.queries import messages
from inbox_projection.recipients import Chosen, NoAddressOfOurs, NoRecipient, OwnAddress, TooManyRecipients
from inbox_projection.replies import Frozen, NothingToAnswer, Written, freeze, pictures
from inbox_projection.uploads import MAX_BYTES, MAX_FILES, UploadNotFound
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["replies"])
MAX_REPLY_BODY: Final = 1024 * 1024
SeenSequence = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^(W/)?"?[0-9]{1,9}"?$',
        description="The sequence you have seen: 412 when a message or comment with a greater one exists.",
    ),
]


@router.post(
    "/conversations/{conversation_id}/replies",
    status_code=201,
    max_body_size=MAX_REPLY_BODY,
    responses=answers.gives(Message, 201, "The reply, queued for delivery."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def send_reply(
    request: Request, conversation_id: UUID, body: ReplyNew, key: IdempotencyKey = None, seen: SeenSequence = None
) -> Response:
    """Goes to all by default. What it goes out with is decided now, from what you see, and never changes later."""
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    parts, identity = parts_of(request), begin(request, key)
    if not (body.text.strip() or (body.html or "").strip() or body.attachment_ids):
        raise invalid(("body", "text"), "A reply needs a text, HTML or an attachment.", "reply-empty")
    frozen = await _frozen(request, conversation_id, body, identity)
    command = SendReply(
        reply_id=derived_id(identity, "reply"),
        channel_id=frozen.channel_id,
        content=frozen.content,
        seen_sequence=None if seen is None else int(seen.removeprefix("W/").strip('"')),
    )
    try:
        await perform(request, command, conversation_id, key, identity=identity)
    except Problem:
        if body.attachment_ids or body.html:
            await parts.uploads.release(identity)
        raise
    row = await messages.message(parts.database, command.reply_id)
    if row is None:
        raise not_found("message")
    return answers.json(lines.shaped(row, request.app.state.clean_html), 201)


async def _frozen(request: Request, conversation_id: UUID, body: ReplyNew, identity: UUID) -> Frozen:
    """Raises Problem 404, 409 or 422."""
    parts = parts_of(request)
    view = await messages.answered(parts.database, conversation_id)
    if view is None:
        raise not_found("conversation")
    chosen = Chosen(
        to=body.chosen(body.to),
        cc=body.chosen(body.cc),
        bcc=body.chosen(body.bcc) or (),
        reply_all=body.reply_all,
    )
    channels = await messages.mail_channels(parts.database)
    uploads = list(dict.fromkeys([*body.attachment_ids, *pictures(body.html)]))
    if len(uploads) > MAX_FILES:
        raise invalid(("body", "attachment_ids"), f"With pictures at most {MAX_FILES} files.", "too-many-files")
    try:
        attachments = await parts.uploads.claim(uploads, caller_of(request).agent_id, identity)
    except UploadNotFound as error:
        where = "attachment_ids" if body.attachment_ids else "html"
        raise invalid(("body", where), f"{error}.", "upload-not-found") from None
    try:
        if sum(one.size for one in attachments) > MAX_BYTES:
            raise invalid(("body", "attachment_ids"), f"Together at most {MAX_BYTES} bytes.", "attachments-too-large")
        written = Written(body.text, body.html, chosen)
        return freeze(conversation_id, view, channels, written, attachments, parts.reply_token_key)
    except (OwnAddress, TooManyRecipients, NoRecipient, NothingToAnswer, NoAddressOfOurs, Problem) as error:
        if attachments:
            await parts.uploads.release(identity)
        raise error if isinstance(error, Problem) else _refused(error) from None


_CODES: Final[dict[type[Exception], tuple[int, str]]] = {
    OwnAddress: (422, "own-address"),
    TooManyRecipients: (422, "too-many-recipients"),
    NoRecipient: (422, "no-recipient"),
    NothingToAnswer: (422, "no-recipient"),
    NoAddressOfOurs: (409, "no-address"),
}


def _refused(error: Exception) -> Problem:
    status, code = _CODES[type(error)]
    return Problem(status, code, f"{str(error)[:1].upper()}{str(error)[1:]}.")
