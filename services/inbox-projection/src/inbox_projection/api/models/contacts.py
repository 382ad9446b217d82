"""Shapes of contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from inbox_projection.api.models.common import Asked, Given, Line, PageAsked, Text


class Handle(Given):
    kind: str
    value: str


class Contact(Given):
    """An erased contact keeps its id and dates only."""

    id: UUID
    name: str
    handle: str | None
    handles: list[Handle]
    phone: str
    note: str
    erased: bool
    created_at: datetime


class ContactsAsked(PageAsked):
    q: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class ContactChange(Asked):
    name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    phone: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=60)] | None = None
    note: Annotated[Text, StringConstraints(max_length=20_000)] | None = None
