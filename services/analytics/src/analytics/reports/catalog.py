"""The reports there are, what each says, and how each may be grouped."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from analytics.measures.definitions import DEFINITIONS, TIME_IN_STATE, Definition
from analytics.measures.measure import Kind
from analytics.measures.time_in_state import STATES

Dimension = Literal["agent", "team", "inbox", "channel"]
Unit = Literal["hour", "day", "week", "month"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("agent", "team", "inbox", "channel")
UNITS: Final[tuple[Unit, ...]] = ("hour", "day", "week", "month")
HISTOGRAM_HOURS: Final = (1, 4, 8, 24)
"""Upper edges, excluded; what is longer is in the last place."""
HISTOGRAM: Final = ("0-1h", "1-4h", "4-8h", "8-24h", "24h+")
_HOUR: Final = 3_600_000


class Report(msgspec.Struct, frozen=True):
    """`timed`: durations are summed up; `divided`: so are their parts; else facts are counted, those of each kind in a
    column of its own. `definitions`: the names of those that it can be asked for by; None: all.
    """

    name: str
    about: str
    kinds: tuple[Kind, ...]
    timed: bool = False
    divided: bool = False
    default_group: tuple[Dimension, ...] = ()
    definitions: frozenset[str] | None = None

    def has(self, definition: Definition) -> bool:
        """Whether it can be asked for by the definition."""
        return self.definitions is None or definition.name in self.definitions


REPORTS: Final = {
    report.name: report
    for report in (
        Report(
            "replies-by-agent",
            "Public replies of agents that their channel accepted, and in how many conversations.",
            ("sent",),
            default_group=("agent",),
        ),
        Report(
            "first-response-time",
            "How long customers waited for the first answer of a person, once in each episode.",
            ("first_response",),
            timed=True,
        ),
        Report(
            "reply-time",
            "How long each run of a customer's messages waited for the next answer of a person.",
            ("reply_time",),
            timed=True,
        ),
        Report(
            "resolution-time",
            "How long it took from an episode's first message to the resolve that ended it.",
            ("resolution", "resolution_again", "resolution_whole"),
            timed=True,
        ),
        Report(
            "time-in-state",
            "How long episodes that ended were unassigned, snoozed, waiting on us, on the customer or on nobody.",
            ("episode",),
            divided=True,
            definitions=frozenset({"v1"}),
        ),
        Report(
            "volume",
            "Conversations begun, messages in, messages out, resolves, and reopenings.",
            ("opened", "received", "sent", "resolved", "reopened"),
        ),
    )
}
LATER: Final = ("bots", "tickets", "assignments", "backlog")
"""Names that are kept for reports to come."""


class Span(msgspec.Struct, frozen=True):
    """Milliseconds from `least` up to, but without, `below`; None: without end."""

    least: int
    below: int | None

    def holds(self, duration: int) -> bool:
        return self.least <= duration and (self.below is None or duration < self.below)


def span_of(bucket: str) -> Span:
    """Of a histogram's column. Raises ValueError for a name that is none."""
    place = HISTOGRAM.index(bucket)
    edges = (0, *(hours * _HOUR for hours in HISTOGRAM_HOURS), None)
    return Span(edges[place] or 0, edges[place + 1])


def described(report: Report) -> dict[str, object]:
    """What `GET /reports` says of it."""
    return {
        "name": report.name,
        "about": report.about,
        "group_by": [*DIMENSIONS, *UNITS],
        "default_group_by": list(report.default_group),
        "columns": columns(report),
        "definitions": [
            {
                "name": each.name,
                "version": each.version,
                "live": each.live,
                "choices": _choices(report, each),
            }
            for each in DEFINITIONS.values()
            if report.has(each)
        ],
    }


def _choices(report: Report, definition: Definition) -> dict[str, str]:
    if report.timed:
        return definition.choices
    return TIME_IN_STATE if report.divided else {"counted": report.about, "bucket": "when it happened"}


def columns(report: Report) -> list[str]:
    """The numbers of a row, in the order of the CSV."""
    if report.divided:
        return ["n", "sum_ms", "mean_ms", *(f"{state}_{number}_ms" for state in STATES for number in ("sum", "mean"))]
    if report.timed:
        return ["n", "mean_ms", "median_ms", "p90_ms", *HISTOGRAM]
    return ["n", "conversations"] if report.name == "replies-by-agent" else list(report.kinds)
