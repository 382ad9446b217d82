"""The caller's own profile and availability."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ChangeProfile, SetAvailability
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.workspace import AvailabilityChange, Me, MeChange
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, perform
from inbox_projection.policy import Permission
from inbox_projection.problems import unauthenticated
from inbox_projection.queries import workspace

router = APIRouter(route_class=GuardedRoute, tags=["me"])


async def shaped_me(request: Request, agent_id: UUID) -> dict[str, Any]:
    """The agent as the agent sees itself. Raises Problem 401 when the views have no such agent (any more)."""
    database = parts_of(request).database
    row = await workspace.agent(database, agent_id)
    if row is None:
        raise unauthenticated()
    agent = workspace.shaped_agent(row)
    return {name: value for name, value in agent.items() if name not in ("deactivated", "capacity", "created_at")} | {
        "signature": row["signature"],
        "inbox_ids": await workspace.inbox_ids_of(database, agent_id),
    }


@router.get("/me", responses=answers.gives(Me, what="Who you are."))
@policy(Permission.USE_SELF)
async def read_me(request: Request) -> Response:
    return answers.json(await shaped_me(request, caller_of(request).agent_id))


@router.patch("/me", responses=answers.gives(Me, what="As it is now."))
@policy(Permission.USE_SELF)
async def change_me(request: Request, body: MeChange, key: IdempotencyKey = None) -> Response:
    """Fields left out stay."""
    parts, caller = parts_of(request), caller_of(request)
    row = await workspace.agent(parts.database, caller.agent_id)
    if row is None:
        raise unauthenticated()
    kept = {name: row[name] for name in ("name", "email", "meeting_url", "signature", "language", "time_zone")}
    changed = kept | body.model_dump(exclude_none=True)
    await perform(request, ChangeProfile(agent_id=caller.agent_id, **changed), parts.workspace_id, key)
    return answers.json(await shaped_me(request, caller.agent_id))


@router.put("/me/availability", responses=answers.gives(Me, what="As it is now."))
@policy(Permission.USE_SELF)
async def change_availability(request: Request, body: AvailabilityChange, key: IdempotencyKey = None) -> Response:
    """Only who is available is given new conversations by the rules."""
    parts, caller = parts_of(request), caller_of(request)
    command = SetAvailability(agent_id=caller.agent_id, state=body.state, until=body.until)
    await perform(request, command, parts.workspace_id, key)
    return answers.json(await shaped_me(request, caller.agent_id))
