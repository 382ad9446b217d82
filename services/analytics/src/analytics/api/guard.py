"""Every route's gate: who asks, and no parameters that this version does not have."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from analytics.api.parts import parts_of
from analytics.workspace import Reach
from service_kit.web.log_ins import COOKIE
from service_kit.web.problems import invalid, unauthenticated

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route for who is logged in; `request.state.reach` then says what they may see."""

    def get_route_handler(self) -> Handler:
        handle, known = super().get_route_handler(), _query_names(self)

        async def guarded(request: Request) -> Response:
            _check_parameters(request, known)
            reach = await identify(request)
            if reach is None:
                raise unauthenticated()
            request.state.reach = reach
            return await handle(request)

        return guarded


async def identify(request: Request) -> Reach | None:
    """By API token, or else by session cookie."""
    callers = parts_of(request).callers
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        return await callers.of_token(token.strip()) if scheme.lower() == "bearer" else None
    cookie = request.cookies.get(COOKIE)
    return None if cookie is None else await callers.of_session(cookie)


def _query_names(route: APIRoute) -> frozenset[str]:
    names: set[str] = set()
    for field in route.dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names.update(one.alias or name for name, one in kind.model_fields.items())
        else:
            names.add(field.alias)
    return frozenset(names)


def _check_parameters(request: Request, known: frozenset[str]) -> None:
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in known:
            where = name.encode("ascii", "replace").decode()[:40]
            raise invalid(("query", where), "There is no such parameter.", "unknown-parameter")
        if name in seen:
            raise invalid(("query", name), "The parameter is given more than once.", "repeated-parameter")
        if "\x00" in value:
            raise invalid(("query", name), "The value has a NUL character.")
        seen.add(name)
