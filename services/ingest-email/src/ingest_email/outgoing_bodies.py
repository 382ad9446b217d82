"""What a reply says, as text and as HTML: either is made from the other, and the quoted history stands below; pure."""

from __future__ import annotations

import re
from datetime import UTC
from html import escape, unescape
from typing import Final
from urllib.parse import unquote

from events.conversations import QuotedHistory, ReplyContent
from ingest_email.html_text import text_of

MAX_NAME: Final = 200
_CID: Final = re.compile(r"""cid:([^"'\s<>)]{1,998})""", re.IGNORECASE)
_BREAKS: Final = re.compile(r"\r\n|\r|\n")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"']{1,2000}[^\s<>\"'.,;:!?)\]]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069<>\"]+")


def bodies(content: ReplyContent) -> tuple[str, str | None]:
    """Text and HTML of the reply with its history; no HTML for a reply that says nothing."""
    text, html = content.text, content.html
    if html and not text.strip():
        text = text_of(html)
    if not html:
        html = _as_html(text) if text.strip() else None
    if content.history is None:
        return text, html
    line = attribution(content.history)
    quoted = _BREAKS.split(content.history.text.rstrip())
    below = "\n".join([line, *(_quoted(one) for one in quoted)])
    return (
        f"{text.rstrip()}\n\n{below}\n" if text.strip() else f"{below}\n",
        f'{html or ""}\n<p>{escape(line)}</p>\n<blockquote type="cite">{_as_html(content.history.text.rstrip())}'
        "</blockquote>\n",
    )


def attribution(history: QuotedHistory) -> str:
    """`On 2026-11-22 10:15 UTC, Ann Example <ann@example.org> wrote:`, one line whatever the name holds."""
    address = _one_line(history.sender.address)
    name = _one_line(history.sender.name)
    who = f"{name} <{address}>" if name else address
    return f"On {history.sent_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {who} wrote:"


def content_ids(html: str) -> frozenset[str]:
    """The Content-IDs that the HTML shows (RFC 2392)."""
    return frozenset(unquote(unescape(one)) for one in _CID.findall(html))


def _quoted(line: str) -> str:
    """RFC 3676 4.5: no blank between the signs of quotation."""
    return f">{line}" if line.startswith(">") or not line else f"> {line}"


def _as_html(text: str) -> str:
    """Lines as they are, blanks kept, addresses of pages as links."""
    lines = [_linked(line) for line in _BREAKS.split(text)]
    return f'<div style="white-space: pre-wrap">{"<br>".join(lines)}</div>'


def _linked(line: str) -> str:
    made, position = [], 0
    for found in _ADDRESS.finditer(line):
        made.append(escape(line[position : found.start()]))
        made.append(f'<a href="{escape(found[0])}">{escape(found[0])}</a>')
        position = found.end()
    return "".join([*made, escape(line[position:])])


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()[:MAX_NAME]
