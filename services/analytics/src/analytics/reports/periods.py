"""A period, and how it falls into hours, days, weeks and months of a time zone; pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

import msgspec

from analytics.measures.happenings import instant_of, milliseconds
from analytics.reports.catalog import Unit

MOST_BUCKETS: Final = 10_000


class TooManyRows(Exception):
    """The period has more pieces of this size, or more groups in them, than a report may have rows."""


class Period(msgspec.Struct, frozen=True):
    """From `begin` up to, but without, `end`: milliseconds since 1970."""

    begin: int
    end: int


class Buckets(msgspec.Struct, frozen=True):
    """Where each piece begins, the first at or before the period's beginning; and what each is called."""

    begins: tuple[int, ...]
    labels: tuple[str, ...]


def buckets(period: Period, unit: Unit, zone: ZoneInfo) -> Buckets:
    """The pieces of a period. Weeks begin on Monday. An hour that comes twice when clocks go back is two pieces.

    Raises TooManyRows.
    """
    local = instant_of(period.begin).astimezone(zone)
    begins: list[int] = []
    labels: list[str] = []
    while True:
        start, label = _start(local, unit)
        at = milliseconds(start.astimezone(UTC))
        if begins and at <= begins[-1]:  # clocks went back by less than an hour: the rest of it is a piece of its own
            start, at, label = local, milliseconds(local.astimezone(UTC)), local.isoformat(timespec="minutes")
        if begins and at >= period.end:
            return Buckets(tuple(begins), tuple(labels))
        if len(begins) == MOST_BUCKETS:
            raise TooManyRows
        begins.append(at)
        labels.append(label)
        local = _next(start, unit, zone)


def _start(local: datetime, unit: Unit) -> tuple[datetime, str]:
    day, zone = local.date(), local.tzinfo
    match unit:
        case "hour":
            start = local.replace(minute=0, second=0, microsecond=0)
            return start, start.isoformat(timespec="minutes")
        case "day":
            return datetime.combine(day, time(), zone), day.isoformat()
        case "week":
            monday = day - timedelta(days=day.weekday())
            return datetime.combine(monday, time(), zone), monday.isoformat()
        case "month":
            return datetime.combine(day.replace(day=1), time(), zone), f"{day:%Y-%m}"
        case _:
            assert_never(unit)


def _next(start: datetime, unit: Unit, zone: ZoneInfo) -> datetime:
    """A moment in the piece after the one that begins here."""
    match unit:
        case "hour":
            return (start.astimezone(UTC) + timedelta(hours=1)).astimezone(zone)
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case "month":
            return (start + timedelta(days=31)).replace(day=1)
        case _:
            assert_never(unit)


def moment_of(text: str, zone: ZoneInfo) -> int:
    """An RFC 3339 instant, or a date: its midnight in the zone. Raises ValueError for anything else."""
    if len(text) == len("2026-01-01"):
        return milliseconds(datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC))
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("without an offset")
    return milliseconds(instant.astimezone(UTC))
