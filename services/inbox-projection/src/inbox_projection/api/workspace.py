"""What a page must know of this installation."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.preferences import Workspace
from inbox_projection.api.parts import parts_of
from inbox_projection.policy import Permission

router = APIRouter(route_class=GuardedRoute, tags=["workspace"])


@router.get("/workspace", responses=answers.gives(Workspace, what="This installation."))
@policy(Permission.USE_SELF)
async def read_workspace(request: Request) -> Response:
    parts = parts_of(request)
    return answers.json(
        {"company_name": parts.company_name, "public_url": parts.public_url, "reports_url": parts.reports_url}
    )
