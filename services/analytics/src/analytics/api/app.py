"""The app: routes, description, health, headers and failures put together around given parts."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from analytics.api import failures, reports
from analytics.api.models import ProblemShape
from analytics.api.parts import Parts, parts_of
from service_kit.health import answer
from service_kit.web.log_ins import COOKIE
from service_kit.web.middleware import Headers, Measured
from service_kit.web.problems import MEDIA_TYPE

PREFIX: Final = "/api/v1"
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token of the agents' API."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Of the agents' API's POST /session."},
}
_PROBLEMS: Final = {
    "401": "Not authenticated.",
    "404": "Not there, or not yours to see.",
    "422": "The request is not valid.",
    "503": "A part is away; try again.",
    "default": "A fault.",
}


def build(parts: Parts, ui_url: str) -> FastAPI:
    """The ASGI app. The parts are opened and closed by whoever made them. Pages of the agents' UI may ask it, too."""
    app = _with_routes()
    app.state.parts = parts
    document = msgspec.json.encode(_document(app))

    async def this_api(_: Request) -> Response:
        return Response(document, media_type="application/json")

    app.add_route(f"{PREFIX}/openapi.json", this_api, include_in_schema=False)
    for path in ("/healthz", "/readyz", "/metrics"):
        app.add_route(path, _health, include_in_schema=False)
    failures.install(app)
    app.add_middleware(Headers)
    app.add_middleware(CORSMiddleware, allow_origins=[ui_url], allow_credentials=True, max_age=86_400)
    app.add_middleware(Measured, metrics=parts.metrics)
    return app


def describe() -> dict[str, Any]:
    """The OpenAPI document without anything that runs, for the reference pages."""
    return _document(_with_routes())


def _with_routes() -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(reports.router, prefix=PREFIX)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title="Postroom: reports", version="1", description="Errors are problem+json (RFC 9457).", routes=app.routes
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = ProblemShape.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    components["securitySchemes"] = _SCHEMES
    shown = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for calls in made["paths"].values():
        for call in calls.values():
            call["security"] = [{"token": []}, {"session": []}]
            call["responses"].update({status: {"description": what, **shown} for status, what in _PROBLEMS.items()})
    return made


async def _health(request: Request) -> Response:
    parts = parts_of(request)
    code, content_type, body = answer(request.url.path, parts.health, parts.metrics)
    return Response(body, code, media_type=None, headers={"Content-Type": content_type})
