"""Who may ask the page's server: this machine's own browser, from the page itself; and how much it may send."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY: Final = 24 * 1024 * 1024
READ_ONLY: Final = frozenset({"GET", "HEAD"})
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class TooLarge(Exception):
    """The body is longer than a mail may be."""


class Guard:
    """Refuses other hosts (DNS rebinding), writes from other origins (CSRF) and bodies that are too large."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], headers)
        if refusal:
            await refusal(scope, receive, _hardened(send))
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise TooLarge
            return message

        await self._app(scope, counted, _hardened(send))

    def _refusal(self, method: str, headers: Headers) -> JSONResponse | None:
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return problem(421, "wrong-host")
        if method in READ_ONLY:
            return None
        if headers.get("origin", "").lower() != f"http://{host}" or headers.get("sec-fetch-site") == "cross-site":
            return problem(403, "wrong-origin")
        length = headers.get("content-length", "0")
        return problem(413, "too-large") if not length.isdigit() or int(length) > MAX_BODY else None


def problem(status: int, code: str, **more: str) -> JSONResponse:
    """An answer that says in a word what is wrong; the page has the sentence for it."""
    return JSONResponse({"code": code, **more}, status)


def _hardened(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sender
