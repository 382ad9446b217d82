"""Variables in texts, `{{contact.first_name|there}}`: found, checked and filled; pure.

A variable is one of KNOWN, in double braces, with a fallback behind a bar for where its value is empty. Anything else
in braces is text like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

KNOWN: Final = (
    "contact.name",
    "contact.first_name",
    "contact.email",
    "agent.name",
    "agent.first_name",
    "agent.email",
    "agent.meeting_url",
    "agent.signature",
    "inbox.name",
    "inbox.address",
    "conversation.number",
    "conversation.subject",
)
ROOTS: Final = tuple(dict.fromkeys(name.partition(".")[0] for name in KNOWN))
_VARIABLE: Final = re.compile(
    rf"\{{\{{[ \t]*(?P<name>(?:{'|'.join(ROOTS)})\.[a-z_]{{1,40}})[ \t]*(?:\|(?P<fallback>[^{{}}]*))?\}}\}}"
)


class Filled(NamedTuple):
    """The text, and the variables, each once, that have neither value nor fallback: they still stand in it."""

    text: str
    missing: tuple[str, ...]


def variables(text: str) -> tuple[str, ...]:
    """The names, each once, of what looks like a variable; they need not be KNOWN."""
    return tuple(dict.fromkeys(match["name"] for match in _VARIABLE.finditer(text)))


def unknown(text: str) -> tuple[str, ...]:
    """Those that can never be filled."""
    return tuple(name for name in variables(text) if name not in KNOWN)


def fill(
    text: str,
    values: Mapping[str, str],
    escaped: Callable[[str], str] = lambda value: value,
    *,
    blank: bool = False,
) -> Filled:
    """Puts values, or fallbacks where a value is blank, into the text; `escaped` fits a value for what the text is.

    `blank`: what is missing leaves nothing in the text.
    """
    missing: dict[str, None] = {}

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match["name"], "")
        if value.strip():
            return escaped(value)
        if match["fallback"] is not None:
            return match["fallback"]
        missing[match["name"]] = None
        return "" if blank else match[0]

    return Filled(_VARIABLE.sub(value_of, text), tuple(missing))


def first_name(name: str) -> str:
    """The first word of a name; of "Nowak, Zofia" the first after the comma."""
    _, comma, given = name.partition(",")
    return next(iter((given if comma else name).split()), "")
