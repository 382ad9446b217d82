"""The files of a mail: names that can't harm, whatever the sender wrote; pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from ingest_email.charsets import clean
from ingest_email.headers import decode_words
from ingest_email.limits import MAX_LINE, MAX_NAME
from ingest_email.mime import MESSAGES, Part

_PATH = re.compile(r"^.*[/\\]", re.DOTALL)
# Control characters, and those that make a name read in another direction than it is (RFC 5892 bidi controls).
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")
_ENDINGS: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/json": ".json",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/rfc822-headers": ".txt",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
}


@dataclass(frozen=True)
class File:
    """An attachment with its content; `content_id` as the mail gives it, whether or not the HTML shows it."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""

    @cached_property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def file_of(part: Part, number: int) -> File:
    """The `number`-th file of a mail."""
    content = part.content()
    content_type = part.content_type if _CONTENT_TYPE.fullmatch(part.content_type) else "application/octet-stream"
    content_id = clean(part.headers.first("content-id")).strip().removeprefix("<").removesuffix(">")
    return File(name_of(part, content_type, number), content_type, content, content_id[:MAX_LINE])


def name_of(part: Part, content_type: str, number: int) -> str:
    """The file's name as the sender gave it, made safe; `attachment-<number>` with a fitting ending otherwise."""
    given = safe_name(given_name(part))
    if given:
        return given
    if content_type in MESSAGES:
        return "message.eml"
    return f"attachment-{number}{_ENDINGS.get(content_type, '.bin')}"


def given_name(part: Part) -> str:
    """The name that the part declares (RFC 2183 2.3, else the older `name` of Content-Type), "" for none."""
    return part.disposition[1].get("filename") or part.parameters.get("name", "")


def safe_name(name: str) -> str:
    """A name without folders, control characters or direction overrides, at most 255 characters with its ending."""
    name = _UNSEEN.sub("", unicodedata.normalize("NFC", clean(decode_words(name[:4000]))))
    name = _PATH.sub("", name).strip().strip(".").strip()
    if len(name) <= MAX_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: MAX_NAME - 1 - len(ending)]}.{ending}" if dot and len(ending) <= 10 else name[:MAX_NAME]
