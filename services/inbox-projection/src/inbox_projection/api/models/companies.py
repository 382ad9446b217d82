"""Shapes of companies and of the properties of contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from events.properties import PropertyKind
from inbox_projection.api.models.common import Asked, Given, Line, PageAsked, Text, example

CompanyName = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Domain = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Domains = Annotated[tuple[Domain, ...], Field(max_length=50)]
PropertyName = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Choices = Annotated[tuple[PropertyName, ...], Field(max_length=200)]
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
    id: Annotated[list[UUID], Field(max_length=100)] = Field(default_factory=list, description="Only these.")

    @model_validator(mode="after")
    def _ids_stand_alone(self) -> Self:
        if self.id and (self.q is not None or self.cursor is not None):
            raise ValueError("id stands alone, without q and cursor")
        return self


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
    name: PropertyName
    kind: PropertyKind
    choices: Choices = ()


class ContactPropertyChange(Asked):
    """Fields left out stay, and so does the kind. Contacts keep a value that is no choice any more until they get
    another one."""

    model_config = example(name="Tier", choices=["gold", "silver", "bronze"])
    name: PropertyName | None = None
    choices: Choices | None = None
