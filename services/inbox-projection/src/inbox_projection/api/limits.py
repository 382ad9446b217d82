"""What this installation limits, and how much of it there is."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.accounts import LimitsShown
from inbox_projection.api.parts import parts_of
from inbox_projection.policy import Permission
from inbox_projection.queries import workspace

router = APIRouter(route_class=GuardedRoute, tags=["limits"])


@router.get("/limits", responses=answers.gives(LimitsShown, what="Limits by name."))
@policy(Permission.READ_WORKSPACE)
async def read_limits(request: Request) -> Response:
    """One too many is refused with 409 `limit-reached`."""
    parts = parts_of(request)
    counts = await workspace.counts(parts.database)
    return answers.json(
        {name: {"limit": limit, "count": counts[name]} for name, limit in parts.limits.by_name().items()}
    )
