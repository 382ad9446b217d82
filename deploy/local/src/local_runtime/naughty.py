"""The Big List of Naughty Strings for tests, where the corpora are beside the checkout, packed into fields."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_PLACE: Final = "../shared/corpora/blns/blns.json"
_FOUND: Final = next((path for parent in Path(__file__).parents if (path := parent / _PLACE).exists()), None)
_UNFIT: Final = frozenset({"Cc", "Zl", "Zp"})
STRINGS: Final[list[str]] = (
    [] if _FOUND is None else [one for one in json.loads(_FOUND.read_text("utf-8")) if "\0" not in one]
)
"""All of them; nothing where there are no corpora."""
LINES: Final = [one for one in STRINGS if not any(unicodedata.category(char) in _UNFIT for char in one)]
"""Those without control characters and line separators, which no line takes."""


def packed(strings: Iterable[str], most: int, between: str) -> Iterator[str]:
    """The strings, so many together as `most` characters hold; one that is longer, in pieces."""
    whole = ""
    for one in strings:
        for piece in (one[place : place + most] for place in range(0, len(one), most)):
            if whole and len(whole) + len(between) + len(piece) > most:
                yield whole
                whole = ""
            whole += (between if whole else "") + piece
    if whole:
        yield whole


def names(most: int) -> list[str]:
    """Every line in names of at most so many characters: names lose the white space around them."""
    return [name for one in packed(LINES, most, " ") if (name := one.strip())]


def long(most: int) -> list[str]:
    """Everything in texts of at most so many characters."""
    return [one for one in packed(STRINGS, most, "\n") if one.strip()]
