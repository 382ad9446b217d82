"""Strategies that draw any event of a family, with ids from a small pool so that events meet each other."""

from __future__ import annotations

from datetime import date
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import pytest
from hypothesis import strategies as st

from events.rules import Rule
from router.domain.testing import ADA, BOB, CONVERSATION, HELPERS, NINE, REPLY, ROSA, SUPPORT, SUPPORT_MAIL, TOMORROW

POOL = (ADA, BOB, CONVERSATION, HELPERS, REPLY, ROSA, SUPPORT, SUPPORT_MAIL)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.sampled_from(POOL),
    str: st.sampled_from(["", "vip", "ok", "rosa@customer.test", "x" * 300, "\0\n"]),
    int: st.integers(min_value=0, max_value=5),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=3),
    type(None): st.none(),
    date: st.just(NINE.date()),
}


@cache
def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of the type, personal halves always missing, as for code that may not open them."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    if hint is type(NINE):
        return st.sampled_from([NINE, TOMORROW])
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (UnionType, Union):
        return st.one_of(*(anything(argument) for argument in arguments))
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    if hint is Rule:
        return st.nothing()
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return struct(hint)
    raise NotImplementedError(f"no strategy for {hint!r}")


@cache
def struct(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    names = [field.name for field in msgspec.structs.fields(cls) if field.name != "personal"]
    drawn = {name: st.just(()) if name == "rules" else anything(hints[name]) for name in names}
    return st.fixed_dictionaries(drawn).map(lambda values: cls(**values))


@pytest.fixture(scope="session")
def any_event() -> Any:
    """`any_event(Family)` is a strategy of all classes of a union of events."""
    return cache(lambda family: st.one_of(*(struct(cls) for cls in get_args(family))))
