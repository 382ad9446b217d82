"""How time is counted between two instants: always, or within the business hours of an inbox as they were then."""

from __future__ import annotations

from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from analytics.measures.happenings import instant_of, milliseconds
from events.business_hours import BusinessHours, spans


class Clock(Protocol):
    """Counts the milliseconds from one instant to a later one (half-open); never negative."""

    def elapsed(self, start: int, stop: int) -> int: ...


class AroundTheClock(msgspec.Struct, frozen=True):
    """24 × 7."""

    def elapsed(self, start: int, stop: int) -> int:
        return max(0, stop - start)


ALWAYS: Final = AroundTheClock()


class Calendar(msgspec.Struct, frozen=True):
    """The business hours of one inbox."""

    hours: BusinessHours

    def elapsed(self, start: int, stop: int) -> int:
        """Working milliseconds. Days are those of the zone, so a day on which clocks change is longer or shorter."""
        if stop <= start:
            return 0
        zone = ZoneInfo(self.hours.zone)
        first, last = (instant_of(at).astimezone(zone).date() for at in (start, stop))
        total = 0
        for begin, end in spans(self.hours, first, last):
            total += max(0, min(milliseconds(end), stop) - max(milliseconds(begin), start))
        return total


_EVER: Final = 0
"""1970: no event is older."""


class Version(msgspec.Struct, frozen=True, array_like=True):
    """Business hours and the moment from which on they were valid, in milliseconds since 1970; None: always open."""

    valid_from: int
    hours: BusinessHours | None


class Calendars(msgspec.Struct, frozen=True):
    """The business hours of one inbox in the order in which they were set; before the first it was always open.

    A span is counted by those that were valid when it began; `as_of_now` are the newest ones for all times.
    """

    versions: tuple[Version, ...] = ()

    def as_of_now(self) -> Calendars:
        """As if the newest hours had always been valid."""
        return Calendars(tuple(Version(_EVER, each.hours) for each in self.versions[-1:]))

    def elapsed(self, start: int, stop: int) -> int:
        return self.clock_at(start).elapsed(start, stop)

    def clock_at(self, moment: int) -> Clock:
        """By which clock what begins then is counted."""
        valid = [each.hours for each in self.versions if each.valid_from <= moment]
        return Calendar(valid[-1]) if valid and valid[-1] is not None else ALWAYS
