"""How the caller wants to see and hear the inbox: the same on every device."""

from __future__ import annotations

import json

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.preferences import Preferences, PreferencesChange
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.policy import Permission
from inbox_projection.queries import preferences

router = APIRouter(route_class=GuardedRoute, tags=["me"])


@router.get("/me/preferences", responses=answers.gives(Preferences, what="As they are."))
@policy(Permission.USE_SELF)
async def read_preferences(request: Request) -> Response:
    return answers.json((await _kept(request)).model_dump())


@router.patch("/me/preferences", responses=answers.gives(Preferences, what="As they are now."))
@policy(Permission.USE_SELF)
async def change_preferences(request: Request, body: PreferencesChange) -> Response:
    """Fields left out stay."""
    changed = (await _kept(request)).model_copy(update=body.model_dump(exclude_none=True))
    await preferences.keep(parts_of(request).database, caller_of(request).agent_id, changed.model_dump_json())
    return answers.json(changed.model_dump())


async def _kept(request: Request) -> Preferences:
    """What was kept, also by a version that knew fewer or more of them."""
    kept = await preferences.read(parts_of(request).database, caller_of(request).agent_id)
    known = {} if kept is None else json.loads(kept)
    return Preferences(**{name: known[name] for name in Preferences.model_fields if name in known})
