"""How a channel does, part by part: it receives and it sends, and one may be down while the other works."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from events.inbound import ChannelHealthChanged
from events.values import ChannelPart
from events.workspace import ChannelHealthNoted

PARTS: Final[tuple[ChannelPart, ...]] = ("receiving", "sending")
_SENDING: Final = "smtp_"
_SEVERITY: Final = {"ok": 0, "degraded": 1, "down": 2}


class PartHealth(msgspec.Struct, frozen=True):
    """One part of a channel: `ok`, `degraded` or `down`, why (a code) and since when."""

    state: str
    reason: str
    since: datetime


PartsHealth = Mapping[ChannelPart, PartHealth]
"""By part; a part of which nothing was ever said is not in it, and taken to work."""


def spoken_of(event: ChannelHealthChanged | ChannelHealthNoted) -> tuple[ChannelPart, ...]:
    """The parts that the event is about.

    Events from before the parts were told apart name none: a fault was that of the part whose code it bears, and
    "ok" was said of the channel.
    """
    if event.part is not None:
        return (event.part,)
    if event.state == "ok":
        return PARTS
    return ("sending",) if event.reason.startswith(_SENDING) else ("receiving",)


def after(parts: PartsHealth, event: ChannelHealthNoted) -> dict[ChannelPart, PartHealth]:
    """The parts as they are after the event."""
    return {**parts, **dict.fromkeys(spoken_of(event), PartHealth(event.state, event.reason, event.since))}


def is_news(parts: PartsHealth, report: ChannelHealthChanged) -> bool:
    """Whether the report says of a part what was not known of it."""
    known = (parts.get(part) for part in spoken_of(report))
    return any(health is None or (health.state, health.reason) != (report.state, report.reason) for health in known)


def worst(parts: PartsHealth) -> tuple[ChannelPart, PartHealth] | None:
    """The part that is worst, of equal ones that which changed last; None when nothing was ever said."""
    if not parts:
        return None
    return max(parts.items(), key=lambda item: (_SEVERITY.get(item[1].state, 2), item[1].since, item[0]))
