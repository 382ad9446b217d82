"""The syntax of IMAP (RFC 3501 9): responses into nested lists; strings, folder names, sets of UIDs for commands.

Pure; a response that is none raises ProtocolBroken.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from ingest_email.imap_errors import ProtocolBroken

MAX_DEPTH: Final = 20
_TOKEN: Final = re.compile(
    rb' *(?:([()])|"((?:[^"\\]|\\.)*)"|((?:[^\s()"\[]|\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\](?:<\d+>)?)+))', re.DOTALL
)
_LITERAL: Final = re.compile(rb"~?\{(\d{1,12})\+?\}$")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Literal(NamedTuple):
    """A literal of the server; `content` is None for one over the limit, which was read past."""

    size: int
    content: bytes | None


Piece = bytes | Literal
Value = bytes | Literal | None | list["Value"]


def announced(line: bytes) -> int | None:
    """The size of the literal that follows this line, None for none."""
    match = _LITERAL.search(line[-16:])
    return int(match[1]) if match is not None else None


def without_announcement(line: bytes) -> bytes:
    return line[: line.rindex(b"{")].removesuffix(b"~")


def values(pieces: Sequence[Piece]) -> list[Value]:
    """Lists in parentheses as lists, atoms and strings as bytes, NIL as None. Raises ProtocolBroken."""
    stack: list[list[Value]] = [[]]
    for piece in pieces:
        if isinstance(piece, Literal):
            stack[-1].append(piece)
            continue
        place, line = 0, piece.rstrip(b" \r\n")
        while place < len(line):
            match = _TOKEN.match(line, place)
            if match is None:
                raise ProtocolBroken("the server's answer can't be read")
            place = match.end()
            parenthesis, quoted, atom = match.groups()
            if parenthesis == b"(":
                stack.append([])
                if len(stack) > MAX_DEPTH:
                    raise ProtocolBroken("the server's answer is nested too deeply")
            elif parenthesis == b")":
                if len(stack) < 2:
                    raise ProtocolBroken("the server's answer has a parenthesis too many")
                done = stack.pop()
                stack[-1].append(done)
            elif quoted is not None:
                stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted))
            else:
                stack[-1].append(None if atom.upper() == b"NIL" else atom)
    if len(stack) != 1:
        raise ProtocolBroken("the server's answer ends within parentheses")
    return stack[0]


def number(value: object) -> int:
    """Raises ProtocolBroken."""
    if not isinstance(value, bytes) or not value.isdigit() or len(value) > 20:
        raise ProtocolBroken("the server's answer has no number where one belongs")
    return int(value)


def instant(value: object) -> datetime | None:
    """An INTERNALDATE ("17-Jul-2026 02:44:25 -0700") in UTC, None for what is none."""
    if not isinstance(value, bytes):
        return None
    try:
        return datetime.strptime(value.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def search_date(day: datetime) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def quoted(text: str) -> bytes | None:
    """The text as a quoted string, None where only a literal can hold it."""
    if not text.isascii() or any(ord(character) < 32 or ord(character) == 127 for character in text):
        return None
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def folder_name(name: str) -> bytes:
    """A folder's name in modified UTF-7 (RFC 3501 5.1.3), quoted. Control characters are left out."""
    encoded, shifted = [], ""
    for character in (*(c for c in name if ord(c) >= 32 and ord(c) != 127), ""):
        if character and not 32 <= ord(character) < 127:
            shifted += character
            continue
        if shifted:
            code = base64.b64encode(shifted.encode("utf-16-be", "surrogatepass")).rstrip(b"=").replace(b"/", b",")
            encoded.append(f"&{code.decode()}-")
            shifted = ""
        encoded.append("&-" if character == "&" else character)
    return quoted("".join(encoded)) or b'""'


def uid_set(uids: Iterable[int]) -> str:
    """Ascending UIDs as ranges: `3:5,9`."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ranges)
