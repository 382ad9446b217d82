"""People who write to us."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.commands import EraseContact, UpdateContact
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.conversations import listed
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page, PageAsked
from inbox_projection.api.models.contacts import Contact, ContactChange, ContactsAsked
from inbox_projection.api.models.conversations import Conversation
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, perform
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import contacts, conversations

router = APIRouter(route_class=GuardedRoute, tags=["contacts"])


@router.get("/contacts", responses=answers.gives(Page[Contact], what="In the order of what was found."))
@policy(Permission.READ_CONVERSATIONS)
async def list_contacts(request: Request, asked: Annotated[ContactsAsked, Query()]) -> Response:
    """`q` is the beginning of a name or an address, case aside; without it the newest come first."""
    after = None if asked.cursor is None else cursors.decode(asked.cursor, contacts.Place)
    reach = caller_of(request).reach
    rows = await contacts.page(parts_of(request).database, asked.q, reach, after, asked.limit + 1)
    shown = rows[: asked.limit]
    last = shown[-1] if len(rows) > asked.limit else None
    return answers.json(
        {
            "items": [contacts.shaped(row) for row in shown],
            "next_cursor": None if last is None else cursors.encode(contacts.Place(last["found"], last["contact_id"])),
        }
    )


@router.get("/contacts/{contact_id}", responses=answers.gives(Contact, what="The contact."))
@policy(Permission.READ_CONVERSATIONS)
async def read_contact(request: Request, contact_id: UUID) -> Response:
    """One who began a conversation that you may see."""
    return answers.json(contacts.shaped(await _contact(request, contact_id)))


@router.patch("/contacts/{contact_id}", responses=answers.gives(Contact, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_contact(
    request: Request, contact_id: UUID, body: ContactChange, key: IdempotencyKey = None
) -> Response:
    """Fields left out stay."""
    await _contact(request, contact_id)
    command = UpdateContact(name=body.name, phone=body.phone, note=body.note)
    await perform(request, command, contact_id, key)
    return answers.json(contacts.shaped(await _contact(request, contact_id)))


@router.delete("/contacts/{contact_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.ERASE_CONTACT)
async def erase_contact(request: Request, contact_id: UUID, key: IdempotencyKey = None) -> Response:
    """Destroys all that is known of the person, everywhere, for ever; the statistics stay."""
    await _contact(request, contact_id)
    await parts_of(request).uploads.forget(contact_id)
    await perform(request, EraseContact(), contact_id, key)
    return answers.no_content()


@router.get(
    "/contacts/{contact_id}/conversations", responses=answers.gives(Page[Conversation], what="Newest activity first.")
)
@policy(Permission.READ_CONVERSATIONS)
async def list_conversations_of_contact(
    request: Request, contact_id: UUID, asked: Annotated[PageAsked, Query()]
) -> Response:
    """Those that you may see."""
    await _contact(request, contact_id)
    wanted = conversations.Filter(inboxes=caller_of(request).reach, contact_id=contact_id)
    return await listed(request, wanted, asked.cursor, asked.limit)


async def _contact(request: Request, contact_id: UUID) -> Row:
    row = await contacts.one(parts_of(request).database, contact_id, caller_of(request).reach)
    if row is None:
        raise not_found("contact")
    return row
