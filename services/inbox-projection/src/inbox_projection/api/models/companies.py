"""Shapes of companies and of the properties of contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from events.properties import PropertyKind
from inbox_projection.api.models.common import Asked, Given, Line, PageAsked, Text, example

CompanyName = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Domain = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Domains = Annotated[tuple[Domain, ...], Field(max_length=50)]
Note = Annotated[Text, StringConstraints(max_length=20_000)]


class Company(Given):
    """Whoever writes from one of its e-mail domains for the first time belongs to it."""

    id: UUID
    name: str
    domains: list[str]
    note: str
    created_at: datetime


class CompaniesAsked(PageAsked):
    q: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class CompanyNew(Asked):
    """A domain of another company, or of a public mail provider, is refused."""

    model_config = example(name="Acme", domains=["acme.example"])
    name: CompanyName
    domains: Domains = ()
    note: Note = ""


class CompanyChanged(Asked):
    name: CompanyName | None = None
    domains: Domains | None = None
    note: Note | None = None


class ContactProperty(Given):
    id: UUID
    name: str
    kind: PropertyKind
    choices: list[str]
    created_at: datetime


class ContactPropertyNew(Asked):
    """`choices` belong to the kind `choice`."""

    model_config = example(name="Level", kind="choice", choices=["gold", "silver"])
    name: Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    kind: PropertyKind
    choices: Annotated[
        tuple[Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)], ...],
        Field(max_length=200),
    ] = ()
