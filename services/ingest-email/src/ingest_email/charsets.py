"""Bytes of any or no charset become text that JSON and PostgreSQL can hold; never raises."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

from charset_normalizer import from_bytes

SAMPLE_BYTES: Final = 2048
TOLERATED_DAMAGE: Final = 0.02
CANDIDATES: Final = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "koi8_r",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
]
# Not for text, or with decoders that take quadratic time.
_REFUSED: Final = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7_imap"}
# Names that mailers use and Python does not know, and those whose real-world superset is meant (WHATWG Encoding).
_ALIASES: Final = {
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "x-gbk": "gb18030",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-unknown": "us-ascii",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "cp-850": "cp850",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "ascii",
    "windows-874": "cp874",
}
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without NULs (PostgreSQL refuses them) and with U+FFFD for lone surrogates (UTF-8 has none)."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = _SURROGATES.sub("\ufffd", text)
    return text


def decode(raw: bytes, charset: str | None = None) -> str:
    """The text of `raw`: by its declared charset, else as UTF-8, else by the likeliest one; wrong bytes are U+FFFD."""
    return clean(_decode(raw, charset))


def _decode(raw: bytes, charset: str | None) -> str:
    codec = known_codec(charset) if charset else None
    if codec is not None:
        try:
            return raw.decode(codec)
        except (UnicodeError, ValueError):
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if codec is not None and codec not in ("ascii", "cp1252"):
        repaired = raw.decode(codec, "replace")
        if repaired.count("\ufffd") <= max(1, len(repaired) * TOLERATED_DAMAGE):
            return repaired
    return raw.decode(_likeliest(raw), "replace")


@lru_cache(maxsize=512)
def known_codec(charset: str) -> str | None:
    """Python's name of a codec for text, None where the charset is unknown or its decoder is not fit for mail."""
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    try:
        info = codecs.lookup(name)
        bytes(1).decode(name, "replace")
    except (LookupError, ValueError, UnicodeError):
        return None
    return None if info.name.replace("-", "_") in _REFUSED else info.name


def _likeliest(raw: bytes) -> str:
    """The charset that a short sample around the first odd byte looks like; cp1252 where nothing fits better."""
    odd = next((match.start() for match in _NOT_ASCII.finditer(raw)), 0)
    start = max(0, odd - SAMPLE_BYTES // 4)
    sample = raw[start : start + SAMPLE_BYTES]
    try:
        best = from_bytes(sample, cp_isolation=list(CANDIDATES), steps=3, chunk_size=512).best()
    except (ValueError, LookupError, UnicodeError):
        return "cp1252"
    return best.encoding if best is not None else "cp1252"


_NOT_ASCII = re.compile(rb"[\x80-\xff]")
