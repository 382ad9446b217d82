"""The audit: who did what, when and from where."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.audit import Act, AuditAsked
from inbox_projection.api.models.common import Page
from inbox_projection.api.parts import parts_of
from inbox_projection.policy import Permission
from inbox_projection.queries import audit

router = APIRouter(route_class=GuardedRoute, tags=["audit"])


@router.get("/audit", responses=answers.gives(Page[Act], what="Newest first."))
@policy(Permission.SEE_AUDIT)
async def read_audit(request: Request, asked: Annotated[AuditAsked, Query()]) -> Response:
    """What agents did, log-ins and log-outs, failed log-ins, tokens, exports and imports. All filters hold together;
    `to` is excluded."""
    after = None if asked.cursor is None else cursors.decode(asked.cursor, audit.Place)
    wanted = audit.Filter(asked.agent_id, asked.kind, asked.from_, asked.to)
    rows = await audit.page(parts_of(request).database, wanted, after, asked.limit + 1)
    return answers.page(rows, asked.limit, audit.shaped, lambda row: audit.Place(row["at"], row["id"]))
