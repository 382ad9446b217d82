"""People who write to us."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.contact_commands import CreateContact, EraseContact, UpdateContact
from events.values import Handle
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.conversations import listed
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page, PageAsked
from inbox_projection.api.models.contacts import Contact, ContactChange, ContactNew, ContactsAsked
from inbox_projection.api.models.conversations import Conversation
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.people import by_text, contact, naming_the_owner
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.policy import Permission
from inbox_projection.queries import contacts, drafts
from inbox_projection.queries.conversation_filter import Filter
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["contacts"])


@router.get("/contacts", responses=answers.gives(Page[Contact], what="In the order of what was found."))
@policy(Permission.READ_CONVERSATIONS)
async def list_contacts(request: Request, asked: Annotated[ContactsAsked, Query()]) -> Response:
    """`q` is the beginning of a name or an address, case aside; without it the newest come first. `id` may be given
    several times."""
    after = None if asked.cursor is None else cursors.decode(asked.cursor, contacts.Place)
    database, reach = parts_of(request).database, caller_of(request).reach
    if asked.id:
        rows = await contacts.some(database, asked.id, reach)
        return answers.json({"items": [contacts.shaped(row) for row in rows], "next_cursor": None})
    rows = await contacts.page(database, asked.q, reach, after, asked.limit + 1, company_id=asked.company_id)
    return answers.page(rows, asked.limit, contacts.shaped, lambda row: contacts.Place(row["found"], row["contact_id"]))


@router.post("/contacts", status_code=201, responses=answers.gives(Contact, 201, "The new contact."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def add_contact(request: Request, body: ContactNew, key: IdempotencyKey = None) -> Response:
    """Somebody who has not written yet; seen by everybody until there is a conversation. An address that a contact has
    is refused (409 `handle-in-use`) with that contact's `contact_id`."""
    identity = begin(request, key)
    command = CreateContact(
        name=body.name,
        handles=tuple(Handle("email", address) for address in body.addresses),
        phone=body.phone,
        note=body.note,
        properties=by_text(body.properties),
    )
    async with naming_the_owner(request, body.addresses):
        outcome = await perform(request, command, derived_id(identity, "contact"), key, identity=identity)
    contact_id = outcome.resource_id or derived_id(identity, "contact")
    return answers.json(contacts.shaped(await contact(request, contact_id)), 201)


@router.get("/contacts/{contact_id}", responses=answers.gives(Contact, what="The contact."))
@policy(Permission.READ_CONVERSATIONS)
async def read_contact(request: Request, contact_id: UUID) -> Response:
    """One who began a conversation that you may see."""
    return answers.json(contacts.shaped(await contact(request, contact_id)))


@router.patch("/contacts/{contact_id}", responses=answers.gives(Contact, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_contact(
    request: Request, contact_id: UUID, body: ContactChange, key: IdempotencyKey = None
) -> Response:
    """Fields left out stay."""
    await contact(request, contact_id)
    command = UpdateContact(name=body.name, phone=body.phone, note=body.note, properties=by_text(body.properties))
    await perform(request, command, contact_id, key)
    return answers.json(contacts.shaped(await contact(request, contact_id)))


@router.delete("/contacts/{contact_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.ERASE_CONTACT)
async def erase_contact(request: Request, contact_id: UUID, key: IdempotencyKey = None) -> Response:
    """Destroys all that is known of the person, everywhere, for ever; the statistics stay. With the person go all
    contacts that were merged."""
    row = await contact(request, contact_id)
    survivor_id = row["merged_into"] or contact_id
    whole = row if survivor_id == contact_id else await contact(request, survivor_id)
    for person_id in (survivor_id, *whole["merged_ids"]):
        await parts_of(request).uploads.forget(person_id)
        await drafts.forget(parts_of(request).database, person_id)
    await perform(request, EraseContact(), contact_id, key)
    return answers.no_content()


@router.get(
    "/contacts/{contact_id}/conversations", responses=answers.gives(Page[Conversation], what="Newest activity first.")
)
@policy(Permission.READ_CONVERSATIONS)
async def list_conversations_of_contact(
    request: Request, contact_id: UUID, asked: Annotated[PageAsked, Query()]
) -> Response:
    """Those that you may see, of the contact and of all who were merged with it."""
    row = await contact(request, contact_id)
    person_id = row["merged_into"] or contact_id
    wanted = Filter(inboxes=caller_of(request).reach, contact_id=person_id)
    return await listed(request, wanted, "newest", asked.cursor, asked.limit)
