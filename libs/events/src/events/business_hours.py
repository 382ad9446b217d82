"""Business hours: when an inbox is staffed, by the clocks of its zone; and the arithmetic that everybody shares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from events.envelope import Event

MIDNIGHT: Final = 24 * 60
"""Minutes of a day on the wall clock."""
_DAY: Final = timedelta(days=1)
Span = tuple[datetime, datetime]
"""From an instant to a later one, which is excluded; UTC."""


class OpenHours(msgspec.Struct, frozen=True):
    """From one wall-clock time to a later one of the same day, in minutes since midnight; 1,440 is its end."""

    begin: int
    end: int


class BusinessHours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Open hours of each weekday, Monday first, in an IANA zone; on `holidays` nobody is there."""

    zone: str
    weekdays: tuple[tuple[OpenHours, ...], ...]
    holidays: tuple[date, ...] = ()


class BusinessHoursSet(Event, frozen=True, kw_only=True):
    """The inbox's business hours from now on, whole; None: it is always open, as it is before this was ever said."""

    TOPIC: ClassVar[str] = "workspace.v1"
    inbox_id: UUID
    hours: BusinessHours | None = None


def is_open(hours: BusinessHours | None, at: datetime) -> bool:
    """Whether somebody is there at this instant; without business hours always."""
    if hours is None:
        return True
    today = at.astimezone(ZoneInfo(hours.zone)).date()
    days = (today - _DAY, today)
    return any(begin <= at < end for day in days for begin, end in spans_of(hours, day))


def spans(hours: BusinessHours, first: date, last: date) -> Iterator[Span]:
    """The open spans of these days of the zone, in order; none touches the one before it."""
    kept: Span | None = None
    day = first
    while day <= last:
        for begin, end in spans_of(hours, day):
            if kept is not None and begin <= kept[1]:
                kept = (kept[0], max(kept[1], end))
                continue
            if kept is not None:
                yield kept
            kept = (begin, end)
        day += _DAY
    if kept is not None:
        yield kept


@lru_cache(maxsize=4096)
def spans_of(hours: BusinessHours, day: date) -> tuple[Span, ...]:
    """The open spans of one day of the zone, in the order in which they begin.

    Where clocks go back an hour is there twice, where they go forward it is missing: hours that begin or end within it
    are as long after midnight as they say, by the clock of before.
    """
    if day in hours.holidays or day.weekday() >= len(hours.weekdays):
        return ()
    zone = ZoneInfo(hours.zone)
    found = ((_instant(day, each.begin, zone), _instant(day, each.end, zone)) for each in hours.weekdays[day.weekday()])
    return tuple(sorted(span for span in found if span[0] < span[1]))


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    return (datetime.combine(day, time(), zone) + timedelta(minutes=minutes)).astimezone(UTC)
