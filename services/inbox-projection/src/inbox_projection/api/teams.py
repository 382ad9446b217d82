"""Teams."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ChangeTeam, CreateTeam, DeleteTeam
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.workspace import Team, TeamChange, TeamNew
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.policy import Permission
from inbox_projection.problems import not_found
from inbox_projection.queries import workspace
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["teams"])


@router.get("/teams", responses=answers.gives(All[Team], what="All teams."))
@policy(Permission.READ_WORKSPACE)
async def list_teams(request: Request) -> Response:
    rows = await workspace.teams(parts_of(request).database)
    return answers.json({"items": [workspace.shaped_team(row) for row in rows], "next_cursor": None})


@router.post("/teams", status_code=201, responses=answers.gives(Team, 201, "The new team."))
@policy(Permission.MANAGE_TEAMS)
async def create_team(request: Request, body: TeamNew, key: IdempotencyKey = None) -> Response:
    identity = begin(request, key)
    team_id = derived_id(identity, "team")
    command = CreateTeam(team_id=team_id, name=body.name, member_ids=tuple(dict.fromkeys(body.member_ids)))
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return await _answer(request, team_id, 201)


@router.patch("/teams/{team_id}", responses=answers.gives(Team, what="As it is now."))
@policy(Permission.MANAGE_TEAMS)
async def change_team(request: Request, team_id: UUID, body: TeamChange, key: IdempotencyKey = None) -> Response:
    """Fields left out stay."""
    await _known(request, team_id)
    members = None if body.member_ids is None else tuple(dict.fromkeys(body.member_ids))
    command = ChangeTeam(team_id=team_id, name=body.name, member_ids=members)
    await perform(request, command, parts_of(request).workspace_id, key)
    return await _answer(request, team_id)


@router.delete("/teams/{team_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.MANAGE_TEAMS)
async def delete_team(request: Request, team_id: UUID, key: IdempotencyKey = None) -> Response:
    """Its conversations stay as they are."""
    if key is None:
        await _known(request, team_id)
    await perform(request, DeleteTeam(team_id=team_id), parts_of(request).workspace_id, key)
    return answers.no_content()


async def _known(request: Request, team_id: UUID) -> None:
    if await workspace.team(parts_of(request).database, team_id) is None:
        raise not_found("team")


async def _answer(request: Request, team_id: UUID, status: int = 200) -> Response:
    row = await workspace.team(parts_of(request).database, team_id)
    if row is None:
        raise not_found("team")
    return answers.json(workspace.shaped_team(row), status)
