"""What the routes of contacts share: a contact within reach, property values as commands have them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from starlette.requests import Request

from events.contacts import PropertyValue
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.pool import Row
from inbox_projection.problems import Problem, not_found
from inbox_projection.queries import contacts
from inbox_projection.queries.tickets import Reader

HANDLE_IN_USE: Final = "handle-in-use"


async def contact(request: Request, contact_id: UUID) -> Row:
    """The row of a contact within the caller's reach. Raises Problem 404."""
    row = await contacts.one(parts_of(request).database, contact_id, caller_of(request).reach)
    if row is None:
        raise not_found("contact")
    return row


@asynccontextmanager
async def naming_the_owner(request: Request, addresses: Iterable[str]) -> AsyncIterator[None]:
    """A refusal because somebody has one of these addresses names that contact as `contact_id`, if the caller may see
    it (else null)."""
    try:
        yield
    except Problem as refusal:
        if refusal.code != HANDLE_IN_USE:
            raise
        database, reach = parts_of(request).database, caller_of(request).reach
        owners = [await contacts.owner_of(database, address.lower()) for address in addresses]
        seen = [one for one in owners if one is not None and await contacts.one(database, one, reach) is not None]
        more = {"contact_id": seen[0] if seen else None}
        raise Problem(refusal.status, refusal.code, refusal.detail, more=more) from None


def by_text(properties: Mapping[UUID, PropertyValue]) -> dict[str, PropertyValue] | None:
    """Values by the text of their property's id, None for none at all."""
    return {str(property_id): value for property_id, value in properties.items()} or None


def reader(request: Request) -> Reader:
    """How far the caller sees tickets and conversations."""
    caller = caller_of(request)
    return Reader(caller.agent_id, caller.reach, manages=caller.role != "agent")
