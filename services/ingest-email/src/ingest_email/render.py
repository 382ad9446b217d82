"""A reply becomes a mail: the same reply always gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from events.conversations import ReplyContent, ReplyQueued, ReplyReleased
from events.values import Attachment
from ingest_email import outgoing_bodies, outgoing_headers
from ingest_email.automation import LOOP_HEADER, loop_mark
from ingest_email.outgoing_addresses import Unsendable, on_the_wire, recipients
from ingest_email.outgoing_headers import Header

MAX_REFERENCES: Final = 40
REPLY_HEADER: Final = "X-Postroom-Reply"
_POLICY: Final = SMTP.clone(cte_type="7bit", max_line_length=78)
_CONTENT_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_LINE_ENDS: Final = re.compile(r"\r\n|\r")


@dataclass(frozen=True)
class Mail:
    """What goes to the next hop; `recipients` is the SMTP envelope, where blind copies are and the bytes are not.

    `queued_at` is the mail's Date, the moment at which the agent sent the reply.
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    queued_at: datetime
    content: bytes


def render(
    reply: ReplyQueued | ReplyReleased, content: ReplyContent, files: Mapping[str, bytes], queued_at: datetime
) -> Mail:
    """The reply as a mail. `files` holds the bytes of each attachment by blob name.

    Deterministic: boundaries come from the reply's id, the Message-ID and the Date from the reply. An agent's mail
    carries no Auto-Submitted and no X-Auto-Response-Suppress, so that absence notes come back to the team, and no
    X-Loop, since a person wrote it; what nobody wrote by hand carries all three (RFC 3834 5, MS-OXCMAIL). Bcc appears
    in no header. Quoted history, where the reply has any, stands below it.
    Raises Unsendable for CR, LF or NUL in a header, and for addresses that SMTP can't carry; KeyError when a file is
    missing in `files`.
    """
    everyone, sender, headers = _checked(reply, content, queued_at)
    message = EmailMessage(policy=_POLICY)
    for header in headers:
        message[header.name] = header
    _fill(message, content, files)
    _set_boundaries(message, reply.reply_id)
    return Mail(content.external_id, sender, everyone, queued_at, message.as_bytes())


def check(reply: ReplyQueued | ReplyReleased, content: ReplyContent, queued_at: datetime) -> None:
    """Whether headers and addresses can be written. Raises Unsendable, as `render` would."""
    _checked(reply, content, queued_at)


def _checked(
    reply: ReplyQueued | ReplyReleased, content: ReplyContent, queued_at: datetime
) -> tuple[tuple[str, ...], str, tuple[Header, ...]]:
    """The SMTP envelope's recipients and sender, and the headers."""
    everyone = recipients(content.to, content.cc, content.bcc)
    if not everyone:
        raise Unsendable("the reply has no recipient")
    headers = tuple(_headers(reply, content, queued_at))
    return everyone, on_the_wire(content.sender.address, "the sender's address"), headers


def _headers(reply: ReplyQueued | ReplyReleased, content: ReplyContent, queued_at: datetime) -> Iterator[Header]:
    if not outgoing_headers.is_message_id(content.external_id):
        raise Unsendable("the reply's Message-ID can't stand in a header")
    yield outgoing_headers.mailboxes("From", [content.sender])
    if content.reply_to is not None:
        yield outgoing_headers.mailboxes("Reply-To", [content.reply_to])
    if content.to:
        yield outgoing_headers.mailboxes("To", content.to)
    elif not content.cc:
        yield Header("To", "undisclosed-recipients:;")
    if content.cc:
        yield outgoing_headers.mailboxes("Cc", content.cc)
    yield outgoing_headers.text("Subject", content.subject)
    yield Header("Date", format_datetime(queued_at.astimezone(UTC).replace(microsecond=0)))
    yield outgoing_headers.message_ids("Message-ID", [content.external_id])
    references = _references(content)
    if content.in_reply_to and outgoing_headers.is_message_id(content.in_reply_to):
        yield outgoing_headers.message_ids("In-Reply-To", [content.in_reply_to])
    if references:
        yield outgoing_headers.message_ids("References", references)
    if reply.agent_id is None:
        yield Header("Auto-Submitted", "auto-replied")
        yield Header("X-Auto-Response-Suppress", "All")
        yield Header(LOOP_HEADER, loop_mark(content.external_id.rpartition("@")[2]))
    yield Header(REPLY_HEADER, str(reply.reply_id))


