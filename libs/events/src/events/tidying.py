"""Tidying up: conversations moved, merged, muted, renamed, followed up, given to others, gone from the trash."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from events.envelope import Event, Personal

TOPIC = "conversations.v1"


class Subject(Personal, frozen=True, kw_only=True):
    subject: str


class SubjectChanged(Event, frozen=True, kw_only=True):
    """The team calls it by another subject; mails keep theirs."""

    TOPIC: ClassVar[str] = TOPIC
    personal: Subject | None = None


class ConversationContactChanged(Event, frozen=True, kw_only=True):
    """It is `contact_id`'s now. What was written before stays sealed under the key of whom it was sealed under."""

    TOPIC: ClassVar[str] = TOPIC
    contact_id: UUID
    before_id: UUID


class ConversationMoved(Event, frozen=True, kw_only=True):
    """It lies in another inbox now, with what is left of its assignment there. `with_id` is the conversation that it
    was merged into, where it only went along."""

    TOPIC: ClassVar[str] = TOPIC
    inbox_id: UUID
    from_inbox_id: UUID
    agent_id: UUID | None = None
    team_id: UUID | None = None
    with_id: UUID | None = None


class MergedConversation(msgspec.Struct, frozen=True):
    id: UUID
    number: int


class ConversationsMerged(Event, frozen=True, kw_only=True):
    """This conversation stands for the merged ones, which have a ConversationMergedInto each.

    `last_message_at` is when the newest of what came in to any of them was received, `waiting_since` when the first of
    what nobody had answered was; `unanswered_since` is the same of those alone in which no person had answered at all
    since they began, or were resolved.
    """

    TOPIC: ClassVar[str] = TOPIC
    merged: tuple[MergedConversation, ...]
    last_message_at: datetime | None = None
    waiting_since: datetime | None = None
    unanswered_since: datetime | None = None


class ConversationMergedInto(Event, frozen=True, kw_only=True):
    """Another conversation stands for this one: what is written to it from now on goes there."""

    TOPIC: ClassVar[str] = TOPIC
    survivor_id: UUID
    number: int


class ConversationMuted(Event, frozen=True, kw_only=True):
    """What comes in is kept, and nothing else happens."""

    TOPIC: ClassVar[str] = TOPIC


class ConversationUnmuted(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC


class SuggestedLinkRefused(Event, frozen=True, kw_only=True):
    """It does not belong to the conversation that was suggested."""

    TOPIC: ClassVar[str] = TOPIC
    conversation_id: UUID


class ConversationFollowedUp(Event, frozen=True, kw_only=True):
    """A message came so long after this was closed that it began another conversation, which refers back to this."""

    TOPIC: ClassVar[str] = TOPIC
    conversation_id: UUID
    number: int


class TrashElapsed(Event, frozen=True, kw_only=True):
    """It was in the trash for 30 days: nobody sees it any more, and nothing brings it back."""

    TOPIC: ClassVar[str] = TOPIC
    timer_id: UUID


TidyingEvent = (
    SubjectChanged
    | ConversationContactChanged
    | ConversationMoved
    | ConversationsMerged
    | ConversationMergedInto
    | ConversationMuted
    | ConversationUnmuted
    | SuggestedLinkRefused
    | ConversationFollowedUp
    | TrashElapsed
)
