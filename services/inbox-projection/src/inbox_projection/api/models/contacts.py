"""Shapes of contacts, and of what is done with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, StringConstraints, model_validator

from inbox_projection.api.models.common import Asked, Given, Line, PageAsked, Text, example
from inbox_projection.api.models.companies import Company

PropertyText = Annotated[StrictStr, StringConstraints(max_length=2_000)]
Properties = Annotated[
    dict[UUID, StrictBool | StrictInt | StrictFloat | PropertyText | None],
    Field(max_length=100, description="Values by the property's id, of its kind; null takes a value away."),
]
ContactName = Annotated[Line, StringConstraints(strip_whitespace=True, max_length=200)]
Phone = Annotated[Line, StringConstraints(strip_whitespace=True, max_length=60)]
Address = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)]
Note = Annotated[Text, StringConstraints(max_length=20_000)]


class Handle(Given):
    kind: str
    value: str


class Contact(Given):
    """An erased contact keeps its id and dates only. One who was merged is shown as the contact that stands for it."""

    id: UUID
    name: str
    handle: str | None
    handles: list[Handle] = Field(description="Its own first, then those of the contacts that were merged into it.")
    phone: str
    note: str
    properties: dict[str, Any] = Field(description="Values by the property's id.")
    company_id: UUID | None
    blocked: bool = Field(description="Mails of this person are kept out of the inboxes.")
    merged_into: UUID | None = Field(description="The contact that stands for this one.")
    merged_ids: list[UUID] = Field(description="For whom this one stands.")
    erased: bool
    created_at: datetime


class ContactsAsked(PageAsked):
    q: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    company_id: UUID | None = Field(None, description="Who belongs to it.")
    id: Annotated[list[UUID], Field(max_length=100)] = Field(
        default_factory=list, description="These, without further conditions: also who was merged, also who was erased."
    )

    @model_validator(mode="after")
    def _ids_stand_alone(self) -> Self:
        if self.id and (self.q is not None or self.company_id is not None or self.cursor is not None):
            raise ValueError("id stands alone, without q, company_id and cursor")
        return self


class ContactNew(Asked):
    """With a name, an address or both. An address that somebody has is refused, naming that contact."""

    model_config = example(name="Rosa Luz", addresses=["rosa@acme.example"])
    name: ContactName = ""
    addresses: Annotated[
        tuple[Address, ...],
        Field(max_length=20),
    ] = ()
    phone: Phone = ""
    note: Note = ""
    properties: Properties = Field(default_factory=dict)


class ContactChange(Asked):
    name: ContactName | None = None
    phone: Phone | None = None
    note: Note | None = None
    properties: Properties = Field(default_factory=dict)


class AddressGiven(Asked):
    """An e-mail address."""

    model_config = example(address="rosa@acme.example")
    address: Address


class NoteNew(Asked):
    model_config = example(text="Prefers to be called in the morning.")
    text: Annotated[Text, StringConstraints(min_length=1, max_length=20_000)]


class MergeAsked(Asked):
    """With `dry_run` nothing is merged, and the answer is what would be."""

    from_id: UUID
    dry_run: bool = False


class TimelineEntry(Given):
    id: UUID
    at: datetime
    kind: Literal[
        "created",
        "handle_linked",
        "handle_unlinked",
        "changed",
        "note",
        "blocked",
        "unblocked",
        "company_linked",
        "company_unlinked",
        "merged",
        "unmerged",
        "separated",
        "conversation_opened",
        "conversation_resolved",
        "conversation_reopened",
        "ticket_opened",
    ]
    actor: dict[str, str | None]
    conversation_id: UUID | None
    ticket_id: UUID | None
    details: dict[str, Any] = Field(description="By the kind: a note's text, what was changed, a subject.")


class Associated(Given):
    """What belongs to a contact; `ticket_ids` are the newest, at most fifty."""

    company: Company | None
    ticket_ids: list[UUID]
