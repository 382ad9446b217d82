"""What is left to do until a new workspace answers its first customer."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.preferences import SetUp
from inbox_projection.api.parts import parts_of
from inbox_projection.policy import Permission
from inbox_projection.queries import set_up

router = APIRouter(route_class=GuardedRoute, tags=["workspace"])


@router.get("/set-up", responses=answers.gives(SetUp, what="The steps."))
@policy(Permission.MANAGE_AGENTS)
async def read_set_up(request: Request) -> Response:
    """For administrators: name the inbox, invite somebody, connect an address (or use the fallback one), get a mail,
    answer it."""
    done = await set_up.done(parts_of(request).database)
    return answers.json({"steps": [{"name": name, "done": is_done} for name, is_done in done.items()]})
