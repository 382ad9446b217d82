"""Whatever goes wrong, as problem+json."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.perform import StillPending, pending_answer
from inbox_projection.commands import BusAway
from inbox_projection.pool import DatabaseAway
from inbox_projection.problems import FieldError, Problem, unavailable
from service_kit.blobs import BlobNotFound, BlobStoreUnavailable

log = logging.getLogger(__name__)
_CODES = {400: "malformed-request", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}
Handler = Callable[[Request, Any], Awaitable[Response]]


def install(app: FastAPI) -> None:
    handlers: dict[type[Exception], Handler] = {
        Problem: _problem,
        RequestValidationError: _not_valid,
        HTTPException: _http,
        StillPending: pending_answer,
        DatabaseAway: _database_away,
        BusAway: _bus_away,
        BlobNotFound: _no_blob,
        BlobStoreUnavailable: _no_blob_store,
        Exception: _fault,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _problem(_: Request, error: Problem) -> Response:
    return answers.problem(error)


async def _not_valid(_: Request, error: RequestValidationError) -> Response:
    """Where and why; the values themselves are never repeated (one may be a password)."""
    errors = [FieldError.of(one) for one in error.errors()[:20]]
    code = "malformed-json" if any(one["type"] == "json_invalid" for one in error.errors()) else "invalid-request"
    return answers.problem(Problem(422, code, "The request is not valid.", errors=errors))


async def _http(_: Request, error: HTTPException) -> Response:
    code = _CODES.get(error.status_code, "refused")
    return answers.problem(Problem(error.status_code, code, headers=error.headers))


async def _database_away(_: Request, __: DatabaseAway) -> Response:
    return answers.problem(unavailable("The database does not answer; try again.", "database-away"))


async def _bus_away(_: Request, __: BusAway) -> Response:
    detail = (
        "The bus did not confirm the command in time. It may still be done: repeat it with the same Idempotency-Key."
    )
    return answers.problem(unavailable(detail, "bus-away"))


async def _no_blob(_: Request, __: BlobNotFound) -> Response:
    return answers.problem(Problem(404, "content-gone", "The content of this file is no longer kept."))


async def _no_blob_store(_: Request, __: BlobStoreUnavailable) -> Response:
    return answers.problem(unavailable("The store of files does not answer; try again.", "files-away"))


async def _fault(_: Request, __: Exception) -> Response:
    return answers.problem(Problem(500, "fault", "Something is wrong on our side. It has been noted."))
