"""The app: every router, gate, header and failure put together around given parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import (
    accounts,
    agents,
    answering,
    answers,
    assignment,
    attachments,
    audit,
    avatars,
    bulk,
    channel_dkim,
    channel_grants,
    channel_tests,
    channels,
    commands,
    comments,
    companies,
    contact_actions,
    contact_addresses,
    contact_files,
    contact_properties,
    contacts,
    conversations,
    decisions,
    defined_labels,
    differences,
    drafts,
    failures,
    feed,
    filters,
    first_messages,
    followers,
    forwards,
    inboxes,
    labels,
    limits,
    me,
    messages,
    middleware,
    notifications,
    openapi,
    pipelines,
    preferences,
    presence,
    priority,
    quarantine,
    read_marks,
    reconciliation,
    recovery,
    replies,
    rules,
    search,
    session,
    set_up,
    snippets,
    status,
    teams,
    tickets,
    tidying,
    timeline,
    uploads,
    views,
    web,
    workspace,
)
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.parts import Parts, parts_of
from inbox_projection.lines import CleanHtml
from inbox_projection.policy import Permission
from inbox_projection.web import BUILT
from service_kit.health import answer

PREFIX: Final = "/api/v1"
RESOURCES: Final = (
    conversations,
    messages,
    session,
    me,
    avatars,
    accounts,
    recovery,
    limits,
    notifications,
    preferences,
    presence,
    read_marks,
    followers,
    views,
    defined_labels,
    workspace,
    inboxes,
    set_up,
    teams,
    agents,
    channel_dkim,
    channel_grants,
    channel_tests,
    channels,
    replies,
    answering,
    first_messages,
    forwards,
    drafts,
    snippets,
    uploads,
    attachments,
    comments,
    assignment,
    status,
    labels,
    priority,
    tidying,
    tickets,
    pipelines,
    contact_files,
    contacts,
    contact_actions,
    contact_addresses,
    contact_properties,
    timeline,
    companies,
    search,
    decisions,
    rules,
    commands,
    feed,
    quarantine,
    reconciliation,
    differences,
    filters,
    audit,
    bulk,
)


def build(parts: Parts, web_folder: Path = BUILT) -> FastAPI:
    """The ASGI app, with the web UI of this folder. The parts are opened and closed by whoever made them."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.parts = parts
    app.state.clean_html = CleanHtml()
    routers = _routers()
    routers.append((PREFIX, _description(app, list(routers))))
    for prefix, router in routers:
        app.include_router(router, prefix=prefix)
    for path in ("/healthz", "/readyz", "/metrics"):
        app.add_route(path, _health, include_in_schema=False)
    web.install(app, web_folder, parts.reports_url)
    failures.install(app)
    app.add_middleware(middleware.Headers)
    app.add_middleware(middleware.Measured, metrics=parts.metrics)
    return app


def describe() -> dict[str, Any]:
    """The OpenAPI document without anything that runs, for the reference pages."""
    app, routers = FastAPI(openapi_url=None, docs_url=None, redoc_url=None), _routers()
    for prefix, router in routers:
        app.include_router(router, prefix=prefix)
    return openapi.document(app, routers)


def _routers() -> list[tuple[str, APIRouter]]:
    return [(PREFIX, resource.router) for resource in RESOURCES]


def _description(app: FastAPI, routers: list[tuple[str, APIRouter]]) -> APIRouter:
    router = APIRouter(route_class=GuardedRoute)
    made: list[dict[str, Any]] = []

    @router.get("/openapi.json", include_in_schema=False)
    @policy(Permission.DESCRIBE)
    async def this_api() -> Response:
        """This API."""
        if not made:
            made.append(openapi.document(app, routers))
        return answers.json(made[0])

    return router


async def _health(request: Request) -> Response:
    parts = parts_of(request)
    code, content_type, body = answer(request.url.path, parts.health, parts.metrics)
    return Response(body, code, media_type=None, headers={"Content-Type": content_type})
