"""What came in and could not be handled."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from events.commands import RetryQuarantined
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.files import download
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.operations import QuarantineAsked, Quarantined
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, perform
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import operations

router = APIRouter(route_class=GuardedRoute, tags=["quarantine"])


@router.get("/quarantine", responses=answers.gives(Page[Quarantined], what="What still waits, oldest first."))
@policy(Permission.SEE_QUARANTINE)
async def list_quarantine(request: Request, asked: Annotated[QuarantineAsked, Query()]) -> Response:
    after = None if asked.cursor is None else cursors.decode(asked.cursor, operations.Place)
    rows = await operations.quarantine(parts_of(request).database, after, asked.limit + 1)
    return answers.page(
        rows,
        asked.limit,
        operations.shaped_quarantined,
        lambda row: operations.Place(row["quarantined_at"], row["quarantine_id"]),
    )


@router.get("/quarantine/{quarantine_id}", responses=answers.gives(Quarantined, what="One record, released or not."))
@policy(Permission.SEE_QUARANTINE)
async def read_quarantined_record(request: Request, quarantine_id: UUID) -> Response:
    return answers.json(operations.shaped_quarantined(await _quarantined(request, quarantine_id)))


@router.post("/quarantine/{quarantine_id}/retry", responses=answers.gives(Quarantined, what="As it is now."))
@policy(Permission.SEE_QUARANTINE)
async def retry_quarantined(request: Request, quarantine_id: UUID, key: IdempotencyKey = None) -> Response:
    """Handles it again. A mail is parsed anew, from its raw bytes, by the service that received it, when that is there:
    `retry` says how far that is, here and at `GET /quarantine/{quarantine_id}`. Anything else is handled at once."""
    await _quarantined(request, quarantine_id)
    await perform(request, RetryQuarantined(), quarantine_id, key)
    return answers.json(operations.shaped_quarantined(await _quarantined(request, quarantine_id)))


@router.get(
    "/quarantine/{quarantine_id}/raw",
    response_class=StreamingResponse,
    responses=answers.gives_bytes("application/octet-stream", "The record's bytes."),
)
@policy(Permission.SEE_QUARANTINE)
async def read_quarantined(request: Request, quarantine_id: UUID) -> Response:
    row = await _quarantined(request, quarantine_id)
    return await download(request, row["raw"], f"quarantined-{quarantine_id}.bin", "application/octet-stream")


async def _quarantined(request: Request, quarantine_id: UUID) -> Row:
    row = await operations.quarantined(parts_of(request).database, quarantine_id)
    if row is None:
        raise not_found("quarantined record")
    return row
