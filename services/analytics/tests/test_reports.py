"""Numbers of reports: they equal those that a plain count over the facts gives."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.facts import DAY
from analytics.measures.happenings import instant_of
from analytics.measures.time_in_state import STATES
from analytics.packing import Block, Row, pack, unpack
from analytics.reports import summary
from analytics.reports.catalog import HISTOGRAM, REPORTS, columns
from analytics.reports.columns import Filters
from analytics.reports.periods import Period, TooManyRows, buckets, moment_of
from analytics.reports.report import Question, answer, as_csv

UTC, WARSAW = ZoneInfo("UTC"), ZoneInfo("Europe/Warsaw")
AGENTS, INBOXES = [UUID(int=n) for n in range(1, 5)], [UUID(int=n) for n in range(100, 103)]
JUNE = Period(moment_of("2026-06-01", UTC), moment_of("2026-07-01", UTC))


def blocks_of(rows: Iterable[Row]) -> list[tuple[int, Block]]:
    by_day: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row[0] // DAY].append(row)
    return [(day, unpack(pack("sent", day, sorted(some, key=str)))) for day, some in by_day.items()]


def some_rows(count: int = 500, *, timed: bool = True, seed: int = 1) -> list[Row]:
    random = Random(seed)
    return [
        (
            random.randrange(JUNE.begin - DAY, JUNE.end + DAY),
            random.randrange(1, 60),
            random.choice(INBOXES),
            random.choice(["email", "chat"]),
            None,
            random.choice([*AGENTS, None]),
            random.randrange(40 * 3_600_000) if timed else None,
            None,
        )
        for _ in range(count)
    ]


def ask(name: str, **more: Any) -> Question:
    return Question(report=REPORTS[name], period=JUNE, **{"zone": UTC, **more})


def by_hand(durations: list[int]) -> dict[str, Any]:
    hours = [sum(low * 3_600_000 <= each < high * 3_600_000 for each in durations) for low, high in EDGES]
    ordered = sorted(durations)
    place = 0.9 * (len(ordered) - 1)
    low, high = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
    return {
        "n": len(durations),
        "mean_ms": statistics.fmean(durations),
        "median_ms": statistics.median(durations),
        "p90_ms": low + (high - low) * (place - int(place)),
        **dict(zip(HISTOGRAM, hours, strict=True)),
    }


EDGES = ((0, 1), (1, 4), (4, 8), (8, 24), (24, 10**6))


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_a_summary_equals_the_hand_count(durations: list[int]) -> None:
    found = summary.timed(np.zeros(len(durations), "<i8"), np.array(durations, "<i8"))[0]
    assert found == {name: pytest.approx(value, abs=0.51) for name, value in by_hand(durations).items()}
    assert list(summary.no_times()) == list(found)


def test_times_are_grouped_by_agent() -> None:
    rows = some_rows()
    answered = answer(ask("reply-time", dimension="agent"), lambda kind: blocks_of(rows))
    expected: dict[str | None, list[int]] = defaultdict(list)
    for at, _, _, _, _, agent, duration, _ in rows:
        if JUNE.begin <= at < JUNE.end and duration is not None:
            expected[None if agent is None else str(agent)].append(duration)
    assert {row.group["agent_id"]: row.numbers for row in answered.rows} == {
        agent: {name: pytest.approx(value, abs=0.51) for name, value in by_hand(some).items()}
        for agent, some in expected.items()
    }
    assert answered.total["n"] == sum(map(len, expected.values()))


def test_times_are_grouped_by_days_of_the_zone_and_empty_days_are_shown() -> None:
    rows = [row for row in some_rows() if instant_of(row[0]).day != 15]
    answered = answer(ask("reply-time", unit="day", zone=WARSAW), lambda kind: blocks_of(rows))
    expected: dict[str, int] = defaultdict(int)
    for row in rows:
        if JUNE.begin <= row[0] < JUNE.end:
            expected[instant_of(row[0]).astimezone(WARSAW).date().isoformat()] += 1
    shown = {row.group["day"]: row.numbers["n"] for row in answered.rows}
    assert len(shown) == 31 and {day: n for day, n in shown.items() if n} == expected
    assert [row.group["day"] for row in answered.rows] == sorted(shown, key=str)


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (Filters(inbox_ids=frozenset(INBOXES[:2])), lambda row: row[2] in INBOXES[:2]),
        (Filters(inbox_ids=frozenset()), lambda row: False),
        (Filters(agent_id=AGENTS[1]), lambda row: row[5] == AGENTS[1]),
        (Filters(team_id=UUID(int=7)), lambda row: False),
        (Filters(channel="chat"), lambda row: row[3] == "chat"),
        (Filters(channel="chat", agent_id=AGENTS[0]), lambda row: row[3] == "chat" and row[5] == AGENTS[0]),
    ],
)
def test_filters_hold_together(filters: Filters, holds: Any) -> None:
    rows = some_rows()
    answered = answer(ask("reply-time", filters=filters), lambda kind: blocks_of(rows))
    assert answered.total["n"] == sum(holds(row) for row in rows if JUNE.begin <= row[0] < JUNE.end)


def test_replies_are_counted_by_agent_with_the_conversations_answered() -> None:
    rows = some_rows(timed=False)
    answered = answer(ask("replies-by-agent", dimension="agent"), lambda kind: blocks_of(rows))
    inside = [row for row in rows if JUNE.begin <= row[0] < JUNE.end and row[5] is not None]
    assert {row.group["agent_id"]: row.numbers for row in answered.rows} == {
        str(agent): {
            "n": sum(row[5] == agent for row in inside),
            "conversations": len({row[1] for row in inside if row[5] == agent}),
        }
        for agent in AGENTS
    }
    assert answered.total == {"n": len(inside), "conversations": len({row[1] for row in inside})}


def test_volume_has_a_column_for_each_kind() -> None:
    rows = {kind: some_rows(10 * n, timed=False, seed=n) for n, kind in enumerate(REPORTS["volume"].kinds, start=1)}
    answered = answer(ask("volume", dimension="channel", unit="month"), lambda kind: blocks_of(rows[kind]))
    inside = {kind: [row for row in some if JUNE.begin <= row[0] < JUNE.end] for kind, some in rows.items()}
    assert answered.total == {kind: len(some) for kind, some in inside.items()}
    assert [row.group for row in answered.rows] == [
        {"channel": "chat", "month": "2026-06"},
        {"channel": "email", "month": "2026-06"},
    ]
    assert [row.numbers["sent"] for row in answered.rows] == [
        sum(row[3] == channel for row in inside["sent"]) for channel in ("chat", "email")
    ]


PARTS = st.lists(st.integers(0, 2**40), min_size=len(STATES), max_size=len(STATES))


@given(st.lists(st.tuples(st.integers(0, 3), PARTS), max_size=40))
def test_the_parts_of_durations_are_summed_up_by_group_as_by_hand(drawn: list[tuple[int, list[int]]]) -> None:
    groups, parts = np.array([group for group, _ in drawn], "<i8"), np.array([row for _, row in drawn], "<i8")
    found = summary.divided(groups, parts, STATES)
    assert found.keys() == {group for group, _ in drawn}
    for group, numbers in found.items():
        mine = [row for one, row in drawn if one == group]
        sums = dict(zip(STATES, map(sum, zip(*mine, strict=True)), strict=True))
        assert (numbers["n"], numbers["sum_ms"]) == (len(mine), sum(sums.values()))
        assert {state: numbers[f"{state}_sum_ms"] for state in STATES} == sums
        assert all(abs(numbers[f"{state}_mean_ms"] * len(mine) - took) <= len(mine) / 2 for state, took in sums.items())
        assert list(numbers) == columns(REPORTS["time-in-state"])


def test_episodes_are_divided_by_agent_of_what_passes_the_filters() -> None:
    rows = [
        (*row[:7], tuple(n * 1000 for n in range(place % 3, place % 3 + 5))) for place, row in enumerate(some_rows())
    ]
    question = ask("time-in-state", dimension="agent", filters=Filters(channel="chat"))
    answered = answer(question, lambda kind: blocks_of(rows))
    expected: dict[str | None, list[tuple[int, ...]]] = defaultdict(list)
    for at, _, _, channel, _, agent, _, parts in rows:
        if JUNE.begin <= at < JUNE.end and channel == "chat":
            expected[None if agent is None else str(agent)].append(parts)
    assert {row.group["agent_id"]: row.numbers["n"] for row in answered.rows} == {
        agent: len(some) for agent, some in expected.items()
    }
    assert {row.group["agent_id"]: row.numbers["snoozed_sum_ms"] for row in answered.rows} == {
        agent: sum(parts[STATES.index("snoozed")] for parts in some) for agent, some in expected.items()
    }
    assert answered.total["sum_ms"] == sum(sum(parts) for some in expected.values() for parts in some)


def test_a_report_of_nothing_has_zeros() -> None:
    for name in REPORTS:
        answered = answer(ask(name), lambda kind: [])
        assert len(answered.rows) == 1 and not any(answered.total.values())
        assert answer(ask(name, dimension="agent"), lambda kind: []).rows == []


def test_csv_has_a_line_for_each_row() -> None:
    question = ask("replies-by-agent", dimension="agent", unit="month")
    lines = as_csv(question, answer(question, lambda kind: blocks_of(some_rows(timed=False)))).splitlines()
    assert lines[0] == "agent_id,month,n,conversations"
    assert len(lines) == 1 + len(AGENTS)


def test_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    for begin, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)):
        start = moment_of(begin, WARSAW)
        (day,) = buckets(Period(start, start + hours * 3_600_000), "day", WARSAW).begins
        pieces = buckets(Period(start, start + hours * 3_600_000), "hour", WARSAW)
        assert day == start and len(set(pieces.labels)) == len(pieces.begins) == hours


def test_hours_come_in_their_order_when_clocks_go_back() -> None:
    night = Period(moment_of("2026-10-25", WARSAW), moment_of("2026-10-26", WARSAW))
    rows: list[Row] = [
        (night.begin + n * 1_800_000, n, INBOXES[0], "email", None, AGENTS[n % 2], None, None) for n in range(10)
    ]
    question = Question(report=REPORTS["replies-by-agent"], period=night, zone=WARSAW, dimension="agent", unit="hour")
    shown = [row.group["hour"] for row in answer(question, lambda kind: blocks_of(rows)).rows][::2]
    assert shown[1:4] == ["2026-10-25T01:00+02:00", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]


def test_weeks_begin_on_monday_and_months_on_the_first_of_the_zone() -> None:
    period = Period(moment_of("2026-05-31T23:30:00+00:00", WARSAW), moment_of("2026-07-01", WARSAW))
    assert buckets(period, "month", WARSAW).labels == ("2026-06",)
    assert buckets(period, "month", UTC).labels == ("2026-05", "2026-06")
    assert buckets(period, "week", WARSAW).labels[:2] == ("2026-06-01", "2026-06-08")
    lord_howe = buckets(
        Period(moment_of("2026-04-04", UTC), moment_of("2026-04-06", UTC)), "hour", ZoneInfo("Australia/Lord_Howe")
    )
    assert sorted(lord_howe.begins) == list(lord_howe.begins) and len(set(lord_howe.labels)) == len(lord_howe.labels)


def test_more_pieces_than_a_report_may_have_are_refused() -> None:
    with pytest.raises(TooManyRows):
        buckets(Period(0, 20_000 * 3_600_000), "hour", UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-06-01T10:00:00", "2026-13-01", "20260601T10"])
def test_moments_are_dates_or_instants_with_an_offset(text: str) -> None:
    with pytest.raises(ValueError):
        moment_of(text, UTC)


@given(st.integers(0, 40_000), st.integers(1, 300))
def test_what_is_packed_is_unpacked(day: int, count: int) -> None:
    rows = [(day * DAY + n, n, UUID(int=n + 1), "email", None, UUID(int=n % 3), n * n, None) for n in range(count)]
    block = unpack(pack("sent", day, rows))  # type: ignore[arg-type]
    assert block.rows == count
    ids = [UUID(bytes=block.ids[place : place + 16]) for place in range(0, len(block.ids), 16)]
    assert [ids[place] for place in block.places(block.inboxes)] == [row[2] for row in rows]


def test_a_day_of_more_people_than_two_bytes_hold_is_packed_all_the_same() -> None:
    rows = [(n, n, UUID(int=n + 1), "email", None, None, None, None) for n in range(70_000)]
    block = unpack(pack("opened", 0, rows))  # type: ignore[arg-type]
    last = int(block.places(block.inboxes)[-1])
    assert UUID(bytes=block.ids[last * 16 : last * 16 + 16]) == UUID(int=70_000)
