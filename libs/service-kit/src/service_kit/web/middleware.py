"""Headers that every answer carries, and the count and duration of requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.metrics import Metrics

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_UNLESS_SAID: Final = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class Headers:
    """Adds the security headers and the new session cookie, where the guard made one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                for name, value in _UNLESS_SAID.items():
                    headers.setdefault(name, value)
                cookie = scope.get("state", {}).get("set_cookie")
                if cookie is not None:
                    headers.append("Set-Cookie", cookie)
            await send(message)

        await self._app(scope, receive, sending)


class Measured:
    """postroom_api_requests_total and postroom_api_request_seconds, by route template; the feed has no duration."""

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._clock = clock
        self._count = metrics.counter("api_requests_total", "Requests answered.", "method", "route", "status")
        self._seconds = metrics.seconds("api_request", "Time until the answer was sent.", "method", "route")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = self._clock(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            route, method = _template(scope), _method(scope)
            self._count.labels(method, route, str(status)).inc()
            if not route.endswith("/feed"):
                self._seconds.labels(method, route).observe(self._clock() - began)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _template(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "path", "") or "none"


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in _METHODS else "other"
