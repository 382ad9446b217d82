"""Shapes of what the search is asked and what it finds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from inbox_projection.api.models.common import Given, PageAsked
from inbox_projection.api.models.companies import Company
from inbox_projection.api.models.contacts import Contact
from inbox_projection.api.models.conversations import Author, Conversation
from inbox_projection.api.models.sought import Sought
from inbox_projection.api.models.tickets import Ticket


class SearchAsked(PageAsked):
    q: Sought = ""
    type: Literal["conversation", "contact", "ticket", "company"] = "conversation"
    limit: Annotated[int, Field(ge=1, le=200)] = 20


class PieceGiven(Given):
    text: str = Field(description="HTML in which everything is escaped: text to be shown as it is.")
    match: bool


class HighlightGiven(Given):
    field: Literal[
        "subject", "text", "from", "to", "file", "name", "handle", "phone", "note", "title", "number", "domain"
    ]
    pieces: list[PieceGiven] = Field(description="They follow each other.")


class HitGiven(Given):
    """A message, comment or change of the subject that matches."""

    message_id: UUID
    sequence: int
    kind: Literal["message", "comment", "activity"]
    direction: Literal["in", "out"] | None
    author: Author
    sent_at: datetime
    link: str
    highlights: list[HighlightGiven]


class Found(Given):
    """Of its type the conversation, contact, ticket or company; `highlights` are those of its newest hit."""

    type: Literal["conversation", "contact", "ticket", "company"]
    id: UUID
    link: str
    highlights: list[HighlightGiven]
    hits: list[HitGiven] = Field(description="The newest messages that match, at most three. Only of conversations.")
    conversation: Conversation | None = None
    contact: Contact | None = None
    ticket: Ticket | None = None
    company: Company | None = None
