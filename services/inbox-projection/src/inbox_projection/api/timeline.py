"""A contact's timeline, and what belongs to the contact."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page, PageAsked
from inbox_projection.api.models.contacts import Associated, TimelineEntry
from inbox_projection.api.parts import parts_of
from inbox_projection.api.people import contact, reader
from inbox_projection.policy import Permission
from inbox_projection.queries import companies, tickets, timeline

router = APIRouter(route_class=GuardedRoute, tags=["contacts"])
TICKETS: Final = 50


@router.get("/contacts/{contact_id}/timeline", responses=answers.gives(Page[TimelineEntry], what="Newest first."))
@policy(Permission.READ_CONVERSATIONS)
async def read_timeline(request: Request, contact_id: UUID, asked: Annotated[PageAsked, Query()]) -> Response:
    """What was done about the person, and the conversations and tickets that you may see; of all who were merged."""
    row = await contact(request, contact_id)
    after = None if asked.cursor is None else cursors.decode(asked.cursor, timeline.Place)
    person_id = row["merged_into"] or contact_id
    rows = await timeline.page(parts_of(request).database, reader(request), person_id, after, asked.limit + 1)
    return answers.page(rows, asked.limit, timeline.shaped, lambda row: timeline.Place(row["at"], row["id"]))


@router.get("/contacts/{contact_id}/associated", responses=answers.gives(Associated, what="Company and tickets."))
@policy(Permission.READ_CONVERSATIONS)
async def read_associated(request: Request, contact_id: UUID) -> Response:
    """For the sidebar, beside the contact's conversations."""
    database, row = parts_of(request).database, await contact(request, contact_id)
    company = None if row["company_id"] is None else await companies.one(database, row["company_id"])
    found: list[tuple[int, UUID]] = []
    for person_id in (contact_id, *row["merged_ids"]):
        wanted = tickets.Filter(contact_id=person_id)
        found += [
            (one["number"], one["ticket_id"])
            for one in await tickets.page(database, reader(request), wanted, None, TICKETS)
        ]
    return answers.json(
        {
            "company": None if company is None else companies.shaped(company),
            "ticket_ids": [ticket_id for _, ticket_id in sorted(found, reverse=True)[:TICKETS]],
        }
    )
