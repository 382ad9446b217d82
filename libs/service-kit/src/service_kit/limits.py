"""How many inboxes, agents, channels and chatflows a workspace may have: settings, unlimited by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Literal

LimitName = Literal["inboxes", "agents", "channels", "chatflows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None: as many as come. Archived inboxes, deactivated agents and channels that were disconnected do not count,
    and neither do the channels that are made with an inbox."""

    inboxes: int | None = None
    agents: int | None = None
    channels: int | None = None
    chatflows: int | None = None

    def of(self, name: LimitName) -> int | None:
        return self.by_name()[name]

    def by_name(self) -> Mapping[LimitName, int | None]:
        """All of them, in the order in which they are shown."""
        return {
            "inboxes": self.inboxes,
            "agents": self.agents,
            "channels": self.channels,
            "chatflows": self.chatflows,
        }


UNLIMITED: Final = Limits()
VARIABLES: Final = {field.name: f"POSTROOM_LIMIT_{field.name.upper()}" for field in fields(Limits)}
