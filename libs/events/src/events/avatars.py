"""Pictures of agents: events and commands of the workspace."""

from __future__ import annotations

from typing import ClassVar, Final
from uuid import UUID

from events.envelope import Command, Event, Personal

TOPIC = "workspace.v1"
MAX_AVATAR_BYTES: Final = 64 * 1024


class AvatarPicture(Personal, frozen=True, kw_only=True):
    """A square picture, ready to be shown, small enough for the log."""

    image: bytes
    content_type: str


class AgentAvatarSet(Event, frozen=True, kw_only=True):
    """The agent is shown with this picture from now on; sealed under the agent's own key, as the profile is."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID
    personal: AvatarPicture | None = None


class AgentAvatarRemoved(Event, frozen=True, kw_only=True):
    """The agent is shown without a picture."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID


AvatarEvent = AgentAvatarSet | AgentAvatarRemoved


class SetAvatar(Command, frozen=True, kw_only=True):
    """The agent's own wish; the target is the workspace. The picture is as it is to be shown."""

    agent_id: UUID
    image: bytes
    content_type: str


class RemoveAvatar(Command, frozen=True, kw_only=True):
    """The agent's own wish; the target is the workspace."""

    agent_id: UUID


AvatarCommand = SetAvatar | RemoveAvatar
