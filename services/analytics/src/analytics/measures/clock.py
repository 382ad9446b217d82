"""How time is counted between two instants: always, or within the working hours of a calendar as it was then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from analytics.measures.happenings import instant_of, milliseconds

_DAY: Final = timedelta(days=1)


class Clock(Protocol):
    """Counts the milliseconds from one instant to a later one (half-open); never negative."""

    def elapsed(self, start: int, stop: int) -> int: ...


class AroundTheClock(msgspec.Struct, frozen=True):
    """24 × 7."""

    def elapsed(self, start: int, stop: int) -> int:
        return max(0, stop - start)


ALWAYS: Final = AroundTheClock()


class Hours(msgspec.Struct, frozen=True):
    """From one wall-clock time to a later one of the same day, in minutes since midnight; 1,440 is midnight."""

    begin: int
    end: int


class Calendar(msgspec.Struct, frozen=True):
    """Working hours by weekday (Monday is 0) in an IANA zone; on holidays nobody works."""

    zone: str
    hours: Mapping[int, tuple[Hours, ...]]
    holidays: frozenset[date] = frozenset()

    def elapsed(self, start: int, stop: int) -> int:
        """Working milliseconds. Days are those of the zone, so a day on which clocks change is longer or shorter."""
        if stop <= start:
            return 0
        zone = ZoneInfo(self.zone)
        day = instant_of(start).astimezone(zone).date()
        last = instant_of(stop).astimezone(zone).date()
        total = 0
        while day <= last:
            for each in () if day in self.holidays else self.hours.get(day.weekday(), ()):
                begin, end = _instant(day, each.begin, zone), _instant(day, each.end, zone)
                total += max(0, min(end, stop) - max(begin, start))
            day += _DAY
        return total


def _instant(day: date, minutes: int, zone: ZoneInfo) -> int:
    """A wall-clock time as an instant; one that a clock change skips is as long after midnight as it says."""
    midnight = datetime.combine(day, time(), zone)
    return milliseconds(midnight + timedelta(minutes=minutes))


class Calendars(msgspec.Struct, frozen=True):
    """Calendars in the order of `valid_from` (milliseconds); before the first one there are no working hours.

    A span is counted by the calendar that was valid when it began, or by the newest one (`as_of_now`).
    """

    versions: tuple[tuple[int, Calendar], ...]
    as_of_now: bool = False

    def elapsed(self, start: int, stop: int) -> int:
        valid = [calendar for valid_from, calendar in self.versions if self.as_of_now or valid_from <= start]
        return valid[-1].elapsed(start, stop) if valid else 0