def _references(content: ReplyContent) -> list[str]:
    """The thread's ids, each once, the parent last. Customers' ids that fit no header are left out; of a long
    thread the first and the newest stay (RFC 5322 3.6.4 lets a client shorten).
    """
    wanted = [*content.references, *([content.in_reply_to] if content.in_reply_to else [])]
    newest_last = dict.fromkeys(reversed([one for one in wanted if outgoing_headers.is_message_id(one)]))
    ids = list(reversed(newest_last))
    return ids if len(ids) <= MAX_REFERENCES else [ids[0], *ids[-(MAX_REFERENCES - 1) :]]


def _fill(message: EmailMessage, content: ReplyContent, files: Mapping[str, bytes]) -> None:
    text, html = outgoing_bodies.bodies(content)
    _set_text(message, text, "plain")
    shown, attached = _split(content)
    if html:
        message.add_alternative("", "html")
        part = _last_part(message)
        _set_text(part, html, "html")
        del part["MIME-Version"]
        for picture in shown:
            part.add_related(b"", "application", "octet-stream")
            _set_file(_last_part(part), picture, files, "inline")
    for attachment in attached:
        message.add_attachment(b"", "application", "octet-stream")
        _set_file(_last_part(message), attachment, files, "attachment")


def _split(content: ReplyContent) -> tuple[list[Attachment], list[Attachment]]:
    """What the HTML shows in place, one file for each Content-ID, and what is attached."""
    named = outgoing_bodies.content_ids(content.html or "")
    shown: dict[str, Attachment] = {}
    attached = []
    for file in content.attachments:
        wanted = file.content_id
        if wanted in named and wanted not in shown and outgoing_headers.is_message_id(wanted):
            shown[wanted] = file
        else:
            attached.append(file)
    return list(shown.values()), attached


def _set_text(part: EmailMessage, text: str, subtype: str) -> None:
    """UTF-8, always encoded: no server on the way may change it, and no boundary can occur in it."""
    clean = _LINE_ENDS.sub("\n", text).encode("utf-8", "replace").decode("utf-8")
    foreign = sum(not character.isascii() for character in clean)
    encoding = "base64" if foreign * 3 > len(clean) else "quoted-printable"
    part.set_content(clean, subtype=subtype, charset="utf-8", cte=encoding)


def _set_file(part: EmailMessage, file: Attachment, files: Mapping[str, bytes], kind: str) -> None:
    content_type = file.content_type.lower()
    main_type, _, subtype = content_type.partition("/")
    if not _CONTENT_TYPE.fullmatch(content_type) or main_type in ("multipart", "message"):
        main_type, subtype = "application", "octet-stream"
    part.set_content(files[file.blob], main_type, subtype)
    del part["MIME-Version"]
    part["Content-Disposition"] = outgoing_headers.disposition(kind, file.name)
    if kind == "inline":
        part["Content-ID"] = outgoing_headers.message_ids("Content-ID", [file.content_id or ""])


def _last_part(message: EmailMessage) -> EmailMessage:
    *_, last = message.iter_parts()
    assert isinstance(last, EmailMessage)
    return last


def _set_boundaries(message: EmailMessage, reply_id: UUID) -> None:
    """`=_` occurs in no base64 and no quoted-printable text (RFC 2045 6.7)."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{sha256(reply_id.bytes + bytes([number & 0xFF])).hexdigest()[:32]}")
