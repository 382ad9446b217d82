"""Query parameters: which ones a route has, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from starlette.requests import Request

from service_kit.web.problems import invalid


def query_names(declared: Iterable[Any]) -> frozenset[str]:
    """The names in the query of a FastAPI route's `dependant.query_params`; a model stands for its fields."""
    names: set[str] = set()
    for field in declared:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names.update(one.alias or name for name, one in kind.model_fields.items())
        else:
            names.add(field.alias)
    return frozenset(names)


def repeatable_names(declared: Iterable[Any]) -> frozenset[str]:
    """Those of a model's fields that are lists: each of their values has a parameter of its own."""
    names: set[str] = set()
    for field in declared:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names.update(one.alias or name for name, one in kind.model_fields.items() if _is_list(one.annotation))
    return frozenset(names)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(one) for one in get_args(annotation))


def check_query(request: Request, known: frozenset[str], repeatable: frozenset[str] = frozenset()) -> None:
    """Refuses parameters this version does not have, repeated ones unless they may be, and NUL, which PostgreSQL cannot
    hold."""
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in known:
            where = name.encode("ascii", "replace").decode()[:40]
            raise invalid(("query", where), "There is no such parameter.", "unknown-parameter")
        if name in seen and name not in repeatable:
            raise invalid(("query", name), "The parameter is given more than once.", "repeated-parameter")
        if "\x00" in value:
            raise invalid(("query", name), "The value has a NUL character.")
        seen.add(name)
