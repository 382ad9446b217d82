"""What replies, first messages and forwards share: their files, their refusals, and the answer with the message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from events.envelope import Command
from events.values import Attachment
from inbox_projection import lines
from inbox_projection.api import answers
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import perform
from inbox_projection.problems import Problem, invalid, not_found
from inbox_projection.queries import messages
from inbox_projection.replies import NothingToAnswer, pictures
from inbox_projection.uploads import MAX_BYTES, MAX_FILES, UploadNotFound
from service_kit import mail_size
from service_kit.recipients import ChannelNotOfInbox, NoAddressOfOurs, NoRecipient, OwnAddress, TooManyRecipients

MAX_BODY: Final = 1024 * 1024
DraftWriter = Annotated[
    UUID | None,
    Query(
        description="Any id of the page that writes: your other pages are told by the feed what became of the draft."
    ),
]
REFUSALS: Final = (
    OwnAddress,
    TooManyRecipients,
    NoRecipient,
    NothingToAnswer,
    NoAddressOfOurs,
    ChannelNotOfInbox,
)
_CODES: Final[dict[type[Exception], tuple[int, str]]] = {
    OwnAddress: (422, "own-address"),
    TooManyRecipients: (422, "too-many-recipients"),
    NoRecipient: (422, "no-recipient"),
    NothingToAnswer: (422, "no-recipient"),
    NoAddressOfOurs: (409, "no-address"),
    ChannelNotOfInbox: (422, "channel-not-found"),
}


def refused(error: Exception) -> Problem:
    """One of REFUSALS as a problem."""
    status, code = _CODES[type(error)]
    return Problem(status, code, f"{str(error)[:1].upper()}{str(error)[1:]}.")


def check_not_empty(text: str, html: str | None, attachment_ids: Sequence[UUID]) -> None:
    if not (text.strip() or (html or "").strip() or attachment_ids):
        raise invalid(("body", "text"), "A reply needs a text, HTML or an attachment.", "reply-empty")


async def claim(
    request: Request,
    attachment_ids: Sequence[UUID],
    html: str | None,
    identity: UUID,
    already: Sequence[Attachment] = (),
) -> tuple[Attachment, ...]:
    """The uploads that the message attaches or shows, taken for this command. `already` are files that come with it
    besides.

    Raises Problem 422, and then none is taken.
    """
    uploads = list(dict.fromkeys([*attachment_ids, *pictures(html)]))
    if len(uploads) > MAX_FILES:
        raise invalid(("body", "attachment_ids"), f"With pictures at most {MAX_FILES} files.", "too-many-files")
    try:
        files = await parts_of(request).uploads.claim(uploads, caller_of(request).agent_id, identity)
    except UploadNotFound as error:
        where = "attachment_ids" if attachment_ids else "html"
        raise invalid(("body", where), f"{error}.", "upload-not-found") from None
    encoded = mail_size.of_files((one.name, one.size) for one in (*already, *files))
    if sum(one.size for one in files) > MAX_BYTES or encoded > mail_size.MAX_MAIL:
        await release(request, identity, files)
        detail = (
            f"Together at most {MAX_BYTES} bytes: encoded, as mail is sent, they grow, and a mail has at most 25 MiB."
        )
        raise invalid(("body", "attachment_ids"), detail, "attachments-too-large")
    return files


async def release(request: Request, identity: UUID, files: Sequence[Attachment]) -> None:
    """Gives the files of a refused message back."""
    if files:
        await parts_of(request).uploads.release(identity)


async def send(
    request: Request,
    command: Command,
    conversation_id: UUID,
    key: str | None,
    identity: UUID,
    files: Sequence[Attachment],
) -> None:
    """Performs the command; a refused one gives its files back. Raises what `perform` raises."""
    try:
        await perform(request, command, conversation_id, key, identity=identity)
    except Problem:
        await release(request, identity, files)
        raise


async def shown(request: Request, message_id: UUID, status: int = 200) -> Response:
    """The message as it is now."""
    row = await messages.message(parts_of(request).database, message_id)
    if row is None:
        raise not_found("message")
    return answers.json(lines.shaped(row, request.app.state.clean_html), status)
