"""The reports, and the events behind their numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final, cast
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from analytics import queries
from analytics.api import asking
from analytics.api.guard import GuardedRoute
from analytics.api.models import Answer, EventsAsked, Facts, ReportAsked, Reports
from analytics.api.parts import parts_of, reach_of
from analytics.measures.clock import Calendars
from analytics.measures.definitions import Definition
from analytics.measures.happenings import instant_of
from analytics.measures.time_in_state import STATES
from analytics.reports.catalog import HISTOGRAM, REPORTS, described
from analytics.reports.periods import TooManyRows
from analytics.reports.report import Question, answer, as_csv
from service_kit.web import cursors
from service_kit.web.pool import Row as Found
from service_kit.web.problems import invalid

router = APIRouter(route_class=GuardedRoute, tags=["reports"])
READ_AT_ONCE: Final = 1_000
"""Facts of which those of a histogram's column are looked for."""
_REOPENED: Final = frozenset({"resolution_again", "resolution_whole"})
_encode: Final = msgspec.json.Encoder().encode
_CSV: Final[dict[str, Any]] = {"text/csv": {"schema": {"type": "string"}}}


def _json(content: Any) -> Response:
    return Response(_encode(content), media_type="application/json")


@router.get("/reports", responses={200: {"model": Reports, "description": "All there are."}})
async def list_reports(request: Request) -> Response:
    """The reports with what they say, how they can be grouped, and their definitions with versions."""
    return _json({"items": [described(report) for report in REPORTS.values()], "next_cursor": None})


@router.get(
    "/reports/{name}",
    responses={200: {"model": Answer, "description": "Its numbers, as JSON or CSV.", "content": _CSV}},
)
async def read_report(request: Request, name: str, asked: Annotated[ReportAsked, Query()]) -> Response:
    """A report over a period. Administrators see all inboxes, others those that they belong to."""
    parts = parts_of(request)
    wanted = asking.question(asking.report_of(name), asked, reach_of(request), parts.clock())
    definition = wanted.definition
    if definition.business_hours and wanted.report.timed:
        wanted = msgspec.structs.replace(wanted, calendars=await _calendars(request, definition))
    days = await queries.blocks(parts.database, wanted.kinds, wanted.period)
    try:
        answered = await asyncio.to_thread(answer, wanted, lambda kind: days[kind])
    except TooManyRows:
        raise invalid(("query", "group_by"), "The period has too many pieces of this size.", "too-many-rows") from None
    if asked.format == "csv":
        head = {"Content-Disposition": f'attachment; filename="{wanted.report.name}.csv"'}
        return Response(as_csv(wanted, answered), headers=head, media_type="text/csv; charset=utf-8")
    return _json(
        {
            "report": wanted.report.name,
            "definition": {"name": definition.name, "version": definition.version},
            "from": instant_of(wanted.period.begin),
            "to": instant_of(wanted.period.end),
            "tz": asked.tz,
            "group_by": [name for name in (wanted.dimension, wanted.unit) if name],
            "items": [{"group": row.group, **_nested(wanted, row.numbers)} for row in answered.rows],
            "total": _nested(wanted, answered.total),
        }
    )


@router.get("/reports/{name}/events", responses={200: {"model": Facts, "description": "Oldest first."}})
async def read_events(request: Request, name: str, asked: Annotated[EventsAsked, Query()]) -> Response:
    """What a report counted or timed, one by one, each with the events between which it lies."""
    parts, report = parts_of(request), asking.report_of(name)
    wanted = asking.filters(asked, reach_of(request))
    if report.name == "replies-by-agent":
        wanted = msgspec.structs.replace(wanted, with_agent=True)
    period = asking.period(asked, asking.zone_of(asked), parts.clock())
    after = None if asked.cursor is None else cursors.decode(asked.cursor, queries.Place)
    definition = asking.definition(report, asked.definition)
    kinds = asking.kinds_of(report, definition, asked)
    span, part = asking.span(report, asked), asking.part(report, asked)
    calendars = await _calendars(request, definition) if definition.business_hours else {}
    found: list[Found] = []
    at_once = asked.limit + 1 if span is None else READ_AT_ONCE
    while True:
        least = None if span is None else span.least
        rows = await queries.facts(parts.database, kinds, period, wanted, after, at_once, least, part)
        found += [row for row in rows if span is None or span.holds(_duration(row, calendars) or 0)]
        if len(rows) < at_once or len(found) > asked.limit:
            break
        after = _place(rows[-1])
    shown = found[: asked.limit]
    return _json(
        {
            "items": [_fact(row, calendars) for row in shown],
            "next_cursor": cursors.encode(_place(shown[-1])) if len(found) > asked.limit else None,
        }
    )


async def _calendars(request: Request, definition: Definition) -> Mapping[UUID, Calendars]:
    return await queries.calendars(parts_of(request).database, as_of_now=definition.calendar_now)


def _nested(wanted: Question, numbers: dict[str, Any]) -> dict[str, Any]:
    """The histogram in an object of its own."""
    if not wanted.report.timed:
        return numbers
    plain = {name: value for name, value in numbers.items() if name not in HISTOGRAM}
    return {**plain, "histogram": {name: numbers[name] for name in HISTOGRAM}}


def _place(row: Found) -> queries.Place:
    return queries.Place(row["stopped_at"], row["kind"], row["conversation_id"], row["sequence"])


def _duration(row: Found, calendars: Mapping[UUID, Calendars]) -> int | None:
    known = calendars.get(row["inbox_id"])
    if known is None or row["started_at"] is None:
        return cast("int | None", row["duration"])
    return known.elapsed(row["started_at"], row["stopped_at"])


def _fact(row: Found, calendars: Mapping[UUID, Calendars]) -> dict[str, Any]:
    started_at = row["started_at"]
    return {
        "kind": row["kind"],
        "at": instant_of(row["stopped_at"]),
        "started_at": None if started_at is None else instant_of(started_at),
        "duration_ms": _duration(row, calendars),
        "parts_ms": None if row["parts"] is None else dict(zip(STATES, row["parts"], strict=True)),
        "reopened": row["kind"] in _REOPENED,
        "conversation_id": row["conversation_id"],
        "number": row["number"],
        "inbox_id": row["inbox_id"],
        "channel": row["channel"],
        "team_id": row["team_id"],
        "agent_id": row["agent_id"],
        "sequence": row["sequence"],
        "event_id": row["event_id"],
        "start_event_id": row["start_event_id"],
    }
