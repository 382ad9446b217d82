"""Whatever goes wrong, as problem+json."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service_kit.web.pool import DatabaseAway
from service_kit.web.problems import MEDIA_TYPE, FieldError, Problem, unavailable

_CODES: Final = {400: "malformed-request", 404: "not-found", 405: "method-not-allowed"}
Handler = Callable[[Request, Any], Awaitable[Response]]


def install(app: FastAPI) -> None:
    handlers: dict[type[Exception], Handler] = {
        Problem: _problem,
        RequestValidationError: _not_valid,
        HTTPException: _http,
        DatabaseAway: _database_away,
        Exception: _fault,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _answer(error: Problem) -> Response:
    return Response(error.body(), error.status, error.headers, MEDIA_TYPE)


async def _problem(_: Request, error: Problem) -> Response:
    return _answer(error)


async def _not_valid(_: Request, error: RequestValidationError) -> Response:
    """Where and why; the values themselves are never repeated."""
    errors = [FieldError.of(one) for one in error.errors()[:20]]
    return _answer(Problem(422, "invalid-request", "The request is not valid.", errors=errors))


async def _http(_: Request, error: HTTPException) -> Response:
    return _answer(Problem(error.status_code, _CODES.get(error.status_code, "refused"), headers=error.headers))


async def _database_away(_: Request, __: DatabaseAway) -> Response:
    return _answer(unavailable("The database does not answer, or has no facts yet; try again.", "database-away"))


async def _fault(_: Request, __: Exception) -> Response:
    return _answer(Problem(500, "fault", "Something is wrong on our side. It has been noted."))
