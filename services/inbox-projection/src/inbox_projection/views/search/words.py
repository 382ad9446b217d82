"""Texts as words in which case and accents make no difference: "Żółć" is "zolc"."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import combining, is_normalized, normalize

WORD: Final = re.compile(r"[^\W_]+")
LONGEST: Final = 40
"""Characters of a word that count."""
_NOT_COMPOSED: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "ς": "σ",
    }
)


def words(text: str) -> list[str]:
    """The words of a text in their order, folded."""
    plain = _plain(text)
    return [fold(word) for word in WORD.findall(_lower(text) if plain is None else plain)]


def distinct(text: str) -> dict[str, None]:
    """Each word of a text once, folded, in the order in which they come first."""
    plain = _plain(text)
    if plain is None:
        return dict.fromkeys([fold(word) for word in dict.fromkeys(WORD.findall(_lower(text)))])
    found = dict.fromkeys(WORD.findall(plain))
    return found if all(len(word) <= LONGEST for word in found) else dict.fromkeys([word[:LONGEST] for word in found])


def composed(text: str) -> str:
    """The text with letters and their accents as one character each, so that no accent divides a word."""
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def fold(word: str) -> str:
    """A word without case and accents, at most 40 characters of it; never empty."""
    word = word[:LONGEST].lower()
    if word.isascii():
        return word
    plain = word.translate(_LATIN)
    return plain[:LONGEST] if plain.isascii() else _fold(word)


def _lower(text: str) -> str:
    """In small letters; the one that would become a letter and an accent apart is plain."""
    return text.lower() if text.isascii() else composed(text).replace("İ", "I").lower()


def _plain(text: str) -> str | None:
    """The whole text folded, a character at a time, which is many times as fast as word by word.

    None where it has letters that Central European texts do not have.
    """
    if text.isascii():
        return text.lower()
    try:
        raw = _lower(text).encode(_CODE)
    except UnicodeEncodeError:
        return None
    return None if _ODD.search(raw) else raw.translate(_PLAIN).decode("ascii")


@lru_cache(maxsize=20_000)
def _fold(word: str) -> str:
    taken_apart = normalize("NFKD", word)
    plain = "".join(char for char in taken_apart if not combining(char)).translate(_NOT_COMPOSED)
    return "".join(char for char in plain if char.isalnum())[:LONGEST] or word


_LATIN: Final = str.maketrans(
    {char: _fold(char) for char in map(chr, range(0xC0, 0x250)) if char.isalpha() and char == char.lower()}
)
"""What nearly all letters with accents become, one by one."""


_CODE: Final = "cp1250"


def _plain_bytes() -> tuple[bytes, bytes]:
    """What becomes of each byte, and those that become no single byte."""
    table, odd = bytearray(range(128)), bytearray()
    for number in range(128, 256):
        char = bytes([number]).decode(_CODE, "replace")
        folded = _fold(char) if char.isalnum() else " "
        if len(folded) != 1 or not folded.isascii():
            odd.append(number)
        table += folded.encode("ascii", "replace")[:1]
    return bytes(table), bytes(odd)


_PLAIN, _odd = _plain_bytes()
_ODD: Final = re.compile(b"[" + re.escape(_odd) + b"]")
