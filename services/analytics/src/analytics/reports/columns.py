"""Facts of a period as columns: those that pass the filters, each with the number of its group."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

import msgspec
import numpy as np

from analytics.facts import DAY
from analytics.packing import NOBODY, Array, Block
from analytics.reports.catalog import Dimension
from analytics.reports.periods import Buckets, Period
from analytics.reports.working_time import CalendarsByInbox, within_hours


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What holds of a fact that counts; None: anything. `with_agent`: somebody is credited."""

    inbox_ids: frozenset[UUID] | None = None
    team_id: UUID | None = None
    agent_id: UUID | None = None
    channel: str | None = None
    with_agent: bool = False


class Columns(msgspec.Struct):
    """Facts of one kind. `group` is bucket × `width` + the place of the dimension's value in a `Words`; `parts` has a
    row for each fact that is divided."""

    group: Array
    durations: Array
    numbers: Array
    parts: Array


class Words:
    """Values of a dimension, by the place where they were first seen."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}
        self._of_blocks: dict[Any, Array] = {}

    def places(self, source: bytes | tuple[str, ...]) -> Array:
        """The place of each word of a block: its ids, of 16 bytes each, or its channels. Days have mostly the same."""
        known = self._of_blocks.get(source)
        if known is None:
            words = source if isinstance(source, tuple) else [source[at : at + 16] for at in range(0, len(source), 16)]
            known = np.array([self._places.setdefault(word, len(self._places)) for word in words], "<i8")
            self._of_blocks[source] = known
        return known

    def listed(self) -> list[Any]:
        """In the order of their places."""
        return list(self._places)


WIDTH: Final = 1 << 20
"""More values than any dimension has."""
_NONE: Final = np.empty(0, "<i8")


def columns(
    blocks: Iterable[tuple[int, Block]],
    period: Period,
    filters: Filters,
    dimension: Dimension | None,
    buckets: Buckets | None,
    words: Words,
    calendars: CalendarsByInbox | None = None,
) -> Columns:
    """The facts of one kind in these (day, block)s, in any order; durations within business hours where these are
    given."""
    groups: list[Array] = []
    durations: list[Array] = []
    numbers: list[Array] = []
    parts: list[Array] = []
    stops: list[Array] = []
    inboxes: list[Array] = []
    inbox_words = Words()
    for day, block in blocks:
        kept = _kept(day, block, period, filters)
        group = _group(day, block, dimension, buckets, words)
        groups.append(group if kept is None else group[kept])
        for column, gathered in ((block.numbers, numbers), (block.durations, durations)):
            if column:
                values = np.frombuffer(column, "<i8")
                gathered.append(values if kept is None else values[kept])
        if block.parts:
            divided = np.frombuffer(block.parts, "<i8").reshape(block.rows, -1)
            parts.append(divided if kept is None else divided[kept])
        if calendars and block.durations:
            for values, gathered in (
                (_at(day, block), stops),
                (inbox_words.places(block.ids)[block.places(block.inboxes)], inboxes),
            ):
                gathered.append(values if kept is None else values[kept])
    lasted = _joined(durations)
    if calendars and len(lasted):
        lasted = within_hours(lasted, _joined(stops), _joined(inboxes), inbox_words.listed(), calendars)
    return Columns(_joined(groups), lasted, _joined(numbers), _joined(parts))


def _at(day: int, block: Block) -> Array:
    at: Array = np.frombuffer(block.at, "<u4") + np.int64(day * DAY)
    return at


def _joined(parts: list[Array]) -> Array:
    return np.concatenate(parts) if parts else _NONE


def _kept(day: int, block: Block, period: Period, filters: Filters) -> Array | None:
    """Which rows pass; None for all of them."""
    masks: list[Array] = []
    if day * DAY < period.begin or (day + 1) * DAY > period.end:
        at = _at(day, block)
        masks.append((at >= period.begin) & (at < period.end))
    if filters.inbox_ids is not None:
        wanted = {each.bytes for each in filters.inbox_ids}
        masks.append(_where(block, block.inboxes, lambda each: each in wanted))
    if filters.team_id is not None:
        masks.append(_where(block, block.teams, filters.team_id.bytes.__eq__))
    if filters.agent_id is not None:
        masks.append(_where(block, block.agents, filters.agent_id.bytes.__eq__))
    if filters.with_agent:
        masks.append(_where(block, block.agents, NOBODY.bytes.__ne__))
    if filters.channel is not None:
        same = np.array([each == filters.channel for each in block.channels], bool)
        masks.append(same[np.frombuffer(block.channel, "u1")])
    if not masks:
        return None
    kept: Array = np.logical_and.reduce(masks)
    return kept


def _where(block: Block, column: bytes, holds: Callable[[bytes], bool]) -> Array:
    """The rows of whose id in the column it holds."""
    ids = (block.ids[place : place + 16] for place in range(0, len(block.ids), 16))
    found: Array = np.array([holds(each) for each in ids], bool)[block.places(column)]
    return found


def _group(day: int, block: Block, dimension: Dimension | None, buckets: Buckets | None, words: Words) -> Array:
    group: Array = np.zeros(block.rows, "<i8")
    if dimension == "channel":
        group = words.places(block.channels)[np.frombuffer(block.channel, "u1")]
    elif dimension is not None:
        column = {"inbox": block.inboxes, "team": block.teams, "agent": block.agents}[dimension]
        group = words.places(block.ids)[block.places(column)]
    return group if buckets is None else group + _bucket(day, block, buckets.begins) * WIDTH


def _bucket(day: int, block: Block, begins: tuple[int, ...]) -> Array | int:
    """The place of each row's bucket; one for all where the whole day lies in it."""
    first, behind = bisect_right(begins, day * DAY) - 1, bisect_left(begins, (day + 1) * DAY)
    inside = begins[first + 1 : behind]
    if not inside:
        return first
    found: Array = np.searchsorted(np.array(inside, "<i8"), _at(day, block), side="right").astype("<i8") + first
    return found
