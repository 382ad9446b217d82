"""Agents of the workspace."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ChangeAgent, InviteAgent
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.workspace import Agent, AgentChange, AgentNew
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.auth.credentials import EmailTaken
from inbox_projection.commands import agent as actor_of
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, not_found
from inbox_projection.queries import agents, workspace
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["agents"])


@router.get("/agents", responses=answers.gives(All[Agent], what="All agents."))
@policy(Permission.READ_WORKSPACE)
async def list_agents(request: Request) -> Response:
    rows = await agents.every(parts_of(request).database)
    return answers.json({"items": [agents.shaped(row) for row in rows], "next_cursor": None})


@router.post(
    "/agents", status_code=201, responses=answers.gives(Agent, 201, "The new agent, away until told otherwise.")
)
@policy(Permission.MANAGE_AGENTS)
async def invite_agent(request: Request, body: AgentNew, key: IdempotencyKey = None) -> Response:
    """Without a password the agent is sent an invitation, by which to choose one."""
    parts, identity = parts_of(request), begin(request, key)
    agent_id = derived_id(identity, "agent")
    owner = await parts.credentials.owner_of(body.email)
    if owner not in (None, agent_id):
        raise _taken()
    command = InviteAgent(agent_id=agent_id, name=body.name, email=body.email, role=body.role)
    await perform(request, command, parts.workspace_id, key, identity=identity)
    try:
        await parts.credentials.set(agent_id, body.email, body.password)
    except EmailTaken:
        raise _taken() from None
    if body.password is None:
        actor = actor_of(caller_of(request).agent_id)
        await parts.recovery.write_to(agent_id, "invitation", derived_id(identity, "invitation"), actor)
    return await _answer(request, agent_id, 201)


@router.patch("/agents/{agent_id}", responses=answers.gives(Agent, what="As it is now."))
@policy(Permission.MANAGE_AGENTS)
async def change_agent(request: Request, agent_id: UUID, body: AgentChange, key: IdempotencyKey = None) -> Response:
    """A deactivated agent is logged out everywhere, and API tokens are revoked: who is activated again begins anew."""
    parts = parts_of(request)
    row = await workspace.agent(parts.database, agent_id)
    if row is None:
        raise not_found("agent")
    if row["deactivated"]:
        await _shut_out(request, agent_id)  # what the end of a process may have left, before it could count again
    command = ChangeAgent(
        agent_id=agent_id,
        role=body.role,
        deactivated=body.deactivated,
        capacity="unlimited" if body.capacity is None and "capacity" in body.model_fields_set else body.capacity,
    )
    await perform(request, command, parts.workspace_id, key)
    if body.deactivated:
        await _shut_out(request, agent_id)
    return await _answer(request, agent_id)


async def _shut_out(request: Request, agent_id: UUID) -> None:
    """Nothing that the agent has proves anything any more."""
    parts = parts_of(request)
    await parts.identities.end_all(agent_id)
    await parts.api_tokens.revoke_all(agent_id)


async def _answer(request: Request, agent_id: UUID, status: int = 200) -> Response:
    row = await agents.one(parts_of(request).database, agent_id)
    if row is None:
        raise not_found("agent")
    return answers.json(agents.shaped(row), status)


def _taken() -> Problem:
    return Problem(409, "agent-email-taken", "Another agent logs in with this e-mail.")
