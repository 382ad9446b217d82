"""The pictures that agents are shown with."""

from __future__ import annotations

from typing import Final

from events.avatars import (
    MAX_AVATAR_BYTES,
    AgentAvatarRemoved,
    AgentAvatarSet,
    AvatarPicture,
    RemoveAvatar,
    SetAvatar,
)
from events.envelope import Actor
from router.domain import errors
from router.domain.workspace_state import Agent, Workspace

_BEGINNINGS: Final = {"image/webp": b"RIFF", "image/jpeg": b"\xff\xd8\xff"}


def set_avatar(command: SetAvatar, actor: Actor, state: Workspace) -> tuple[AgentAvatarSet, ...]:
    """Another picture. The one before is personal and not known here, so it counts as a change each time."""
    agent = _own(command, actor, state)
    beginning = _BEGINNINGS.get(command.content_type)
    if beginning is None or not command.image.startswith(beginning) or len(command.image) > MAX_AVATAR_BYTES:
        raise errors.AvatarInvalid(f"A picture is WebP or JPEG, of at most {MAX_AVATAR_BYTES // 1024} kB.")
    picture = AvatarPicture(image=command.image, content_type=command.content_type)
    return (AgentAvatarSet(agent_id=agent.id, personal=picture),)


def remove_avatar(command: RemoveAvatar, actor: Actor, state: Workspace) -> tuple[AgentAvatarRemoved, ...]:
    agent = _own(command, actor, state)
    return (AgentAvatarRemoved(agent_id=agent.id),) if agent.has_avatar else ()


def _own(command: SetAvatar | RemoveAvatar, actor: Actor, state: Workspace) -> Agent:
    agent = state.agent(command.agent_id)
    if actor.kind == "agent" and actor.id != str(agent.id):
        raise errors.NotYourOwn("Agents choose their pictures themselves.")
    return agent
