"""What a forward carries: the note, and below it each original with its head, as text and as HTML; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final
from uuid import UUID

from events.conversations import ReplyContent
from events.values import Address, Attachment, MessageContent
from inbox_projection.html import sanitise_outgoing
from service_kit.ids import derived_id

TITLE: Final = "---------- Forwarded message ----------"
MAX_TEXT: Final = 100_000
MAX_HTML: Final = 140_000
"""Bytes, together with those of the note, under what a command may hold."""
MAX_ORIGINAL: Final = 64 * 1024


@dataclass(frozen=True)
class Original:
    """A message to be forwarded, and when it was sent."""

    content: MessageContent | ReplyContent
    sent_at: datetime


@dataclass(frozen=True)
class Carried:
    """`html` is None where no original has any, or it does not fit; `files` are those of the originals."""

    text: str
    html: str | None
    files: tuple[Attachment, ...]


def carried(note: str, originals: Sequence[Original]) -> Carried:
    """The note and the originals. Whom a message went to blindly is not told on.

    A mail whose text was cut, by us or because all does not fit, comes along as a file, whole.
    """
    texts, cut = [note] if note.strip() else [], set[int]()
    room = MAX_TEXT - len(note.encode("utf-8", "replace"))
    for index, original in enumerate(originals):
        text = original.content.text
        kept = text.encode("utf-8", "replace")[: max(min(MAX_ORIGINAL, room), 0)].decode("utf-8", "ignore")
        room -= len(kept.encode())
        if len(kept) < len(text) or _is_cut(original.content):
            cut.add(index)
        texts.append(f"{TITLE}\n{_head(original)}\n\n{kept}")
    files = [file for index, one in enumerate(originals) for file in _files(one.content, whole=index in cut)]
    return Carried("\n\n".join(texts), _html(note, originals), tuple({file.id: file for file in files}.values()))


def subject_of(subject: str) -> str:
    """The subject with one "Fwd:" and on one line."""
    rest = " ".join(subject.split())
    return rest if rest.lower().startswith(("fwd:", "fw:")) else f"Fwd: {rest}".rstrip()


def _html(note: str, originals: Sequence[Original]) -> str | None:
    if all(one.content.html is None for one in originals):
        return None
    parts = [_lines(note)] if note.strip() else []
    for original in originals:
        html = original.content.html
        body = _lines(original.content.text) if html is None else sanitise_outgoing(html)
        parts.append(f"<div>{escape(TITLE)}<br>{_lines(_head(original))}</div><br>{body}")
    whole = "<br>".join(parts)
    return whole if len(whole.encode("utf-8", "replace")) <= MAX_HTML else None


def _head(original: Original) -> str:
    content = original.content
    lines = [
        f"From: {_mailbox(content.sender)}",
        f"Date: {original.sent_at.astimezone(UTC):%a, %d %b %Y %H:%M} UTC",
        f"Subject: {content.subject}",
        f"To: {', '.join(map(_mailbox, content.to))}",
    ]
    if content.cc:
        lines.append(f"Cc: {', '.join(map(_mailbox, content.cc))}")
    return "\n".join(lines)


def _mailbox(one: Address) -> str:
    return f"{one.name} <{one.address}>" if one.name else one.address


def _lines(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>\n")


def _is_cut(content: MessageContent | ReplyContent) -> bool:
    return isinstance(content, MessageContent) and (content.text_blob is not None or content.html_blob is not None)


def _files(content: MessageContent | ReplyContent, *, whole: bool) -> tuple[Attachment, ...]:
    """Its files, and the whole mail where it was cut."""
    if not whole or not isinstance(content, MessageContent) or content.raw is None:
        return content.attachments
    raw = content.raw
    whole_mail = Attachment(derived_id(_NAMES, raw.name), "message.eml", "message/rfc822", raw.size, raw.name)
    return (*content.attachments, whole_mail)


_NAMES: Final = UUID("01957a00-f0e4-7a4d-8000-000000000000")
