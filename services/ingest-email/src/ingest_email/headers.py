"""The header block of a mail or of one of its parts: fields by name, unfolded and decoded (RFC 5322, 2047, 2231)."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from ingest_email.charsets import clean, decode
from ingest_email.limits import MAX_HEADER_BYTES, MAX_HEADERS, TooMuch

_END = re.compile(rb"\n\r?\n")
_ENCODED_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r"))
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MAX_REMEMBERED: Final = 200
_SECTION: Final = re.compile(r"^(.+?)\*(\d{1,3})?(\*)?$")


class Headers:
    """Fields by lower-case name, those of one name in their order; values unfolded and not yet decoded."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self.fields = fields

    def first(self, name: str) -> str:
        """The value of the first field of this (lower-case) name, "" where there is none."""
        values = self.fields.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def text(self, name: str) -> str:
        """The first value as people read it: encoded words decoded, white space collapsed."""
        return decode_words(self.first(name))


def block_end(raw: bytes, start: int = 0, end: int | None = None) -> tuple[int, int]:
    """Where the header block that begins at `start` ends and its body begins."""
    end = len(raw) if end is None else end
    if raw.startswith(b"\n", start, end):
        return start, start + 1
    if raw.startswith(b"\r\n", start, end):
        return start, start + 2
    gap = _END.search(raw, start, end)
    return (end, end) if gap is None else (gap.start() + 1, gap.end())


def read(block: bytes) -> Headers:
    """The fields of a header block; lines that are no field are passed over. Raises TooMuch."""
    if len(block) > MAX_HEADER_BYTES:
        raise TooMuch(f"a header block of more than {MAX_HEADER_BYTES} bytes")
    block = block.translate(None, _CONTROLS)
    try:
        text = block.decode()
    except UnicodeDecodeError:
        text = decode(block)
    text = text.replace("\r\n", "\n")
    if "\n " in text or "\n\t" in text:
        text = text.replace("\n ", " ").replace("\n\t", "\t")
    fields: dict[str, list[str]] = {}
    count = 0
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon and name and " " not in (name := name.rstrip()):
            fields.setdefault(name.lower(), []).append(value.strip())
            count += 1
    if count > MAX_HEADERS:
        raise TooMuch(f"more than {MAX_HEADERS} header fields")
    return Headers(fields)


def decode_words(value: str) -> str:
    """The value with its encoded words decoded (RFC 2047) and white space collapsed; what is no valid word stays.

    Neighbours of one charset are joined before decoding, since mailers cut characters in two.
    """
    if "=?" not in value:
        return " ".join(clean(value).split())
    out: list[str] = []
    pending, charset, position = b"", "", 0
    for word in _ENCODED_WORD.finditer(value):
        between = value[position : word.start()]
        raw = _word_bytes(word[2], word[3])
        follows = position > 0 and (not between or between.isspace())
        if not (follows and word[1].lower() == charset):
            out.append(decode(pending, charset))
            pending, charset = b"", word[1].lower()
        if not follows:
            out.append(between)
        pending += raw
        position = word.end()
    out.append(decode(pending, charset))
    out.append(value[position:])
    return " ".join(_CONTROL.sub("", clean("".join(out))).split())


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (ValueError, binascii.Error):
        return raw


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=utf-8` → ("text/plain", {"charset": "utf-8"}); RFC 2231 continuations and charsets too.

    The dict may be shared: don't change it.
    """
    return _parameters_again(value) if len(value) <= MAX_REMEMBERED else _parameters(value)


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    kind, semicolon, _ = value.partition(";")
    kind = kind.strip().lower()
    if not semicolon:
        return kind, {}
    found: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, text in _PARAMETER.findall(value):
        text = text.strip()
        if text[:1] == '"' and text[-1:] == '"' and len(text) > 1:
            text = text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        name = name.lower()
        section = _SECTION.match(name) if "*" in name else None
        if section is None:
            found.setdefault(name, text)
        else:
            sections.setdefault(section[1], {})[int(section[2] or 0)] = (section[3] is not None or not section[2], text)
    for name, pieces in sections.items():
        found[name] = _joined(pieces)
    return kind, found


_parameters_again = lru_cache(maxsize=1024)(_parameters)


def _joined(pieces: dict[int, tuple[bool, str]]) -> str:
    """RFC 2231 3 and 4: pieces in the order of their numbers, the first of which may name the charset."""
    charset, raw = None, b""
    for place, (_, (encoded, text)) in enumerate(sorted(pieces.items())):
        if encoded and place == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    return decode(raw, charset)
