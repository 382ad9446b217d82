"""How large a mail is as it is sent, before it is made: never less than it will be; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from events.conversations import ReplyContent

MAX_MAIL: Final = 25 * 1024 * 1024
"""Bytes on the wire: what our own receiver takes, and most servers of others (Gmail's 25 MB is the usual least)."""
MAX_FILES: Final = 17 * 1024 * 1024
"""Bytes of what an agent attaches, as the files are: encoded 23.3 MiB, which leaves room for any usual text."""
_LINE_IN: Final = 57
_LINE_OUT: Final = 78
"""A line of base64 has 76 characters and CRLF (RFC 2045 6.8)."""
_PART: Final = 1024
_HEAD: Final = 128 * 1024
"""All headers, with a hundred recipients, forty references and a signature, and the boundaries."""
_WRITTEN: Final = 3.3
"""Quoted-printable makes three characters of a byte, and a soft break for each line of 76 (RFC 2045 6.7)."""
_MADE_HTML: Final = 8.0
"""HTML made of a text: escaped, with links of addresses."""
_MADE_TEXT: Final = 2.0


def of_files(files: Iterable[tuple[str, int]]) -> int:
    """Of files with these names and bytes, each as a part of the mail."""
    return sum(-(-size // _LINE_IN) * _LINE_OUT + 12 * len(name) + _PART for name, size in files)


def of_content(content: ReplyContent) -> int:
    """Of the whole mail, with the history that it quotes."""
    text, html = _bytes(content.text), _bytes(content.html or "")
    quoted = 0 if content.history is None else _bytes(content.history.text)
    size = _WRITTEN * (text + quoted) + _MADE_HTML * quoted
    size += _WRITTEN * html if html else _MADE_HTML * text
    if not content.text.strip():
        size += _WRITTEN * _MADE_TEXT * html
    return _HEAD + int(size) + of_files((one.name, one.size) for one in content.attachments)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
