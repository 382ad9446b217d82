"""Reconciliation: what came in by the headers of inbound records, and what became of it, by channel and hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from events import catalog
from inbox_projection.views.rows import CountRow

Header = tuple[str, bytes]
Tally = dict[tuple[str, str, str], int]
"""Counts by channel, hour (the first 13 characters of its RFC 3339 time in UTC) and what is counted."""

UNREADABLE: Final = "unreadable"
NO_HOUR: Final = "1970-01-01T00"
_KNOWN: Final = frozenset(cls.__name__ for cls in catalog.members("inbound"))


def channel_of(topic: str) -> str:
    """`inbound.email.v1` → `email`."""
    parts = topic.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == "inbound" else "unknown"


def hour_of(moment: datetime) -> str:
    hour: str = msgspec.to_builtins(moment.astimezone(UTC))[:13]
    return hour


def count_received(tally: Tally, topic: str, headers: Sequence[Header]) -> None:
    """Counts an inbound record by its type and ce_time; those whose headers can't be read are counted without a time.

    Without a time means the first hour of 1970: the router puts these records into quarantine.
    """
    type_name = time = b""
    for name, value in headers:
        if name == "ce_type":
            type_name = value
        elif name == "ce_time":
            time = value
    what, hour = _what(type_name), _hour(time)
    if what is None or hour is None:
        what, hour = UNREADABLE, NO_HOUR
    key = (channel_of(topic), hour, what)
    tally[key] = tally.get(key, 0) + 1


def count_stored(tally: Tally, channel: str, at: datetime, outcome: str) -> None:
    """Counts what the router made of an inbound record: appended, filtered, admitted, quarantined, released."""
    key = (channel, hour_of(at), outcome)
    tally[key] = tally.get(key, 0) + 1


def rows(tally: Tally) -> list[CountRow]:
    """The counts to be added, in an order that two writers share."""
    return [
        CountRow(channel=channel, hour=datetime.fromisoformat(f"{hour}:00:00+00:00"), what=what, count=count)
        for (channel, hour, what), count in sorted(tally.items())
    ]


def _what(type_name: bytes) -> str | None:
    name = type_name.decode("utf-8", "replace")
    return name if name in _KNOWN else None


def _hour(time: bytes | None) -> str | None:
    """The hour in UTC; what our own services write (UTC) is cut, anything else is parsed."""
    text = (time or b"").decode("ascii", "replace")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return text[:13] if text.endswith("+00:00") and len(text) >= 19 and text[10] == "T" else hour_of(moment)
