"""What many durations or counts are together: n, mean, median, p90, histogram; exact, in whole milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from analytics.packing import Array
from analytics.reports.catalog import HISTOGRAM, HISTOGRAM_HOURS

_LONGEST_BITS: Final = 42
_LONGEST: Final = 1 << _LONGEST_BITS
"""Milliseconds: 139 years. A key of group and duration fits 63 bits."""
_EDGES: Final = np.array(HISTOGRAM_HOURS, "<i8") * 3_600_000
Numbers = dict[str, Any]


def timed(group: Array, durations: Array) -> dict[int, Numbers]:
    """By group: n; mean, median and p90 to the nearest millisecond; how many there are between the histogram's edges.

    The median of an even number is the mean of the two in the middle; p90 lies at 0.9 (n - 1) of the ordered values,
    counted from 0, between neighbours in proportion (as PostgreSQL's percentile_cont and Excel's PERCENTILE.INC).
    """
    if not len(group):
        return {}
    names, places = _numbered(group)
    keys = np.sort(places * _LONGEST + np.minimum(durations, _LONGEST - 1))
    n = np.bincount(places, minlength=len(names)).astype("<i8")
    first = np.cumsum(n) - n
    base = np.arange(len(names), dtype="<i8") * _LONGEST
    ordered = keys & (_LONGEST - 1)
    place, tenths = np.divmod(9 * (n - 1), 10)
    low, high = ordered[first + place], ordered[first + np.minimum(place + 1, n - 1)]
    below = [first, *(np.searchsorted(keys, base + edge) for edge in _EDGES), first + n]
    columns = {
        "n": n,
        "mean_ms": _nearest(np.add.reduceat(ordered, first), n),
        "median_ms": _nearest(ordered[first + (n - 1) // 2] + ordered[first + n // 2], 2),
        "p90_ms": _nearest(10 * low + tenths * (high - low), 10),
        **{name: below[edge + 1] - below[edge] for edge, name in enumerate(HISTOGRAM)},
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return {name: dict(zip(columns, row, strict=True)) for name, row in zip(names.tolist(), rows, strict=True)}


def no_times() -> Numbers:
    """The numbers of a group with nothing in it."""
    return {"n": 0, "mean_ms": None, "median_ms": None, "p90_ms": None, **dict.fromkeys(HISTOGRAM, 0)}


def divided(group: Array, parts: Array, names: Sequence[str]) -> dict[int, Numbers]:
    """By group, of durations in parts (a row each, a column for each name): n; how long all took together and on the
    average, and the same of each part. The sums of the parts are the whole; so are their means, but for rounding."""
    if not len(group):
        return {}
    groups, places = _numbered(group)
    n = np.bincount(places, minlength=len(groups)).astype("<i8")
    ordered = parts[np.argsort(places, kind="stable")]
    sums = np.add.reduceat(ordered, np.cumsum(n) - n, axis=0)
    whole = sums.sum(axis=1)
    columns = {"n": n, "sum_ms": whole, "mean_ms": _nearest(whole, n)}
    for place, name in enumerate(names):
        columns |= {f"{name}_sum_ms": sums[:, place], f"{name}_mean_ms": _nearest(sums[:, place], n)}
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return {name: dict(zip(columns, row, strict=True)) for name, row in zip(groups.tolist(), rows, strict=True)}


def counted(group: Array) -> dict[int, int]:
    """How many there are by group."""
    names, places = _numbered(group)
    counts = np.bincount(places, minlength=len(names))
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def distinct(group: Array, numbers: Array) -> dict[int, int]:
    """How many different numbers (of conversations) there are by group."""
    names, places = _numbered(group)
    pairs = np.sort(places * _LONGEST + numbers)
    different = pairs[np.flatnonzero(np.diff(pairs, prepend=-1))]
    counts = np.bincount(different >> _LONGEST_BITS, minlength=len(names))
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _numbered(group: Array) -> tuple[Array, Array]:
    """The groups there are, in order, and for each row the place of its group; many times as fast as numpy's `unique`,
    because groups are numbered without large gaps."""
    present = np.bincount(group) > 0
    names: Array = np.flatnonzero(present)
    places: Array = (np.cumsum(present) - 1)[group] if len(names) > 1 else np.zeros(len(group), "<i8")
    return names, places


def _nearest(dividend: Array, divisor: Array | int) -> Array:
    """The nearest whole numbers, halves upwards."""
    nearest: Array = (2 * dividend + divisor) // (2 * divisor)
    return nearest
