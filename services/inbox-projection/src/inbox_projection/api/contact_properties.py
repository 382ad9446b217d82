"""The properties that contacts have."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.contact_commands import DefineContactProperty
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.companies import ContactProperty, ContactPropertyNew
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.policy import Permission
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
    for row in await companies.properties(parts_of(request).database):
        if row["id"] == property_id:
            return answers.json(row, 201)
    raise not_found("property")
