"""Many spans counted within business hours at once: the same numbers as `measures.clock`, without a loop over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from analytics.measures.clock import Calendars
from analytics.measures.happenings import instant_of, milliseconds
from analytics.packing import Array
from events.business_hours import BusinessHours, spans

CalendarsByInbox = Mapping[UUID, Calendars]
"""Inboxes that never had business hours are not in it."""


def within_hours(
    durations: Array, stops: Array, inboxes: Array, words: Sequence[bytes], calendars: CalendarsByInbox
) -> Array:
    """What of each duration (milliseconds, around the clock) lay in the business hours of its inbox, by those that were
    valid when it began. `inboxes` are places in `words`, which are ids."""
    counted: Array = durations.copy()
    for place, word in enumerate(words):
        known = calendars.get(UUID(bytes=bytes(word)))
        mine = np.flatnonzero(inboxes == place) if known is not None else ()
        if known is None or not len(mine):
            continue
        stop = stops[mine]
        start = stop - durations[mine]
        counted[mine] = _counted(start, stop, known)
    return counted


def _counted(start: Array, stop: Array, known: Calendars) -> Array:
    moments = np.array([each.valid_from for each in known.versions], "<i8")
    version = np.searchsorted(moments, start, side="right") - 1
    counted: Array = stop - start
    for place, each in enumerate(known.versions):
        those = np.flatnonzero(version == place)
        if each.hours is not None and len(those):
            counted[those] = _elapsed(each.hours, start[those], stop[those])
    return counted


def _elapsed(hours: BusinessHours, start: Array, stop: Array) -> Array:
    zone = ZoneInfo(hours.zone)
    first, last = (instant_of(int(at)).astimezone(zone).year for at in (start.min(), stop.max()))
    years = [_year(hours, year) for year in range(first, last + 1)]
    begins, ends = (np.concatenate([year[place] for year in years]) for place in (0, 1))
    before: Array = np.concatenate([np.zeros(1, "<i8"), np.cumsum(ends - begins)])
    found: Array = _worked(stop, begins, ends, before) - _worked(start, begins, ends, before)
    return found


def _worked(at: Array, begins: Array, ends: Array, before: Array) -> Array:
    """Working milliseconds from the first span on up to each instant."""
    if not len(begins):
        return np.zeros(len(at), "<i8")
    span = np.searchsorted(begins, at, side="right") - 1
    inside = np.minimum(at, ends[span]) - begins[span]
    found: Array = np.where(span >= 0, before[span] + inside, 0)
    return found


@lru_cache(maxsize=256)
def _year(hours: BusinessHours, year: int) -> tuple[Array, Array]:
    """Where the spans of a year (of the zone) begin and end."""
    open_then = list(spans(hours, date(year, 1, 1), date(year, 12, 31)))
    begins = np.array([milliseconds(begin) for begin, _ in open_then], "<i8")
    return begins, np.array([milliseconds(end) for _, end in open_then], "<i8")
