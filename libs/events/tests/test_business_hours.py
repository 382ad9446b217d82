"""Business hours by the clocks of a zone, also on the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.business_hours import MIDNIGHT, BusinessHours, OpenHours, is_open, spans

ZONES = ("Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""Sundays on which Warsaw's clocks change: at 2:00 to 3:00, and at 3:00 to 2:00."""


def daily(*hours: tuple[int, int], zone: str = "Europe/Warsaw", holidays: tuple[date, ...] = ()) -> BusinessHours:
    """Every day from one minute of the day to another."""
    return BusinessHours(zone=zone, weekdays=(tuple(OpenHours(*each) for each in hours),) * 7, holidays=holidays)


def open_on(hours: BusinessHours, day: date) -> timedelta:
    return sum((end - begin for begin, end in spans(hours, day, day)), timedelta())


def test_without_business_hours_somebody_is_always_there() -> None:
    assert is_open(None, datetime(2026, 12, 25, tzinfo=UTC))


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 6, 1, 6, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 1, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 6, 1, 15, 0, tzinfo=UTC), False),
        (datetime(2026, 1, 5, 7, 30, tzinfo=UTC), False),
        (datetime(2026, 1, 5, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 6, 6, 9, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 4, 9, 0, tzinfo=UTC), False),
    ],
)
def test_the_hours_are_those_of_the_zones_clocks_weekdays_and_holidays(instant: datetime, expected: bool) -> None:
    office = ((OpenHours(9 * 60, 17 * 60),),) * 5 + ((),) * 2
    hours = BusinessHours(zone="Europe/Warsaw", weekdays=office, holidays=(date(2026, 6, 4),))
    assert is_open(hours, instant) is expected


@pytest.mark.parametrize(("day", "length"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 1), 24)])
def test_a_day_around_the_clock_is_as_long_as_its_zone_says(day: date, length: int) -> None:
    assert open_on(daily((0, MIDNIGHT)), day) == timedelta(hours=length)


def test_an_hour_that_is_there_twice_counts_twice() -> None:
    assert open_on(daily((2 * 60, 3 * 60)), AUTUMN) == timedelta(hours=2)


def test_hours_that_meet_in_a_missing_hour_are_not_counted_twice() -> None:
    assert open_on(daily((60, 150), (180, 300)), SPRING) == timedelta(hours=3)


def test_what_goes_on_over_midnight_is_one_span() -> None:
    (only,) = spans(daily((0, MIDNIGHT)), date(2026, 6, 1), date(2026, 6, 3))
    assert only[1] - only[0] == timedelta(days=3)


@st.composite
def any_hours(draw: st.DrawFn) -> BusinessHours:
    def day() -> tuple[OpenHours, ...]:
        marks = sorted(draw(st.sets(st.integers(0, MIDNIGHT), max_size=6)))
        return tuple(OpenHours(begin, end) for begin, end in zip(marks[::2], marks[1::2], strict=False))

    holidays = draw(st.lists(st.sampled_from([SPRING, AUTUMN, date(2026, 4, 5)]), max_size=1))
    return BusinessHours(
        zone=draw(st.sampled_from(ZONES)), weekdays=tuple(day() for _ in range(7)), holidays=tuple(holidays)
    )


@given(any_hours(), st.sampled_from([SPRING, AUTUMN, date(2026, 4, 5), date(2026, 3, 8), date(2026, 11, 1)]))
def test_spans_are_apart_in_order_and_say_when_it_is_open(hours: BusinessHours, day: date) -> None:
    found = list(spans(hours, day - timedelta(days=2), day + timedelta(days=2)))
    assert all(begin < end for begin, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=14)
    for _ in range(28 * 4):
        assert is_open(hours, instant) == any(begin <= instant < end for begin, end in found)
        instant += timedelta(minutes=15)
