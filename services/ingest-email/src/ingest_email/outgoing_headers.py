"""Header values in ASCII, folded, in which nothing can begin a new header (RFC 5322 2.2, RFC 2047, RFC 2231).

The folding of the standard library's header objects differs between its patch releases and has lost commas and
blanks before; what is made here is the same everywhere, byte for byte.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from email.policy import Policy
from typing import Final
from urllib.parse import quote

from events.values import Address
from ingest_email.outgoing_addresses import Unsendable, on_the_wire

FOLD: Final = "\r\n "
LINE: Final = 76
WORD_BYTES: Final = 42
MAX_SUBJECT: Final = 2_000
MAX_NAME: Final = 300
MAX_FILE_NAME: Final = 180
MAX_ID: Final = 900
_FORBIDDEN: Final = re.compile(r"[\r\n\0]")
_PLAIN: Final = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ID: Final = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]+")
_UNSAFE_IN_FILE_NAMES: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f/\\\"<>:*?|\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_PARAMETER: Final = re.compile(r"[A-Za-z0-9!#$&+.^_`{|}~ ()@,;=\[\]-]+")


class Header(str):
    """A finished value, which the `email` package writes out as it is (its protocol: `name` and `fold`)."""

    name: str

    def __new__(cls, name: str, value: str) -> Header:
        if re.search(r"\r\n(?![ \t])|\r(?!\n)|(?<!\r)\n|\0", value) or not value.isascii():
            raise Unsendable(f"the header {name} can't be written")
        header = super().__new__(cls, value)
        header.name = name
        return header

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}\r\n"


def text(name: str, value: str) -> Header:
    """Free text, such as a subject. Raises Unsendable when it has CR, LF or NUL."""
    clean = _without_breaks(value, f"the {name.lower()}")[:MAX_SUBJECT]
    if not clean:
        return Header(name, "")
    if _is_plain(clean) and max(map(len, clean.split(" "))) < LINE:
        return Header(name, _fold_words(clean.split(" "), len(name) + 2))
    return Header(name, FOLD.join(_encoded_words(clean)))


def mailboxes(name: str, people: Iterable[Address]) -> Header:
    """One or more mailboxes, one a line. Raises Unsendable."""
    return Header(name, f",{FOLD}".join(_mailbox(person, name) for person in people))


def message_ids(name: str, ids: Iterable[str]) -> Header:
    """Message-IDs, given without angle brackets, one a line; all must pass `is_message_id`."""
    return Header(name, FOLD.join(f"<{one}>" for one in ids))


def is_message_id(value: str) -> bool:
    """Whether it can stand between angle brackets in a header: printable ASCII without blanks and brackets."""
    return len(value) <= MAX_ID and _ID.fullmatch(value) is not None


def disposition(kind: str, file_name: str) -> Header:
    """Content-Disposition with the file's name: quoted when plain, else in UTF-8 by RFC 2231, in pieces when long."""
    value = safe_file_name(file_name)
    if len(value) <= LINE - 20 and _PARAMETER.fullmatch(value) and not value.startswith(" "):
        return Header("Content-Disposition", f'{kind};{FOLD}filename="{value}"')
    pieces = [quote(piece, safe="") for piece in _pieces(value, 18)]
    names = [f"filename*{number}*" for number in range(len(pieces))] if len(pieces) > 1 else ["filename*"]
    pieces[0] = f"utf-8''{pieces[0]}"
    parameters = [f"{label}={piece}" for label, piece in zip(names, pieces, strict=True)]
    return Header("Content-Disposition", f";{FOLD}".join([kind, *parameters]))


def safe_file_name(name: str) -> str:
    """The name without what could break a header, leave a folder, turn the direction of writing, or be no name on
    some system; never empty.
    """
    clean = _UNSAFE_IN_FILE_NAMES.sub("_", _well_formed(name)).strip().strip(".") or "attachment"
    if len(clean) <= MAX_FILE_NAME:
        return clean
    stem, dot, ending = clean.rpartition(".")
    keep = f".{ending}" if dot and stem and len(ending) <= 16 else ""
    return clean[: MAX_FILE_NAME - len(keep)].rstrip() + keep


def _mailbox(person: Address, header: str) -> str:
    address = on_the_wire(person.address, f"an address in {header}")
    name = _without_breaks(person.name, f"a name in {header}").strip()[:MAX_NAME]
    if not name:
        return address
    if len(name) + len(address) > LINE or not _is_plain(name):
        return f"{FOLD.join(_encoded_words(name))}{FOLD}<{address}>"
    if _ATOMS.fullmatch(name):
        return f"{name} <{address}>"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def _without_breaks(value: str, what: str) -> str:
    if _FORBIDDEN.search(value):
        raise Unsendable(f"{what} has a line break or a NUL in it")
    return _well_formed(value)


def _well_formed(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8")


def _is_plain(value: str) -> bool:
    """Printable ASCII with single inner blanks, and nothing that a reader would take for an encoded word."""
    return _PLAIN.fullmatch(value) is not None and "=?" not in value


def _encoded_words(value: str) -> Iterator[str]:
    for piece in _pieces(value, WORD_BYTES):
        yield f"=?utf-8?b?{b64encode(piece.encode()).decode()}?="


def _pieces(value: str, size: int) -> Iterator[str]:
    """Cut between characters, each piece at most `size` bytes of UTF-8."""
    piece, used = "", 0
    for character in value:
        width = len(character.encode())
        if used + width > size:
            yield piece
            piece, used = "", 0
        piece, used = piece + character, used + width
    yield piece


def _fold_words(words: list[str], used: int) -> str:
    folded = words[0]
    used += len(words[0])
    for word in words[1:]:
        if used + 1 + len(word) > LINE:
            folded, used = folded + FOLD + word, 1 + len(word)
        else:
            folded, used = f"{folded} {word}", used + 1 + len(word)
    return folded
