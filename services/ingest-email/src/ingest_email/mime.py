"""A mail's tree of parts (RFC 2045, 2046), split within limits and in linear time; tolerates what mailers get wrong."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ingest_email import headers
from ingest_email.headers import Headers
from ingest_email.limits import MAX_DEPTH, MAX_FALSE_DELIMITERS, MAX_PARTS, TooMuch

MESSAGES: Final = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass(slots=True)
class Part:
    """A leaf has `body`, still in its transfer encoding; a multipart has `children` (at least one)."""

    headers: Headers
    content_type: str
    parameters: dict[str, str]
    body: bytes
    children: list[Part] = field(default_factory=list)

    @property
    def disposition(self) -> tuple[str, dict[str, str]]:
        return headers.parameters(self.headers.first("content-disposition"))

    def content(self) -> bytes:
        """The bytes of a leaf with the transfer encoding undone; what can't be undone stays as it is."""
        return undo(self.body, self.headers.first("content-transfer-encoding"))

    def leaves(self) -> Iterator[Part]:
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def split(raw: bytes, fields: Headers, body_start: int) -> Part:
    """The tree of a mail whose own fields were read already. Raises TooMuch.

    A multipart that has no boundary, or none of whose delimiters occurs, is shown as text: nothing gets invisible.
    """
    return _Splitter(raw).part(fields, body_start, len(raw), "text/plain", 1)


class _Splitter:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._parts = 0
        self._false_delimiters = 0

    def part(self, fields: Headers, start: int, end: int, default: str, depth: int) -> Part:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise TooMuch(f"more than {MAX_PARTS} parts")
        content_type, parameters = headers.parameters(fields.first("content-type"))
        if "/" not in content_type:
            content_type = default
        if not content_type.startswith("multipart/"):
            return Part(fields, content_type, parameters, self._raw[start:end])
        if depth > MAX_DEPTH:
            raise TooMuch(f"parts nested more than {MAX_DEPTH} deep")
        child_default = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        children = [
            self._child(child_start, child_end, child_default, depth + 1)
            for child_start, child_end in self._ranges(parameters.get("boundary", ""), start, end)
        ]
        if not children:
            return Part(fields, "text/plain", parameters, self._raw[start:end])
        return Part(fields, content_type, parameters, b"", children)

    def _child(self, start: int, end: int, default: str, depth: int) -> Part:
        head_end, body_start = headers.block_end(self._raw, start, end)
        return self.part(headers.read(self._raw[start:head_end]), body_start, end, default, depth)

    def _ranges(self, boundary: str, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts between the delimiter lines of one multipart begin and end (RFC 2046 5.1.1)."""
        boundary = boundary.rstrip()
        if not boundary:
            return []
        raw, delimiter = self._raw, b"\n--" + boundary.encode("utf-8", "replace")
        ranges: list[tuple[int, int]] = []
        opened: int | None = None
        position = start - 1
        while (found := raw.find(delimiter, position, end)) >= 0:
            after = found + len(delimiter)
            line_end = raw.find(b"\n", after, min(end, after + 1000))
            rest = raw[after : line_end if line_end >= 0 else min(end, after + 1000)]
            closing = rest.startswith(b"--")
            position = after
            if not closing and rest.strip():
                self._false_delimiters += 1
                if self._false_delimiters > MAX_FALSE_DELIMITERS:
                    raise TooMuch("too many lines that look like borders of parts")
                continue
            if opened is not None:
                ranges.append((opened, max(opened, found - 1 if raw[found - 1 : found] == b"\r" else found)))
                if len(ranges) > MAX_PARTS:
                    raise TooMuch(f"more than {MAX_PARTS} parts")
                opened = None
            if closing:
                return ranges
            if line_end < 0:
                break
            opened = line_end + 1
            position = line_end
        if opened is not None:
            ranges.append((opened, end))
        return ranges


def undo(body: bytes, encoding: str) -> bytes:
    """The bytes under a Content-Transfer-Encoding (RFC 2045 6); broken base64 gives what of it can be read."""
    name = encoding.partition(";")[0].strip().lower()
    if name in ("", "7bit", "8bit", "binary"):
        return body
    if name == "base64":
        return _base64(body)
    if name == "quoted-printable":
        return binascii.a2b_qp(body)
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uuencoded(body)
    return body


_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64: Final = bytes(set(range(256)) - set(_ALPHABET))


def _base64(body: bytes) -> bytes:
    try:
        decoded = binascii.a2b_base64(body)
    except binascii.Error:
        decoded = b""
    if decoded or not body.strip():
        return decoded
    letters = body.translate(None, _NOT_BASE64)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    if len(letters) * 2 < len(body.strip()):
        return body
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _uuencoded(body: bytes) -> bytes:
    lines = body.split(b"\n")
    begin = next((number for number, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if begin is None:
        return body
    decoded = []
    for line in lines[begin + 1 :]:
        line = line.rstrip(b"\r")
        if line in (b"end", b"`", b" ", b""):
            break
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = ((line[0] - 32 & 63) * 4 + 5) // 3
            try:
                decoded.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                return body
    return b"".join(decoded)
