"""Lists of conversations that agents keep to look at again: events and commands of the workspace."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.envelope import Command, Event
from events.values import Channel, ConversationStatus

TOPIC = "workspace.v1"
WaitingOn = Literal["us", "customer", "nobody"]
"""Whose turn it is in a conversation."""
Sort = Literal["newest", "oldest", "waiting", "priority"]


class ViewFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a view shows, all of it together; of several values of one kind any will do. `whose` and `mentions_me` are
    about whoever looks."""

    inbox_id: UUID | None = None
    status: tuple[ConversationStatus, ...] = ()
    whose: Literal["me", "none"] | None = None
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    label: tuple[str, ...] = ()
    channel: tuple[Channel, ...] = ()
    contact_id: UUID | None = None
    waiting_on: WaitingOn | None = None
    mentions_me: bool = False
    created_from: datetime | None = None
    created_to: datetime | None = None


class ViewSaved(Event, frozen=True, kw_only=True):
    """The view as it is now, whole; its first saving makes it. `owner_id` None: everybody's."""

    TOPIC: ClassVar[str] = TOPIC
    view_id: UUID
    owner_id: UUID | None = None
    name: str
    filter: ViewFilter
    sort: Sort = "newest"


class ViewDeleted(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    view_id: UUID


class SaveView(Command, frozen=True, kw_only=True):
    """Makes the view, or puts it in the place of what it was; an agent's own stays that agent's."""

    view_id: UUID
    shared: bool = False
    name: str
    filter: ViewFilter
    sort: Sort = "newest"


class DeleteView(Command, frozen=True, kw_only=True):
    view_id: UUID


SavedViewEvent = ViewSaved | ViewDeleted
SavedViewCommand = SaveView | DeleteView
