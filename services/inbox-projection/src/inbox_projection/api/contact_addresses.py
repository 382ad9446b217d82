"""E-mail addresses of contacts, added and taken away by hand."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.contact_commands import AddContactAddress, RemoveContactAddress
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.contacts import AddressGiven, Contact
from inbox_projection.api.parts import parts_of
from inbox_projection.api.people import contact, naming_the_owner
from inbox_projection.api.perform import IdempotencyKey, perform
from inbox_projection.policy import Permission
from inbox_projection.queries import contacts

router = APIRouter(route_class=GuardedRoute, tags=["contacts"])


@router.post("/contacts/{contact_id}/addresses", status_code=201, responses=answers.gives(Contact, 201, "The contact."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def add_address(request: Request, contact_id: UUID, body: AddressGiven, key: IdempotencyKey = None) -> Response:
    """Mails from there are the contact's from now on. An address that another contact has is refused (409
    `handle-in-use`) with `contact_id`, whom you may merge."""
    await contact(request, contact_id)
    async with naming_the_owner(request, (body.address,)):
        await perform(request, AddContactAddress(address=body.address), contact_id, key)
    return answers.json(contacts.shaped(await contact(request, contact_id)), 201)


@router.post("/contacts/{contact_id}/addresses/remove", responses=answers.gives(Contact, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def remove_address(
    request: Request, contact_id: UUID, body: AddressGiven, key: IdempotencyKey = None
) -> Response:
    """The contact's or that of one who was merged into it; the last one may go, too. Who writes from there is somebody
    else from then on; conversations stay where they are. Of an address that it has not it changes nothing."""
    row = await contact(request, contact_id)
    database, address = parts_of(request).database, body.address.lower()
    holder = await contacts.holder_of(database, row["contact_id"], address) or contact_id
    further = await contacts.others_of(database, holder, address)
    command = RemoveContactAddress(address=address, first=further[0] if further else None)
    await perform(request, command, holder, key)
    return answers.json(contacts.shaped(await contact(request, contact_id)))
