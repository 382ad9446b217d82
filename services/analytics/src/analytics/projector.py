"""What the projector reads, and under which name."""

from __future__ import annotations

from typing import Final

from events.topics import CONVERSATIONS, WORKSPACE

NAME: Final = "analytics.facts"
TOPICS: Final = (CONVERSATIONS.name, WORKSPACE.name)
