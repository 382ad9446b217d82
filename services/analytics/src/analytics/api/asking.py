"""What was asked for, checked: a question that can be answered, or a problem that names what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Final, get_args
from zoneinfo import ZoneInfo

from analytics.api.models import Asked, EventsAsked, ReportAsked
from analytics.measures.definitions import DEFINITIONS, Definition
from analytics.measures.happenings import milliseconds
from analytics.measures.measure import Kind
from analytics.measures.time_in_state import STATES
from analytics.packing import NOBODY
from analytics.reports.catalog import (
    DIMENSIONS,
    HISTOGRAM,
    LATER,
    REPORTS,
    UNITS,
    Dimension,
    Report,
    Span,
    Unit,
    span_of,
)
from analytics.reports.columns import Filters
from analytics.reports.periods import Period, moment_of
from analytics.reports.report import Question
from analytics.workspace import Reach
from service_kit.web.problems import Problem, invalid, not_found

_30_DAYS: Final = 30 * 86_400_000
_LONGEST: Final = 20 * 366 * 86_400_000
_FIRST, _LAST = 0, 32_503_680_000_000
"""1970 and the year 3000: farther away than any event."""


def report_of(name: str) -> Report:
    """Raises Problem 422 for a report that comes later, 404 for any other that there is not."""
    report = REPORTS.get(name)
    if report is None:
        if name in LATER:
            raise Problem(422, "report-comes-later", "This version has no such report yet.")
        raise not_found("report")
    return report


def question(report: Report, asked: ReportAsked, reach: Reach, now: datetime) -> Question:
    """Raises Problem 422, and 404 for an inbox that the caller may not see."""
    zone = _zone(asked.tz)
    if asked.format == "parquet":
        raise invalid(("query", "format"), "Parquet comes with a later version; take csv.", "format-comes-later")
    if asked.format not in ("json", "csv"):
        raise invalid(("query", "format"), "Must be json or csv.")
    dimension, unit = _group(report, asked.group_by)
    return Question(
        report=report,
        definition=definition(report, asked.definition),
        period=period(asked, zone, now),
        zone=zone,
        dimension=dimension,
        unit=unit,
        filters=filters(asked, reach),
    )


def period(asked: Asked, zone: ZoneInfo, now: datetime) -> Period:
    """The last 30 days where nothing is said. Raises Problem 422."""
    end = milliseconds(now) if asked.to is None else _moment("to", asked.to, zone)
    begin = end - _30_DAYS if asked.from_ is None else _moment("from", asked.from_, zone)
    if begin >= end:
        raise invalid(("query", "from"), "Must be before `to`.")
    if end - begin > _LONGEST:
        raise invalid(("query", "from"), "At most 20 years can be reported at once.")
    return Period(begin, end)


def filters(asked: Asked, reach: Reach) -> Filters:
    """What was asked for, within what the caller may see. Raises Problem 404."""
    inboxes = reach.inbox_ids
    if asked.inbox_id is not None:
        if inboxes is not None and asked.inbox_id not in inboxes:
            raise not_found("inbox")
        inboxes = frozenset({asked.inbox_id})
    team_id = NOBODY if asked.team_id == "none" else asked.team_id
    agent_id = NOBODY if asked.agent_id == "none" else asked.agent_id
    return Filters(inbox_ids=inboxes, team_id=team_id, agent_id=agent_id, channel=asked.channel)


def kinds_of(report: Report, by: Definition, asked: EventsAsked) -> tuple[Kind, ...]:
    """The kinds of facts behind the report, or the one that was asked for. Raises Problem 422."""
    kinds = by.kinds(report.kinds)
    if asked.kind is None:
        return kinds
    found = tuple(kind for kind in kinds if kind == asked.kind)
    if not found:
        raise invalid(("query", "kind"), f"Must be one of {', '.join(kinds)}.")
    return found


def part(report: Report, asked: EventsAsked) -> int | None:
    """The place of the part that must not be nothing; None: of any. Raises Problem 422."""
    if asked.state is None:
        return None
    if not report.divided or asked.state not in STATES:
        raise invalid(("query", "state"), f"Of time-in-state, one of {', '.join(STATES)}.")
    return STATES.index(asked.state)


def span(report: Report, asked: EventsAsked) -> Span | None:
    """How long what is listed may have taken; None: however long. Raises Problem 422."""
    if asked.bucket is None:
        return None
    if not report.timed or asked.bucket not in HISTOGRAM:
        raise invalid(("query", "bucket"), f"Of reports that have a histogram, one of {', '.join(HISTOGRAM)}.")
    return span_of(asked.bucket)


def zone_of(asked: Asked) -> ZoneInfo:
    """Raises Problem 422."""
    return _zone(asked.tz)


def _group(report: Report, text: str | None) -> tuple[Dimension | None, Unit | None]:
    if text is None:
        return (report.default_group[0] if report.default_group else None), None
    dimension: Dimension | None = None
    unit: Unit | None = None
    for word in text.split(",") if text else ():
        if word in get_args(Dimension) and dimension is None:
            dimension = DIMENSIONS[DIMENSIONS.index(word)]
        elif word in get_args(Unit) and unit is None:
            unit = UNITS[UNITS.index(word)]
        else:
            detail = f"At most one of {', '.join(DIMENSIONS)}, and at most one of {', '.join(UNITS)}."
            raise invalid(("query", "group_by"), detail)
    return dimension, unit


def definition(report: Report, name: str) -> Definition:
    """A live one of this report. Raises Problem 422."""
    found = DEFINITIONS.get(name)
    if found is None:
        raise invalid(("query", "definition"), f"There is: {', '.join(DEFINITIONS)}.", "unknown-definition")
    if not found.live:
        detail = "Facts are not kept by this definition: `python -m analytics replay --definition` recomputes by it."
        raise invalid(("query", "definition"), detail, "definition-not-live")
    if not report.has(found):
        detail = f"{report.name} is measured by {', '.join(sorted(report.definitions or ()))} only."
        raise invalid(("query", "definition"), detail, "definition-of-other-reports")
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise invalid(("query", "tz"), "There is no such IANA time zone.", "unknown-time-zone") from None


def _moment(where: str, text: str, zone: ZoneInfo) -> int:
    try:
        at = moment_of(text, zone)
    except (ValueError, OverflowError):
        at = -1
    if not _FIRST <= at <= _LAST:
        raise invalid(("query", where), "Must be an instant with an offset (RFC 3339), or a date like 2026-03-01.")
    return at
