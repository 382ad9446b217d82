"""Why conversations were routed as they were."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.conversations import ConversationRouted, SeenValues
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.rules import Decision
from inbox_projection.api.parts import parts_of
from inbox_projection.api.reach import check_inbox
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import messages

router = APIRouter(route_class=GuardedRoute, tags=["decisions"])
_routed: Final = msgspec.json.Decoder(ConversationRouted)
_seen: Final = msgspec.json.Decoder(SeenValues)


@router.get("/conversations/{conversation_id}/decisions", responses=answers.gives(All[Decision], what="Oldest first."))
@policy(Permission.READ_CONVERSATIONS)
async def list_decisions(request: Request, conversation_id: UUID) -> Response:
    """Every rule's outcome with the values it saw, the candidates with their load, and the reason."""
    rows = await messages.decisions(parts_of(request).database, conversation_id)
    if rows is None:
        raise not_found("conversation")
    check_inbox(request, Permission.READ_CONVERSATIONS, rows[0]["inbox_id"], "conversation")
    items = [_decision(row) for row in rows if row["message_id"] is not None]
    return answers.json({"items": items, "next_cursor": None})


def _decision(row: Row) -> dict[str, Any]:
    routed = _routed.decode(row["details"])
    values = {} if row["content"] is None else _seen.decode(row["content"]).values
    return {
        "id": row["message_id"],
        "message_id": routed.message_id,
        "decided_at": row["at"],
        "sequence": row["sequence"],
        "reason": routed.reason,
        "rule_set_version": routed.rule_set_version,
        "rules": [
            {
                "rule_id": one.rule_id,
                "name": one.name,
                "outcome": one.outcome,
                "values": values.get(str(one.rule_id), {}),
            }
            for one in routed.rules
        ],
        "candidates": [
            {
                "agent_id": one.agent_id,
                "open_conversations": one.open_conversations,
                "last_assigned_at": one.last_assigned_at,
                "refused": one.refused,
            }
            for one in routed.candidates
        ],
        "team_id": routed.team_id,
        "agent_id": routed.agent_id,
        "labels": routed.labels,
        "priority": routed.priority,
        "status": routed.status,
        "ticket_id": None if routed.ticket is None else routed.ticket.ticket_id,
    }
