"""One test of a rule: an operator between a fact and a value, total over all types, text without case, RE2 patterns."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, Protocol, assert_never, cast

import re2

from events.rules import Operator, Value

MAX_PATTERN: Final = 1_000
"""Characters of a regular expression."""
_MAX_MEMORY: Final = 4 * 1024 * 1024


class Pattern(Protocol):
    """A compiled RE2 expression: it matches in time linear in the text."""

    def search(self, text: bytes) -> object | None: ...


class PatternInvalid(ValueError):
    """RE2 does not take the expression; the message says why."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, max_memory: int = _MAX_MEMORY) -> Pattern:
    """The expression, caseless, compiled once, in at most so many bytes. Raises PatternInvalid; look-around and
    back-references do not exist."""
    if len(pattern) > MAX_PATTERN:
        raise PatternInvalid(f"it has {len(pattern)} characters, at most {MAX_PATTERN} are allowed")
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = max_memory
    try:
        return cast(Pattern, re2.compile(pattern, options))
    except re2.error as error:
        reason = error.args[0] if error.args else "it is not understood"
        raise PatternInvalid(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
    except UnicodeEncodeError:
        raise PatternInvalid("it holds half a character") from None


def fold(text: str) -> str:
    """The text as it is compared: full Unicode case folding, composed (Unicode 3.13, D145 less compatibility)."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.casefold())


class Folded(dict[str, str]):
    """Texts and how they are compared, each folded once; for one evaluation, as it holds on to what people wrote."""

    def __missing__(self, text: str) -> str:
        folded = self[text] = fold(text)
        return folded


def holds(operator: Operator, fact: Value, value: Value, folded: Folded | None = None) -> bool:
    """Whether the comparison is true. Types that cannot be compared never raise: the test is not true, whether it
    was put positively or negatively. A list (recipients, labels) passes when one of its elements does."""
    folded = Folded() if folded is None else folded
    match operator:
        case "exists":
            return _present(fact) is not (value is False)
        case "is":
            return _equal(folded, fact, value) is True
        case "is_not":
            return _equal(folded, fact, value) is False
        case "contains":
            return _any_text(folded, fact, value, str.__contains__) is True
        case "contains_not":
            return _any_text(folded, fact, value, str.__contains__) is False
        case "starts_with":
            return _any_text(folded, fact, value, str.startswith) is True
        case "ends_with":
            return _any_text(folded, fact, value, str.endswith) is True
        case "in":
            return _is_in(folded, fact, value)
        case "matches":
            return _matches(fact, value)
        case "greater":
            return _is_number(fact) and _is_number(value) and fact > value  # type: ignore[operator]
        case "less":
            return _is_number(fact) and _is_number(value) and fact < value  # type: ignore[operator]
        case _:
            assert_never(operator)


class _TextTest(Protocol):
    def __call__(self, text: str, part: str, /) -> bool: ...


def _present(fact: Value) -> bool:
    """Something is there: not nothing, not empty, not false; every number is something, 0 too."""
    return _is_number(fact) or bool(fact)


def _equal(folded: Folded, fact: Value, value: Value) -> bool | None:
    """Equal or not; None when the two cannot be compared."""
    if value is None:
        return fact is None
    if isinstance(fact, bool) or isinstance(value, bool):
        return fact is value if isinstance(fact, bool) and isinstance(value, bool) else None
    if _is_number(fact) and _is_number(value):
        return fact == value
    texts, wanted = _texts(fact), _texts(value)
    if texts is None or wanted is None:
        return None
    have, want = {folded[text] for text in texts}, {folded[text] for text in wanted}
    return have == want if isinstance(value, tuple) else not have.isdisjoint(want)


def _any_text(folded: Folded, fact: Value, value: Value, test: _TextTest) -> bool | None:
    """Whether the test is true of one of the fact's texts and one of the value's; None where one is no text."""
    texts, parts = _texts(fact), _texts(value)
    if texts is None or parts is None:
        return None
    wanted = [folded[part] for part in parts if part]
    if not wanted:
        return None
    return any(test(folded[text], part) for text in texts for part in wanted)


def _is_in(folded: Folded, fact: Value, value: Value) -> bool:
    wanted = _texts(value)
    texts = (str(fact),) if _is_number(fact) else _texts(fact)
    if texts is None or wanted is None:
        return False
    return not {folded[text] for text in texts}.isdisjoint(folded[text.strip()] for text in wanted)


def _matches(fact: Value, value: Value) -> bool:
    texts = _texts(fact)
    if texts is None or not isinstance(value, str):
        return False
    try:
        pattern = compile_pattern(value)
    except PatternInvalid:
        return False
    return any(pattern.search(text.encode("utf-8", "replace")) is not None for text in texts)


def _texts(value: Value) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, tuple) else None


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
