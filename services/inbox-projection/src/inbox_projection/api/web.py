"""Serves the web UI: its files, and the same page for every other address that is a page's."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from inbox_projection import web
from inbox_projection.problems import Problem

YEAR: Final = 365 * 24 * 3600
OURS: Final = ("api", "healthz", "readyz", "metrics")
"""First parts of addresses that are never a page: an unknown one there is a problem, not the UI."""
MISSING: Final = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Postroom</title>
<h1>The web UI is not built</h1>
<p>The API answers, but its pages are missing. In a checkout run <code>make run</code>, which builds them.</p>
</html>
"""
NOTHING_ALLOWED: Final = "default-src 'none'; frame-ancestors 'none'"


class PageRoute(Route):
    """Matches addresses of the UI only: an unknown one of the API stays the API's problem."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        first = str(scope.get("path", "")).lstrip("/").partition("/")[0]
        return (Match.NONE, {}) if first in OURS else super().matches(scope)


def install(app: FastAPI, folder: Path, reports_url: str) -> None:
    """Serves what lies in the folder now, at every address that no route before has."""
    pages = web.read(folder, reports_url)

    async def serve(request: Request) -> Response:
        path = request.path_params["path"]
        file = pages.files.get(path)
        if file is not None:
            return _file(request, file)
        if path.startswith("_app/"):
            raise Problem(404, "not-found", "There is no such file: it may be of another version.")
        if pages.page is None:
            return Response(MISSING, 503, {"Content-Security-Policy": NOTHING_ALLOWED}, media_type="text/html")
        return _answer(request, pages.page, {"Content-Security-Policy": pages.policy, "Cache-Control": "no-cache"})

    app.router.routes.append(PageRoute("/{path:path}", serve, methods=["GET", "HEAD"], include_in_schema=False))


def _file(request: Request, file: web.File) -> Response:
    kept = f"public, max-age={YEAR}, immutable" if file.immutable else "no-cache"
    return _answer(request, file, {"Cache-Control": kept, "Content-Security-Policy": NOTHING_ALLOWED})


def _answer(request: Request, file: web.File, headers: dict[str, str]) -> Response:
    """The file as the client takes it; 304 when the client has it already. HEAD has no body (the server sees to it)."""
    headers = {**headers, "ETag": file.etag, "Vary": "Accept-Encoding"}
    if file.etag in (one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    encoding, body = web.accepted(request.headers.get("accept-encoding", ""), file)
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return Response(body, headers={**headers, "Content-Type": file.content_type})
