"""A mail as a mail program shows it: text, HTML with its pictures, and the files to save."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 60 * 1024 * 1024
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_CID: Final = re.compile(r"cid:([^\"'\s>)]+)")
_TAGS: Final = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]+>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Saved:
    """A file of a mail."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """`html` is None where there is only text; pictures stand in it as data. `files` are those not shown in it."""

    text: str
    html: str | None
    files: tuple[Saved, ...]


def read_letter(path: Path) -> Letter:
    """Never refuses a mail for its content; what can't be decoded is left out. Raises OSError."""
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES)
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    shown = None if html is None else _string(html)
    files = tuple(_files(message, [part for part in (plain, html) if part is not None]))
    text = _string(plain) if plain is not None else _TAGS.sub(" ", shown or "")
    if shown is None:
        return Letter(text, None, files)
    by_id = {file.content_id: file for file in files if file.content_id and file.content_type in PICTURES}
    used = {name for name in _CID.findall(shown) if name in by_id}
    shown = _CID.sub(lambda match: _data(by_id[match[1]]) if match[1] in by_id else "", shown)
    return Letter(text, shown, tuple(file for file in files if file.content_id not in used or not file.content_id))


def preview(text: str, characters: int = 140) -> str:
    """The first words that are not quoted, nor announce what is, on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = next((number for number, line in enumerate(lines) if line.startswith(">")), None)
    if first is not None:
        lines = lines[: first - 1] if first and lines[first - 1].endswith(":") else lines[:first]
    return " ".join(" ".join(lines).split())[:characters]


def _files(message: EmailMessage, bodies: list[MIMEPart]) -> Iterator[Saved]:
    number = 0
    for part in message.walk():
        if part.is_multipart() or any(part is body for body in bodies):
            continue
        number += 1
        content_type = part.get_content_type()
        name = _safe(str(part.get_filename() or "")) or f"file-{number}"
        content_id = str(part.get("Content-ID") or "").strip().strip("<>")
        payload = part.get_payload(decode=True)
        yield Saved(name, content_type, payload if isinstance(payload, bytes) else b"", content_id)


def _string(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
    except LookupError:
        return raw.decode("utf-8", "replace").replace("\r\n", "\n")


def _safe(name: str) -> str:
    """No folders, no control characters."""
    return re.sub(r"[\x00-\x1f\x7f/\\]", "_", name).strip(". ")[:150]


def _data(file: Saved) -> str:
    return f"data:{file.content_type};base64,{base64.b64encode(file.content).decode()}"
