"""Tickets: opened, changed, listed, linked to conversations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.ticket_commands import ChangeTicket, LinkTicket, OpenTicket, TicketCommand, UnlinkTicket
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.tickets import Ticket, TicketChange, TicketNew, TicketOfConversation, TicketsAsked
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import conversation
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import contacts, pipelines, tickets
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["tickets"])


@router.get("/tickets", responses=answers.gives(Page[Ticket], what="Newest first."))
@policy(Permission.READ_CONVERSATIONS)
async def list_tickets(request: Request, asked: Annotated[TicketsAsked, Query()]) -> Response:
    """Those that you may see; all filters hold together. `assignee_id` may be `me` or `none`, and `id` may be given
    several times."""
    database, reader = parts_of(request).database, _reader(request)
    places = None
    if asked.pipeline_id is not None or asked.stage is not None:
        places = pipelines.places(await pipelines.every(database), asked.pipeline_id, asked.stage)
    wanted = tickets.Filter(
        places=places,
        assignee=reader.me if asked.assignee_id == "me" else asked.assignee_id,
        priority=asked.priority,
        contact_id=asked.contact_id,
        closed=None if asked.status is None else asked.status == "closed",
        only=tuple(dict.fromkeys(asked.id)) or None,
    )
    after = None if asked.cursor is None else cursors.decode(asked.cursor, tickets.Place)
    rows = await tickets.page(database, reader, wanted, after, asked.limit + 1)
    return answers.page(rows, asked.limit, tickets.shaped, lambda row: tickets.Place(row["number"]))


@router.get("/tickets/{ticket_id}", responses=answers.gives(Ticket, what="The ticket."))
@policy(Permission.READ_CONVERSATIONS)
async def read_ticket(request: Request, ticket_id: UUID) -> Response:
    return answers.json(tickets.shaped(await _ticket(request, ticket_id)))


@router.post("/tickets", status_code=201, responses=answers.gives(Ticket, 201, "The new ticket."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def open_ticket(request: Request, body: TicketNew, key: IdempotencyKey = None) -> Response:
    """One without conversations is seen by who opened it, who has it, managers and administrators."""
    conversation_ids = tuple(dict.fromkeys(body.conversation_ids))
    for conversation_id in conversation_ids:
        await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    if body.contact_id is not None:
        reach = caller_of(request).reach
        if await contacts.one(parts_of(request).database, body.contact_id, reach) is None:
            raise not_found("contact")
    return await _open(request, body, body.title, body.contact_id, conversation_ids, key)


@router.post(
    "/conversations/{conversation_id}/tickets", status_code=201, responses=answers.gives(Ticket, 201, "The new ticket.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def open_ticket_of_conversation(
    request: Request, conversation_id: UUID, body: TicketOfConversation, key: IdempotencyKey = None
) -> Response:
    row = await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    title = row["subject"][:500] if body.title is None else body.title
    return await _open(request, body, title, None, (conversation_id,), key)


@router.patch("/tickets/{ticket_id}", responses=answers.gives(Ticket, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_ticket(request: Request, ticket_id: UUID, body: TicketChange, key: IdempotencyKey = None) -> Response:
    """Fields left out stay. A stage that closes closes the ticket, another one opens it again."""
    row = await _ticket(request, ticket_id)
    command = ChangeTicket(
        title=None if body.title == row["title"] else body.title,
        stage=body.stage,
        priority=body.priority,
        assignee_id=body.assignee_id,
        unassign="assignee_id" in body.model_fields_set and body.assignee_id is None,
    )
    return await _change(request, ticket_id, command, key)


@router.put("/tickets/{ticket_id}/conversations/{conversation_id}", responses=answers.gives(Ticket, what="As it is."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def link_ticket(request: Request, ticket_id: UUID, conversation_id: UUID, key: IdempotencyKey = None) -> Response:
    """The conversation belongs to the ticket: what is written there moves it."""
    await _ticket(request, ticket_id)
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    return await _change(request, ticket_id, LinkTicket(conversation_id=conversation_id), key)


@router.delete(
    "/tickets/{ticket_id}/conversations/{conversation_id}", responses=answers.gives(Ticket, what="As it is now.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def unlink_ticket(
    request: Request, ticket_id: UUID, conversation_id: UUID, key: IdempotencyKey = None
) -> Response:
    """Both stay, each without the other."""
    await _ticket(request, ticket_id)
    await conversation(request, conversation_id, Permission.WORK_ON_CONVERSATIONS)
    return await _change(request, ticket_id, UnlinkTicket(conversation_id=conversation_id), key)


async def _open(
    request: Request,
    body: TicketOfConversation,
    title: str,
    contact_id: UUID | None,
    conversation_ids: tuple[UUID, ...],
    key: str | None,
) -> Response:
    identity = begin(request, key)
    ticket_id = derived_id(identity, "ticket")
    command = OpenTicket(
        title=title,
        pipeline_id=body.pipeline_id,
        stage=body.stage,
        priority=body.priority,
        assignee_id=body.assignee_id,
        contact_id=contact_id,
        conversation_ids=conversation_ids,
    )
    await perform(request, command, ticket_id, key, identity=identity)
    return answers.json(tickets.shaped(await _ticket(request, ticket_id)), 201)


async def _change(request: Request, ticket_id: UUID, command: TicketCommand, key: str | None) -> Response:
    """The ticket as it is afterwards, even if the change took it out of the caller's sight."""
    await perform(request, command, ticket_id, key)
    database, reader = parts_of(request).database, _reader(request)
    row = await tickets.one(database, reader, ticket_id) or await tickets.changed(database, reader, ticket_id)
    if row is None:
        raise not_found("ticket")
    return answers.json(tickets.shaped(row))


def _reader(request: Request) -> tickets.Reader:
    caller = caller_of(request)
    return tickets.Reader(caller.agent_id, caller.reach, manages=caller.role != "agent")


async def _ticket(request: Request, ticket_id: UUID) -> Row:
    row = await tickets.one(parts_of(request).database, _reader(request), ticket_id)
    if row is None:
        raise not_found("ticket")
    return row
