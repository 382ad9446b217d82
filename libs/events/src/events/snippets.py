"""Texts that agents keep to be written again: events and commands of the workspace."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from events.envelope import Command, Event
from events.values import Attachment

TOPIC = "workspace.v1"


class SnippetSaved(Event, frozen=True, kw_only=True):
    """The snippet as it is now, whole; its first saving makes it. `owner_id` None: everybody's.

    `text` and `html` may hold variables (service_kit.templates). The files are the snippet's own.
    """

    TOPIC: ClassVar[str] = TOPIC
    snippet_id: UUID
    owner_id: UUID | None = None
    name: str
    folder: str = ""
    text: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()


class SnippetDeleted(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    snippet_id: UUID


class SaveSnippet(Command, frozen=True, kw_only=True):
    """Makes the snippet, or puts it in the place of what it was; an agent's own stays that agent's."""

    snippet_id: UUID
    shared: bool = False
    name: str
    folder: str = ""
    text: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()


class DeleteSnippet(Command, frozen=True, kw_only=True):
    snippet_id: UUID
