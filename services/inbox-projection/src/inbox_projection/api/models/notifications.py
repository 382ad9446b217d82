"""Shapes of notifications and read marks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.notifications import MailRhythm, NotificationKind
from inbox_projection.api.models.common import Asked, Given, PageAsked


class NotificationActor(Given):
    """Who did it; `id` and `name` of agents only: a customer's name is with the conversation."""

    kind: str
    id: UUID | None
    name: str | None


class Notification(Given):
    """Of each kind the newest for a conversation or channel: what comes on top makes it new again."""

    id: UUID
    kind: NotificationKind
    conversation_id: UUID | None
    channel_id: UUID | None
    inbox_id: UUID
    sequence: int = Field(description="Of the event; the conversation's read mark at or beyond it makes it read.")
    at: datetime
    actor: NotificationActor
    read: bool


class NotificationPage(Given):
    items: list[Notification]
    next_cursor: str | None
    unread_count: int = Field(description="At most 100: more are counted as 100.")


class NotificationsAsked(PageAsked):
    unread: bool = False


class NotificationsRead(Asked):
    up_to: UUID


class UnreadCount(Given):
    unread_count: int


class NotificationPreferences(Given):
    in_app: list[NotificationKind]
    mail: list[NotificationKind]
    mail_rhythm: MailRhythm


class NotificationPreferencesNew(Asked):
    in_app: Annotated[list[NotificationKind], Field(max_length=20)]
    mail: Annotated[list[NotificationKind], Field(max_length=20)] = Field(default_factory=list)
    mail_rhythm: MailRhythm = Field(
        "at_once", description="At once: after a minute, at most one mail for a conversation in 5 minutes."
    )


class NotificationTest(Given):
    to: str = Field(description="The address that it went to.")


class ReadMark(Asked):
    sequence: Annotated[int, Field(ge=1, le=2_000_000_000)]
