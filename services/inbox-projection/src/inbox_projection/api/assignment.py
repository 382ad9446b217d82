"""Who takes care of a conversation."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import AssignConversation
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import AssignmentChange, Conversation
from inbox_projection.api.perform import IdempotencyKey
from inbox_projection.api.work import change
from inbox_projection.policy import Permission

router = APIRouter(route_class=GuardedRoute, tags=["assignment"])


@router.put("/conversations/{conversation_id}/assignment", responses=answers.gives(Conversation, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def assign(
    request: Request, conversation_id: UUID, body: AssignmentChange, key: IdempotencyKey = None
) -> Response:
    """To an agent, a team, or both; what is null or left out is taken away, but with `keep_team` the team stays, where
    it can see the inbox. Refused with `agent-not-in-inbox` for an agent who cannot open the conversation, and with
    `team-not-in-inbox` for a team that neither serves the inbox nor has anybody in it who could."""
    command = AssignConversation(agent_id=body.agent_id, team_id=body.team_id, keep_team=body.keep_team)
    return await change(request, conversation_id, command, key)
