"""Every route's gate: who asks, and no parameters that this version does not have."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from analytics.api.parts import parts_of
from analytics.workspace import Reach
from service_kit.web.log_ins import COOKIE
from service_kit.web.parameters import check_query, query_names
from service_kit.web.problems import unauthenticated

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route for who is logged in; `request.state.reach` then says what they may see."""

    def get_route_handler(self) -> Handler:
        handle, known = super().get_route_handler(), query_names(self.dependant.query_params)

        async def guarded(request: Request) -> Response:
            check_query(request, known)
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
