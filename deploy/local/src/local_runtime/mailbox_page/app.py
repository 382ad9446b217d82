"""The page's server: its files, the mails of an address, writing a mail, and word of new ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local_runtime.mailbox_page.cards import Card
from local_runtime.mailbox_page.form import draft_of
from local_runtime.mailbox_page.guard import Guard, TooLarge, problem
from local_runtime.mailbox_page.letters import read_letter
from local_runtime.mailbox_page.library import Library
from local_runtime.mailbox_page.news import News, TooManyListeners
from local_runtime.mailbox_page.outgoing import Desk
from local_runtime.mailbox_page.sending import NotSent
from local_runtime.mailbox_page.shapes import people, thread_of, thread_row
from local_runtime.mailbox_page.threads import Thread, threads
from local_runtime.mailbox_page.writing import NotWritten
from service_kit import health
from service_kit.health import Health
from service_kit.metrics import Metrics

SCRIPTS: Final = ("page.js", "words.js", "dom.js", "thread.js", "compose.js")
STATIC: Final = {
    "": ("index.html", "text/html; charset=utf-8"),
    "style.css": ("style.css", "text/css; charset=utf-8"),
    **{name: (name, "text/javascript; charset=utf-8") for name in SCRIPTS},
}
HTML_POLICY: Final = (
    "sandbox allow-same-origin allow-popups; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
)
HTML_STYLE: Final = "body{margin:8px;font:14px/20px system-ui,sans-serif}"
FILE_POLICY: Final = "sandbox; default-src 'none'"
MOST_THREADS: Final = 200
Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Parts:
    """What the server is made of. `inboxes` are names and addresses of the shop, `hosts` what we are called."""

    library: Library
    desk: Desk
    news: News
    inboxes: tuple[tuple[str, str], ...]
    hosts: tuple[str, ...]
    health: Health
    metrics: Metrics


def build(parts: Parts) -> Starlette:
    """The application. It starts and ends nothing itself."""
    handlers = _Handlers(parts)
    routes = [Route(f"/{name}", handlers.static(name)) for name in STATIC]
    routes += [Route(path, handlers.observed) for path in ("/healthz", "/readyz", "/metrics")]
    routes += [
        Route("/api/start", handlers.start),
        Route("/api/threads", handlers.threads),
        Route("/api/threads/{thread_id}", handlers.thread),
        Route("/api/mails", handlers.send, methods=["POST"]),
        Route("/api/mails/{mail_id}/html", handlers.html),
        Route("/api/mails/{mail_id}/raw", handlers.raw),
        Route("/api/mails/{mail_id}/files/{number:int}", handlers.file),
        Route("/api/changes", handlers.changes),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=parts.hosts)],
        exception_handlers={
            TooLarge: _refused(413, "too-large"),
            404: _refused(404, "not-found"),
            405: _refused(405, "not-allowed"),
        },
    )


def _refused(status: int, code: str) -> Callable[[Request, Exception], Response]:
    return lambda request, error: problem(status, code)


class _Handlers:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ours = frozenset(address for _, address in parts.inboxes)
        self._sent = parts.metrics.counter("mailbox_mails_sent", "Mails that customers wrote, by outcome", "outcome")

    def static(self, name: str) -> Answer:
        file, content_type = STATIC[name]
        content = files("local_runtime.mailbox_page").joinpath("static", file).read_bytes()

        async def answer(request: Request) -> Response:
            return Response(content, media_type=content_type)

        return answer

    async def observed(self, request: Request) -> Response:
        status, content_type, body = health.answer(request.url.path, self._parts.health, self._parts.metrics)
        return Response(body, status, media_type=content_type)

    async def start(self, request: Request) -> Response:
        await self._refreshed()
        inboxes = [{"name": name, "address": address} for name, address in self._parts.inboxes]
        return JSONResponse({"inboxes": inboxes, "people": people(self._parts.library.cards())})

    async def threads(self, request: Request) -> Response:
        address = request.query_params.get("address", "")
        found = await self._threads(address)
        rows = await run_in_threadpool(lambda: [thread_row(one, address) for one in found[:MOST_THREADS]])
        return JSONResponse({"threads": rows, "more": max(0, len(found) - MOST_THREADS)})

    async def thread(self, request: Request) -> Response:
        address = request.query_params.get("address", "")
        wanted = request.path_params["thread_id"]
        for one in await self._threads(address):
            if any(card.id == wanted for card in one.cards):
                return JSONResponse(await run_in_threadpool(thread_of, one, address, self._ours))
        return problem(404, "not-found")

    async def html(self, request: Request) -> Response:
        letter = await run_in_threadpool(read_letter, self._card(request).path)
        if letter.html is None:
            return problem(404, "not-found")
        page = f'<!doctype html><meta charset="utf-8"><base target="_blank"><style>{HTML_STYLE}</style>{letter.html}'
        headers = {"Content-Security-Policy": HTML_POLICY}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    async def raw(self, request: Request) -> Response:
        card = self._card(request)
        content = await run_in_threadpool(card.path.read_bytes)
        return _download(content, "message/rfc822", f"{card.id}.eml")

    async def file(self, request: Request) -> Response:
        letter = await run_in_threadpool(read_letter, self._card(request).path)
        number = request.path_params["number"]
        if number >= len(letter.files):
            return problem(404, "not-found")
        file = letter.files[number]
        return _download(file.content, file.content_type, file.name)

    async def send(self, request: Request) -> Response:
        try:
            draft = await draft_of(request, self._parts.library)
            card_id = await run_in_threadpool(self._parts.desk.send, draft)
        except NotWritten as error:
            return problem(422, error.code, field=error.field)
        except NotSent as error:
            self._sent.labels(error.why).inc()
            return problem(422 if error.why == "refused" else 503, error.why, words=error.words)
        self._sent.labels("sent").inc()
        await self._refreshed()
        return JSONResponse({"id": card_id}, 201)

    async def changes(self, request: Request) -> Response:
        try:
            stream = self._parts.news.listen()
        except TooManyListeners:
            return problem(503, "too-many-listeners")
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _refreshed(self) -> None:
        await run_in_threadpool(self._parts.library.refresh)

    async def _threads(self, address: str) -> list[Thread]:
        await self._refreshed()
        return await run_in_threadpool(threads, self._parts.library.cards(), address)

    def _card(self, request: Request) -> Card:
        card = self._parts.library.find(request.path_params["mail_id"])
        if card is None:
            raise HTTPException(404)
        return card


def _download(content: bytes, content_type: str, name: str) -> Response:
    """Saved, never shown: what a mail carries does not run on this page."""
    headers: dict[str, Any] = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": FILE_POLICY,
    }
    safe = content_type if content_type.isascii() and "\n" not in content_type else "application/octet-stream"
    return Response(content, headers=headers, media_type=safe)
