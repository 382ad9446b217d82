"""Shapes of e-mail filters (events.workspace says what they mean) and of the mails that they kept out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from inbox_projection.api.models.common import Asked, Given, Line, PageAsked, example
from inbox_projection.api.models.conversations import Address, Attached
from inbox_projection.patterns import MAX_PATTERN, check_pattern

MAX_FILTERS = 500
FilterKind = Literal["allow", "block", "spam"]
FilterField = Literal["address", "domain", "header", "subject", "body"]
FilterOperator = Literal["is", "contains", "matches"]


class EmailFilterAsked(Asked):
    """`header` is the name of the header that a filter of this field looks at; `matches` takes an RE2 expression."""

    id: UUID | None = Field(None, description="Left out for a new one.")
    kind: FilterKind
    field: FilterField
    operator: FilterOperator = "is"
    value: Annotated[Line, StringConstraints(min_length=1, max_length=MAX_PATTERN)]
    header: Annotated[str, StringConstraints(pattern=r"^[!-9;-~]{0,100}$")] = ""
    inbox_id: UUID | None = Field(None, description="null: every inbox.")
    enabled: bool = True
    note: Annotated[Line, StringConstraints(max_length=500)] = ""

    @model_validator(mode="after")
    def understood(self) -> EmailFilterAsked:
        """Refuses what could never match."""
        if (self.field == "header") != bool(self.header):
            raise PydanticCustomError(
                "filter_header",
                "header: the name of a header belongs to filters of the field header, and to these only",
            )
        if not self.value.strip():
            raise PydanticCustomError("filter_blank", "value: must not be blank")
        if self.operator == "matches":
            try:
                check_pattern(self.value)
            except ValueError as error:
                raise PydanticCustomError("filter_pattern", "value: {why}", {"why": str(error)}) from None
        return self


class SwitchesAsked(Asked):
    """What is on, in one inbox or (`inbox_id` null) in all: mail that machines send by themselves; that one can
    unsubscribe from; of addresses like noreply@ and info@."""

    inbox_id: UUID | None = None
    automated: bool = False
    newsletter: bool = False
    role_addresses: bool = False


class EmailFiltersAsked(Asked):
    """All filters, in the order in which they are shown; their order decides nothing: allow beats block beats spam."""

    model_config = example(
        version=3,
        filters=[
            {"kind": "block", "field": "domain", "value": "spam.example", "note": "since May"},
            {"kind": "allow", "field": "address", "value": "ann@spam.example"},
            {"kind": "spam", "field": "subject", "operator": "matches", "value": r"win \d+ (dollars|euros)"},
            {"kind": "block", "field": "header", "header": "List-Id", "operator": "contains", "value": "ads.example"},
        ],
        switches=[{"newsletter": True}],
    )

    filters: Annotated[list[EmailFilterAsked], Field(max_length=MAX_FILTERS)]
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="What they were made from: 412 when there is a newer one. Left out: whatever there is."
    )

    switches: Annotated[list[SwitchesAsked], Field(max_length=MAX_FILTERS)] | None = Field(
        None,
        description="Ready-made filters. A known contact passes them: whom an `allow` filter names, to whom somebody"
        " here has written, whose contact was made, imported or filled in here, or of whom a filtered mail was let in."
        " Left out: as they are.",
    )

    @model_validator(mode="after")
    def distinct(self) -> EmailFiltersAsked:
        ids = [one.id for one in self.filters if one.id is not None]
        if len(set(ids)) != len(ids):
            raise ValueError("filters: two have the same id")
        inboxes = [one.inbox_id for one in self.switches or ()]
        if len(set(inboxes)) != len(inboxes):
            raise ValueError("switches: an inbox is there twice")
        return self


class EmailFilter(Given):
    id: UUID
    kind: FilterKind
    field: FilterField
    operator: FilterOperator
    value: str
    header: str
    inbox_id: UUID | None
    enabled: bool
    note: str


class Switches(Given):
    inbox_id: UUID | None
    automated: bool
    newsletter: bool
    role_addresses: bool


class EmailFilters(Given):
    """`version` counts up from 1; 0 before there were any. Managers see those of their inboxes and of all inboxes."""

    version: int
    filters: list[EmailFilter]
    switches: list[Switches]


class FilteredMessage(Given):
    """A mail that was kept out, with the filter as it was then. An erased one has neither names nor texts. One that was
    let in is in the conversation `conversation_id`."""

    id: UUID
    message_id: UUID
    inbox_id: UUID
    channel: Literal["email"]
    channel_id: UUID
    filter_id: UUID
    contact_id: UUID | None = Field(description="The contact who was blocked, where no filter caught the mail.")
    switch: Literal["automated", "newsletter", "role_address"] | None = Field(
        description="The ready-made filter that caught it."
    )
    refused: str | None = Field(
        description="Of an agent's answer to a notification mail that became no reply: why, as a code."
    )
    filter: EmailFilter | None = Field(description="null for a version that is no longer known.")
    from_: Address | None = Field(alias="from")
    to: list[Address]
    subject: str
    preview: str
    attachments: list[Attached]
    size: int
    erased: bool
    received_at: datetime
    raw_url: str
    admitted_at: datetime | None
    admitted_by: UUID | None
    conversation_id: UUID | None


class FilteredAsked(PageAsked):
    inbox_id: UUID | None = None
