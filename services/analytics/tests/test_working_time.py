"""Durations within business hours: many at once as one by one, by the hours of then, also where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.facts import DAY
from analytics.measures.clock import ALWAYS, Calendar, Calendars, Version
from analytics.measures.happenings import milliseconds
from analytics.packing import Row, pack, unpack
from analytics.reports.catalog import REPORTS
from analytics.reports.periods import Period
from analytics.reports.report import Question, answer
from analytics.reports.working_time import within_hours
from analytics.workspace import EMPTY, Workspace, evolve
from events.business_hours import BusinessHours, BusinessHoursSet, OpenHours
from events.testing import envelope

HOUR = 3_600_000
SPRING = milliseconds(datetime(2026, 3, 29, tzinfo=UTC))
ONE, OTHER = UUID(int=1), UUID(int=2)


def weekly(begin: int, end: int, zone: str = "Europe/Warsaw") -> BusinessHours:
    return BusinessHours(zone=zone, weekdays=((OpenHours(begin * 60, end * 60),),) * 5 + ((),) * 2)


SOME_HOURS = st.sampled_from(
    [
        None,
        weekly(9, 17),
        weekly(0, 24),
        weekly(0, 3, "America/New_York"),
        BusinessHours(zone="Europe/Warsaw", weekdays=((OpenHours(60, 150), OpenHours(180, 300)),) * 7),
        BusinessHours(zone="UTC", weekdays=((),) * 7),
    ]
)
INSTANTS = st.integers(SPRING - 400 * DAY, SPRING + 400 * DAY)
HISTORIES = st.lists(st.tuples(INSTANTS, SOME_HOURS), max_size=4).map(
    lambda drawn: Calendars(tuple(Version(*each) for each in sorted(drawn, key=lambda each: each[0])))
)


@given(HISTORIES, st.lists(st.tuples(INSTANTS, st.integers(0, 30 * DAY), st.booleans()), min_size=1, max_size=20))
def test_many_at_once_are_counted_as_one_by_one(known: Calendars, drawn: list[tuple[int, int, bool]]) -> None:
    durations = np.array([duration for _, duration, _ in drawn], "<i8")
    stops = np.array([start + duration for start, duration, _ in drawn], "<i8")
    inboxes = np.array([int(other) for _, _, other in drawn], "<i8")
    found = within_hours(durations, stops, inboxes, [ONE.bytes, OTHER.bytes], {ONE: known})
    clocks = [ALWAYS if other else known.clock_at(start) for start, _, other in drawn]
    assert found.tolist() == [
        clock.elapsed(start, start + duration) for clock, (start, duration, _) in zip(clocks, drawn, strict=True)
    ]


@given(SOME_HOURS.filter(bool), st.lists(st.integers(SPRING - 3 * DAY, SPRING + 3 * DAY), min_size=3, max_size=3))
def test_two_spans_that_follow_each_other_count_as_one(hours: BusinessHours, instants: list[int]) -> None:
    first, middle, last = sorted(instants)
    clock = Calendar(hours)
    whole = clock.elapsed(first, last)
    assert whole == clock.elapsed(first, middle) + clock.elapsed(middle, last)
    assert 0 <= whole <= last - first and clock.elapsed(last, first) == 0


def set_at(day: int, hours: BusinessHours | None, known: Workspace = EMPTY) -> Workspace:
    event = BusinessHoursSet(inbox_id=ONE, hours=hours)
    sequence = known.sequences.get(ONE, 0) + 1
    at = datetime(2026, 6, day, tzinfo=UTC)
    return evolve(known, envelope(event, stream=ONE, sequence=sequence, occurred_at=at))


def test_what_began_before_hours_were_set_and_after_they_were_taken_away_is_counted_around_the_clock() -> None:
    known = set_at(15, None, set_at(8, weekly(9, 17))).calendars()[ONE]
    friday, monday = (milliseconds(datetime(2026, 6, day, 12, tzinfo=UTC)) for day in (5, 8))
    assert known.elapsed(friday, monday) == 3 * 24 * HOUR
    assert known.elapsed(friday + 7 * DAY, monday + 7 * DAY) == 8 * HOUR
    assert known.elapsed(friday + 14 * DAY, monday + 14 * DAY) == 3 * 24 * HOUR


def test_by_the_hours_of_now_what_is_long_ago_is_counted_within_them_too() -> None:
    known = set_at(15, weekly(9, 12), set_at(8, weekly(9, 17))).calendars(as_of_now=True)
    begun, over = (milliseconds(datetime(2026, 6, day, 7, tzinfo=UTC)) for day in (2, 4))
    assert known[ONE].elapsed(begun, over) == 6 * HOUR
    words, at = [ONE.bytes], np.array([over], "<i8")
    counted = within_hours(at - begun, at, np.zeros(1, "<i8"), words, known)
    assert counted.tolist() == [6 * HOUR]
    assert set_at(15, None, set_at(8, weekly(9, 17))).calendars(as_of_now=True)[ONE].elapsed(begun, over) == 48 * HOUR


@pytest.mark.parametrize(("inbox", "expected"), [(ONE, 20 * 60_000), (OTHER, 64 * HOUR + 20 * 60_000)])
def test_a_report_counts_within_the_hours_of_the_inbox(inbox: UUID, expected: int) -> None:
    stop = milliseconds(datetime(2026, 6, 15, 7, 10, tzinfo=UTC))
    row: Row = (stop, 1, inbox, "email", None, uuid4(), 64 * HOUR + 20 * 60_000, None)
    question = Question(
        report=REPORTS["first-response-time"],
        period=Period(stop - DAY, stop + DAY),
        zone=None,  # type: ignore[arg-type]
        calendars=set_at(1, weekly(9, 17)).calendars(),
    )
    day = stop // DAY
    answered = answer(question, lambda kind: [(day, unpack(pack(kind, day, [row])))])
    assert answered.total["mean_ms"] == expected
