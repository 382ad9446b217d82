"""SMTP command lines, taken apart (RFC 5321 4.1): verbs, paths and parameters; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

MAX_PATH: Final = 512
_PATH = re.compile(
    r'<(?:@[^<>:\s]*:)?((?:"(?:[^"\\]|\\.)*"|[^<>\s"]*)(?:@[^<>\s@]+)?)>((?:\s+\S+)*)\s*',
    re.DOTALL,
)
_BARE_PATH = re.compile(r"([^<>\s]+)((?:\s+\S+)*)\s*")


class BadSyntax(ValueError):
    """A command whose arguments can't be understood."""


class Path(NamedTuple):
    """An address ("" for the null reverse path) and the parameters behind it, names in upper case."""

    address: str
    parameters: dict[str, str]


def verb_of(line: str) -> tuple[str, str]:
    """The verb in upper case and its argument."""
    verb, _, argument = line.partition(" ")
    return verb.strip().upper(), argument.strip()


@lru_cache(maxsize=4096)
def path_of(argument: str, keyword: str) -> Path:
    """`FROM:<a@b> SIZE=1` → the path; a source route is left out (RFC 5321 4.1.1.3). Raises BadSyntax.

    Remembered, since most mails go to few addresses; the parameters may be shared: don't change them.
    """
    if argument[: len(keyword)].upper() != keyword:
        raise BadSyntax(f"expected {keyword}<address>")
    rest = argument[len(keyword) :].strip()
    match = _PATH.fullmatch(rest) or _BARE_PATH.fullmatch(rest)
    if match is None or len(match[1]) > MAX_PATH or not match[1].isprintable():
        raise BadSyntax(f"expected {keyword}<address>")
    parameters: dict[str, str] = {}
    for word in match[2].split():
        name, _, value = word.partition("=")
        parameters[name.upper()] = value
    return Path(match[1], parameters)


def size_of(parameters: dict[str, str]) -> int:
    """The announced SIZE (RFC 1870), 0 where there is none. Raises BadSyntax."""
    text = parameters.get("SIZE", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise BadSyntax("SIZE is not a number")
    return int(text)
