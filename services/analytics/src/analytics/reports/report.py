"""A report as asked for, made of packed facts: rows of groups and their numbers, for live facts and a replay alike."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from analytics.measures.definitions import V1, Definition
from analytics.measures.measure import Kind
from analytics.measures.time_in_state import STATES
from analytics.packing import NOBODY, Array, Block
from analytics.reports import summary
from analytics.reports.catalog import Dimension, Report, Unit, columns
from analytics.reports.columns import WIDTH, Columns, Filters, Words
from analytics.reports.columns import columns as columns_of
from analytics.reports.periods import Buckets, Period, TooManyRows, buckets
from analytics.reports.working_time import CalendarsByInbox

Blocks = Callable[[Kind], Iterable[tuple[int, Block]]]
"""The (day, block)s of a kind."""
MOST_ROWS: Final = 50_000


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which report, over which period, by what, of what. Raises nothing: it is checked where it is asked.

    `calendars`: durations are counted within these; None: around the clock.
    """

    report: Report
    definition: Definition = V1
    period: Period
    zone: ZoneInfo
    dimension: Dimension | None = None
    unit: Unit | None = None
    filters: Filters = Filters()
    calendars: CalendarsByInbox | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Of which facts its numbers are."""
        return self.definition.kinds(self.report.kinds)


class Row(msgspec.Struct, frozen=True):
    """`group` says of what the numbers are: `agent_id`, `team_id`, `inbox_id`, `channel`, and the unit's name."""

    group: dict[str, str | None]
    numbers: dict[str, Any]


class Answer(msgspec.Struct, frozen=True):
    rows: list[Row]
    total: dict[str, Any]


def answer(question: Question, blocks: Blocks) -> Answer:
    """The rows in order of time and group, and the whole. Pieces of time without anything are there too, unless a
    dimension is asked for.

    Raises TooManyRows.
    """
    pieces = None if question.unit is None else buckets(question.period, question.unit, question.zone)
    words = Words()
    filters = question.filters
    if question.report.name == "replies-by-agent":
        filters = msgspec.structs.replace(filters, with_agent=True)
    found: dict[Kind, Columns] = {
        kind: columns_of(blocks(kind), question.period, filters, question.dimension, pieces, words, question.calendars)
        for kind in question.kinds
    }
    listed = words.listed()
    width = max(1, len(listed))
    for each in found.values():
        each.group = each.group // WIDTH * width + each.group % WIDTH
    numbers = _numbers(question.report, found)
    for each in found.values():
        each.group = each.group * 0
    whole = _numbers(question.report, found)
    empty = _empty(question.report)
    if pieces is not None and question.dimension is None:
        numbers = {place: numbers.get(place, empty) for place in range(len(pieces.begins))}
    if len(numbers) > MOST_ROWS:
        raise TooManyRows
    placed = sorted((group // width, listed[group % width] if listed else "", group) for group in numbers)
    rows = [Row(_named(question, divmod(group, width), pieces, listed), numbers[group]) for _, _, group in placed]
    return Answer(rows or ([] if question.dimension or question.unit else [Row({}, empty)]), whole.get(0, empty))


def _numbers(report: Report, found: Mapping[Kind, Columns]) -> dict[int, dict[str, Any]]:
    if report.timed:
        return summary.timed(_joined(found, attrgetter("group")), _joined(found, attrgetter("durations")))
    if report.divided:
        (only,) = found.values()
        return summary.divided(only.group, only.parts, STATES)
    if report.name == "replies-by-agent":
        (sent,) = found.values()
        conversations = summary.distinct(sent.group, sent.numbers)
        return {
            group: {"n": n, "conversations": conversations[group]} for group, n in summary.counted(sent.group).items()
        }
    counts = {kind: summary.counted(each.group) for kind, each in found.items()}
    groups = sorted({group for each in counts.values() for group in each})
    return {group: {kind: counts[kind].get(group, 0) for kind in report.kinds} for group in groups}


def _empty(report: Report) -> dict[str, Any]:
    if report.timed:
        return summary.no_times()
    return {name: None if name.endswith("mean_ms") else 0 for name in columns(report)}


def _joined(found: Mapping[Kind, Columns], column: Callable[[Columns], Array]) -> Array:
    return np.concatenate([column(each) for each in found.values()])


def _named(
    question: Question, group: tuple[int, int], pieces: Buckets | None, words: list[Any]
) -> dict[str, str | None]:
    named: dict[str, str | None] = {}
    bucket, place = group
    if question.dimension == "channel":
        named["channel"] = words[place]
    elif question.dimension is not None:
        value = UUID(bytes=bytes(words[place]))
        named[f"{question.dimension}_id"] = None if value == NOBODY else str(value)
    if question.unit is not None and pieces is not None:
        named[question.unit] = pieces.labels[bucket]
    return named


def group_columns(question: Question) -> list[str]:
    """The names of what rows are grouped by, in the order of the CSV."""
    dimension = question.dimension
    first = [] if dimension is None else ["channel" if dimension == "channel" else f"{dimension}_id"]
    return [*first, *([] if question.unit is None else [question.unit])]


def as_csv(question: Question, answered: Answer) -> str:
    """RFC 4180: a line of names, then one for each row; what is None is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    groups, numbers = group_columns(question), columns(question.report)
    writer.writerow([*groups, *numbers])
    for row in answered.rows:
        writer.writerow([*(row.group[name] for name in groups), *(row.numbers[name] for name in numbers)])
    return out.getvalue()
