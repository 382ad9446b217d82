"""Names and types of files made harmless, and the header that makes a browser save instead of show; pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote

MAX_NAME: Final = 200
OCTETS: Final = "application/octet-stream"
_CONTENT_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,100}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,100}")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"
"""They make one sign of several, as in Persian words and pictures of families."""
SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


def clean_name(name: str) -> str:
    """A file name without folders, control characters and direction overrides; never empty, at most 200 characters."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(
        char if char in _JOINERS or unicodedata.category(char) not in _INVISIBLE else " " for char in last
    )
    bare = " ".join(visible.split()).lstrip(".").strip()
    if len(bare) > MAX_NAME:
        stem, dot, ending = bare.rpartition(".")
        bare = f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) <= 16 else bare[:MAX_NAME]
    return bare or "file"


def clean_type(content_type: str | None) -> str:
    """type/subtype without parameters, lower case; bytes of unknown meaning when it is none."""
    bare = (content_type or "").partition(";")[0].strip()
    return bare.lower() if _CONTENT_TYPE.fullmatch(bare) else OCTETS


def disposition(name: str) -> str:
    """Content-Disposition: attachment, with the name in ASCII for old programs and in UTF-8 (RFC 6266, RFC 8187)."""
    cleaned = clean_name(name)
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in cleaned)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(cleaned, safe='')}"
