"""One wish for many conversations."""

from __future__ import annotations

from typing import Final, assert_never
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.bulk import BulkChange
from inbox_projection.api import answers, listing
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models import bulk as shapes
from inbox_projection.api.models.conversations import ConversationsAsked
from inbox_projection.api.parts import caller_of, origin_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, StillPending, begin, same_request
from inbox_projection.api.reach import check_inbox
from inbox_projection.policy import Permission, Verdict, decide
from inbox_projection.problems import Problem
from inbox_projection.queries import bulks

router = APIRouter(route_class=GuardedRoute, tags=["bulk"])
NOT_FOUND: Final = "conversation-not-found"
EVERYTHING: Final = 2**31 - 1
_KINDS: Final = {"open": "open", "snoozed": "snooze", "resolved": "resolve", "spam": "spam", "trash": "trash"}


@router.post(
    "/conversations/bulk",
    max_body_size=512 * 1024,
    responses=answers.gives(shapes.BulkResult, what="What became of each; of a dry run only how many there are."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_many(request: Request, body: shapes.BulkAsked, key: IdempotencyKey = None) -> Response:
    """The same for many conversations, each decided by itself. What takes more than a few seconds is answered with 202:
    `GET /commands/{id}` says how far it is, and the feed tells of each conversation. Repeating it with the same
    Idempotency-Key does it once and finishes what is left."""
    parts, caller, identity = parts_of(request), caller_of(request), begin(request, key)
    change = _change(request, body.command)
    if body.dry_run:
        ids, missing = await _found(request, body)
        refused = [{"id": each, "reason": NOT_FOUND} for each in missing]
        return answers.json({"matched": len(ids), "done": 0, "refused": refused})
    if key is not None:
        await same_request(request, identity)
    if await bulks.one(parts.database, identity) is None:
        ids, missing = await _found(request, body)
        await parts.origins.of_command(identity, caller.agent_id, origin_of(request))
        refusals = dict.fromkeys(missing, NOT_FOUND)
        await bulks.keep(parts.database, identity, caller.agent_id, change, ids, refusals)
    row = await parts.bulks.finished(identity)
    if row is None:
        raise StillPending(identity)
    return answers.json(await bulks.shaped(parts.database, row))


async def _found(request: Request, body: shapes.BulkAsked) -> tuple[list[UUID], list[UUID]]:
    """The conversations within reach, and the ids of which there is none there. Raises Problem 422 for too many."""
    database, most = parts_of(request).database, parts_of(request).bulks.most
    if body.filter is not None:
        wanted = await listing.wanted(request, ConversationsAsked(**body.filter.model_dump()))
        found = await bulks.matching(database, wanted.filter, most + 1)
        if len(found) > most:
            raise Problem(422, "too-many-matched", f"More than {most} conversations match; ask for fewer at once.")
        return found, []
    asked = list(dict.fromkeys(body.ids or ()))
    caller, inboxes = caller_of(request), await bulks.inboxes_of(database, asked)
    allowed = {
        inbox_id
        for inbox_id in set(inboxes.values())
        if decide(caller, Permission.WORK_ON_CONVERSATIONS, inbox_id) is Verdict.ALLOWED
    }
    ids = [each for each in asked if inboxes.get(each) in allowed]
    return ids, [each for each in asked if inboxes.get(each) not in allowed]


def _change(request: Request, asked: shapes.BulkCommand) -> BulkChange:
    """The wish. Raises Problem 404 for an inbox out of reach."""
    match asked:
        case shapes.BulkAssignment():
            return BulkChange(kind="assign", agent_id=asked.agent_id, team_id=asked.team_id, keep_team=asked.keep_team)
        case shapes.BulkStatus():
            kind = _KINDS[asked.status]
            return BulkChange(kind=kind, until=asked.until, block=asked.block)  # type: ignore[arg-type]
        case shapes.BulkLabel():
            return BulkChange(kind=asked.type, label=asked.label)
        case shapes.BulkPriority():
            return BulkChange(kind="priority", priority=asked.priority)
        case shapes.BulkRead():
            return BulkChange(kind="read", up_to=EVERYTHING if asked.type == "read" else 0)
        case shapes.BulkMute():
            return BulkChange(kind=asked.type)
        case shapes.BulkMove():
            check_inbox(request, Permission.WORK_ON_CONVERSATIONS, asked.inbox_id)
            return BulkChange(kind="move", inbox_id=asked.inbox_id)
        case _ as never:
            assert_never(never)
