"""Shapes of snippets and what they are rendered to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from inbox_projection.api.models.common import Asked, Given, Line, Name, PageAsked, Text, example
from inbox_projection.api.models.conversations import File, Recipient
from inbox_projection.api.models.replies import Files

SnippetText = Annotated[Text, StringConstraints(max_length=100_000)]
SnippetHtml = Annotated[Text, StringConstraints(max_length=150_000)]
Folder = Annotated[Line, StringConstraints(strip_whitespace=True, max_length=120)]


class SnippetNew(Asked):
    """Variables stand in double braces, with a fallback behind a bar."""

    model_config = example(name="Greeting", folder="Everyday", text="Hello {{contact.first_name|there}},", shared=True)
    name: Name
    folder: Folder = ""
    shared: bool = Field(False, description="For everybody; else your own, which nobody else sees.")
    text: SnippetText = ""
    html: SnippetHtml | None = None
    attachment_ids: Files = Field(default_factory=list)


class SnippetChange(Asked):
    """What is left out stays; `attachment_ids` names uploads, or files that the snippet has, and drops the others."""

    name: Name | None = None
    folder: Folder | None = None
    shared: bool | None = None
    text: SnippetText | None = None
    html: SnippetHtml | None = None
    attachment_ids: Files | None = None


class SnippetsAsked(PageAsked):
    limit: Annotated[int, Field(ge=1, le=200)] = 100


class SnippetFile(Given):
    id: UUID
    name: str
    content_type: str
    size: int


class Snippet(Given):
    id: UUID
    shared: bool
    name: str
    folder: str
    text: str
    html: str | None
    attachments: list[SnippetFile]
    updated_at: datetime


class FirstAsked(Asked):
    """A first message, as far as it is written."""

    inbox_id: UUID
    channel_id: UUID | None = None
    to: Recipient | None = None
    subject: Annotated[Text, StringConstraints(max_length=500)] = ""


class RenderAsked(Asked):
    """For a conversation, or for the message that is to begin one: then nothing stands for its number."""

    conversation_id: UUID | None = None
    first: FirstAsked | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> RenderAsked:
        if (self.conversation_id is None) == (self.first is None):
            raise ValueError("give either conversation_id or first")
        return self


class Rendered(Given):
    """`missing` are variables without value and fallback; a reply that still holds one is refused."""

    text: str
    html: str | None
    missing: list[str]
    attachments: list[File] = Field(description="Copies of the snippet's files, uploaded for your reply.")


class Signature(Given):
    text: str
    missing: list[str]
