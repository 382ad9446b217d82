"""The properties that contacts have."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.contact_commands import ChangeContactProperty, DefineContactProperty, DeleteContactProperty
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.companies import ContactProperty, ContactPropertyChange, ContactPropertyNew
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import companies
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["contacts"])


@router.get("/contact-properties", responses=answers.gives(All[ContactProperty], what="The oldest first."))
@policy(Permission.READ_WORKSPACE)
async def list_contact_properties(request: Request) -> Response:
    rows = await companies.properties(parts_of(request).database)
    return answers.json({"items": rows, "next_cursor": None})


@router.post("/contact-properties", status_code=201, responses=answers.gives(ContactProperty, 201, "The new property."))
@policy(Permission.MANAGE_CONTACTS)
async def define_contact_property(request: Request, body: ContactPropertyNew, key: IdempotencyKey = None) -> Response:
    """Contacts have it from now on; their values are checked by its kind."""
    identity = begin(request, key)
    property_id = derived_id(identity, "contact-property")
    command = DefineContactProperty(
        property_id=property_id, name=body.name, kind=body.kind, choices=tuple(body.choices)
    )
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(await _property(request, property_id), 201)


@router.patch("/contact-properties/{property_id}", responses=answers.gives(ContactProperty, what="As it is now."))
@policy(Permission.MANAGE_CONTACTS)
async def change_contact_property(
    request: Request, property_id: UUID, body: ContactPropertyChange, key: IdempotencyKey = None
) -> Response:
    """Its name and choices; of which kind it is stays for ever."""
    await _property(request, property_id)
    command = ChangeContactProperty(
        property_id=property_id, name=body.name, choices=None if body.choices is None else tuple(body.choices)
    )
    await perform(request, command, parts_of(request).workspace_id, key)
    return answers.json(await _property(request, property_id))


@router.delete("/contact-properties/{property_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.MANAGE_CONTACTS)
async def delete_contact_property(request: Request, property_id: UUID, key: IdempotencyKey = None) -> Response:
    """Contacts have it no more, nor any value of it; what was written down of them in their timelines stays. It cannot
    be undone."""
    await _property(request, property_id)
    command = DeleteContactProperty(property_id=property_id)
    await perform(request, command, parts_of(request).workspace_id, key)
    return answers.no_content()


async def _property(request: Request, property_id: UUID) -> Row:
    """Raises Problem 404."""
    for row in await companies.properties(parts_of(request).database):
        if row["id"] == property_id:
            return row
    raise not_found("property")
