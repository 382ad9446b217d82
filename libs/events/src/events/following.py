"""Who follows a conversation: told of what happens in it, though it is another's."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from events.envelope import Command, Event

TOPIC = "conversations.v1"


class ConversationFollowed(Event, frozen=True, kw_only=True):
    """The agent is told from now on of what customers and colleagues write in it. Who is mentioned follows, too,
    without this event."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID


class ConversationUnfollowed(Event, frozen=True, kw_only=True):
    """The agent follows no more, until the next mention."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID


class FollowConversation(Command, frozen=True, kw_only=True):
    """The target is the conversation."""

    agent_id: UUID


class UnfollowConversation(Command, frozen=True, kw_only=True):
    agent_id: UUID


FollowingEvent = ConversationFollowed | ConversationUnfollowed
FollowingCommand = FollowConversation | UnfollowConversation
