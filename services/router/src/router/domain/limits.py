"""Refuses what would be one too many of something that this installation limits."""

from __future__ import annotations

from router.domain import errors
from router.domain.house import House
from router.domain.workspace_state import Workspace
from service_kit.limits import LimitName


def check_room(name: LimitName, state: Workspace, house: House) -> None:
    """Raises LimitReached when there may not be one more."""
    limit = house.limits.of(name)
    if limit is None:
        return
    count = counted(name, state)
    if count >= limit:
        raise errors.LimitReached(f"This workspace may have {limit} {name}, and it has {count}.")


def counted(name: LimitName, state: Workspace) -> int:
    """How many there are of what counts (`Limits` says what does)."""
    match name:
        case "inboxes":
            return sum(not inbox.archived for inbox in state.inboxes.values())
        case "agents":
            return sum(agent.active for agent in state.agents.values())
        case "channels":
            return sum(channel.connected and not channel.is_fallback for channel in state.channels.values())
        case "chatflows":
            return 0  # none can be made yet
