"""Companies that contacts belong to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.contact_commands import ChangeCompany, CreateCompany
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.companies import CompaniesAsked, Company, CompanyChanged, CompanyNew
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import companies
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["companies"])


@router.get("/companies", responses=answers.gives(Page[Company], what="In the order of their names."))
@policy(Permission.READ_CONVERSATIONS)
async def list_companies(request: Request, asked: Annotated[CompaniesAsked, Query()]) -> Response:
    """`q` is the beginning of a name, case aside. `id` may be given several times."""
    after = None if asked.cursor is None else cursors.decode(asked.cursor, companies.Place)
    if asked.id:
        rows = await companies.some(parts_of(request).database, asked.id)
        shown = sorted((companies.shaped(row) for row in rows), key=lambda one: (one["name"].lower(), one["id"]))
        return answers.json({"items": shown, "next_cursor": None})
    rows = await companies.page(parts_of(request).database, asked.q or "", after, asked.limit + 1)
    return answers.page(
        rows, asked.limit, companies.shaped, lambda row: companies.Place(row["found"], row["company_id"])
    )


@router.post("/companies", status_code=201, responses=answers.gives(Company, 201, "The new company."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def add_company(request: Request, body: CompanyNew, key: IdempotencyKey = None) -> Response:
    """Who writes from one of its domains belongs to it. Who is known already and of no company is linked soon after."""
    identity = begin(request, key)
    company_id = derived_id(identity, "company")
    command = CreateCompany(name=body.name, domains=tuple(body.domains), note=body.note)
    await perform(request, command, company_id, key, identity=identity)
    return answers.json(companies.shaped(await _company(request, company_id)), 201)


@router.get("/companies/{company_id}", responses=answers.gives(Company, what="The company."))
@policy(Permission.READ_CONVERSATIONS)
async def read_company(request: Request, company_id: UUID) -> Response:
    return answers.json(companies.shaped(await _company(request, company_id)))


@router.patch("/companies/{company_id}", responses=answers.gives(Company, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_company(
    request: Request, company_id: UUID, body: CompanyChanged, key: IdempotencyKey = None
) -> Response:
    """Fields left out stay."""
    await _company(request, company_id)
    domains = None if body.domains is None else tuple(body.domains)
    await perform(request, ChangeCompany(name=body.name, domains=domains, note=body.note), company_id, key)
    return answers.json(companies.shaped(await _company(request, company_id)))


async def _company(request: Request, company_id: UUID) -> Row:
    row = await companies.one(parts_of(request).database, company_id)
    if row is None:
        raise not_found("company")
    return row
