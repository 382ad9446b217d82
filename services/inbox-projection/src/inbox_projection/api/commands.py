"""What became of a write that took longer than its answer."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.bulk import ChangeConversations
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import CommandStatus
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.policy import Permission
from inbox_projection.pool import Database, Row
from inbox_projection.problems import not_found, of_refusal
from inbox_projection.queries import bulks, requests

router = APIRouter(route_class=GuardedRoute, tags=["commands"])
_TICKET: Final = "/api/v1/tickets/{}"
_ADDRESSES: Final = {
    "CreateInbox": "/api/v1/inboxes/{}",
    "ChangeInbox": "/api/v1/inboxes/{}",
    "OpenTicket": _TICKET,
    "ChangeTicket": _TICKET,
    "LinkTicket": _TICKET,
    "UnlinkTicket": _TICKET,
}


@router.get("/commands/{command_id}", responses=answers.gives(CommandStatus, what="Pending, done or refused."))
@policy(Permission.USE_SELF)
async def read_command(request: Request, command_id: UUID) -> Response:
    """Commands of your own (administrators: all), for 24 hours at least."""
    caller, database = caller_of(request), parts_of(request).database
    everybody = caller.role == "administrator"
    bulk = await bulks.one(database, command_id)
    if bulk is not None and (everybody or bulk["agent_id"] == caller.agent_id):
        return answers.json(await _bulk(database, bulk))
    row = await requests.status(database, command_id, caller.agent_id, everybody=everybody)
    if row is None:
        raise not_found("command")
    resource_id, address = row["resource_id"], _ADDRESSES.get(row["command"] or "")
    reason = None
    if row["state"] == "refused":
        reason = {"code": of_refusal(row["code"], "").code, "detail": row["detail"]}
    return answers.json(
        {
            "id": row["id"],
            "command": row["command"],
            "state": row["state"],
            "result": {"resource_id": resource_id} if row["state"] == "done" else None,
            "reason": reason,
            "resource": address.format(resource_id) if address and resource_id else None,
            "progress": None,
        }
    )


async def _bulk(database: Database, row: Row) -> dict[str, Any]:
    finished = row["finished_at"] is not None
    return {
        "id": row["bulk_id"],
        "command": ChangeConversations.__name__,
        "state": "done" if finished else "pending",
        "result": await bulks.shaped(database, row) if finished else None,
        "reason": None,
        "resource": None,
        "progress": {"handled": row["handled"], "total": row["matched"]},
    }
