"""Inboxes with their channels."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.business_hours import BusinessHours
from events.commands import ChangeInbox, CreateInbox
from inbox_projection import business_hours
from inbox_projection.api import answers
from inbox_projection.api.channels import sees_servers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.workspace import Inbox, InboxChange, InboxNew
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import check_inbox
from inbox_projection.policy import Permission
from inbox_projection.problems import not_found
from inbox_projection.queries import workspace
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["inboxes"])


@router.get("/inboxes", responses=answers.gives(All[Inbox], what="Inboxes you may see."))
@policy(Permission.READ_WORKSPACE)
async def list_inboxes(request: Request) -> Response:
    items = await workspace.inboxes(parts_of(request).database, caller_of(request).reach, servers=sees_servers(request))
    return answers.json({"items": items, "next_cursor": None})


@router.post("/inboxes", status_code=201, responses=answers.gives(Inbox, 201, "The new inbox, with its own address."))
@policy(Permission.CREATE_INBOX)
async def create_inbox(request: Request, body: InboxNew, key: IdempotencyKey = None) -> Response:
    """A manager becomes its first member."""
    parts, caller, identity = parts_of(request), caller_of(request), begin(request, key)
    inbox_id = derived_id(identity, "inbox")
    members = () if caller.reach is None else (caller.agent_id,)
    command = CreateInbox(inbox_id=inbox_id, name=body.name, member_ids=members)
    await perform(request, command, parts.workspace_id, key, identity=identity)
    return answers.json(await _inbox(request, inbox_id), 201)


@router.get("/inboxes/{inbox_id}", responses=answers.gives(Inbox, what="The inbox."))
@policy(Permission.READ_WORKSPACE)
async def read_inbox(request: Request, inbox_id: UUID) -> Response:
    check_inbox(request, Permission.READ_WORKSPACE, inbox_id)
    return answers.json(await _inbox(request, inbox_id))


@router.patch("/inboxes/{inbox_id}", responses=answers.gives(Inbox, what="As it is now."))
@policy(Permission.MANAGE_INBOX)
async def change_inbox(request: Request, inbox_id: UUID, body: InboxChange, key: IdempotencyKey = None) -> Response:
    """Fields left out stay."""
    check_inbox(request, Permission.MANAGE_INBOX, inbox_id)
    await _inbox(request, inbox_id)
    command = ChangeInbox(
        inbox_id=inbox_id,
        name=body.name,
        team_ids=_distinct(body.team_ids),
        member_ids=_distinct(body.member_ids),
        signature=body.signature,
        quote_history=body.quote_history,
        archived=body.archived,
        assign_first_answer=body.assign_first_answer,
        reopen_days=body.reopen_days,
        business_hours=_business_hours(body),
    )
    await perform(request, command, parts_of(request).workspace_id, key)
    return answers.json(await _inbox(request, inbox_id))


def _business_hours(body: InboxChange) -> BusinessHours | Literal["always"] | None:
    if "business_hours" not in body.model_fields_set:
        return None
    return "always" if body.business_hours is None else business_hours.made(**body.business_hours.model_dump())


async def _inbox(request: Request, inbox_id: UUID) -> dict[str, Any]:
    found = await workspace.inboxes(parts_of(request).database, frozenset({inbox_id}), servers=sees_servers(request))
    if not found:
        raise not_found("inbox")
    return found[0]


def _distinct(ids: list[UUID] | None) -> tuple[UUID, ...] | None:
    return None if ids is None else tuple(dict.fromkeys(ids))
