"""Reads facts for reports: packed days and what is not packed yet, in one snapshot; and the facts behind a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from analytics.facts import DAY
from analytics.measures.clock import Calendars
from analytics.measures.measure import Kind
from analytics.packing import NOBODY, Block, Row, pack, unpack
from analytics.reports.columns import Filters
from analytics.reports.periods import Period
from analytics.workspace import Workspace
from service_kit.web.pool import Database
from service_kit.web.pool import Row as Found

_BLOCKS: Final = """
select d.kind, d.day, d.packed, case when d.packed is null then (
    select coalesce(json_agg(json_build_array(f.stopped_at, f.number, f.inbox_id, f.channel, f.team_id, f.agent_id,
                                              f.duration, f.parts)), '[]')
    from analytics.facts f
    where f.kind = d.kind and f.stopped_at >= d.day * 86400000::bigint
      and f.stopped_at < (d.day + 1) * 86400000::bigint)::text end as rows
from analytics.days d where d.kind = any(%(kinds)s) and d.day between %(first)s and %(last)s
"""
_FACTS: Final = """
select f.* from unnest(%(kinds)s::text[]) as k (kind)
cross join lateral (
    select * from analytics.facts f
    where f.kind = k.kind and f.stopped_at >= %(begin)s and f.stopped_at < %(end)s
      and (f.stopped_at, f.kind, f.conversation_id, f.sequence)
          > (%(at)s::bigint, %(kind)s::text, %(conversation)s::uuid, %(sequence)s::integer)
      and (%(inboxes)s::uuid[] is null or f.inbox_id = any(%(inboxes)s::uuid[]))
      and (%(team)s::uuid is null or coalesce(f.team_id, %(nobody)s::uuid) = %(team)s::uuid)
      and (%(agent)s::uuid is null or coalesce(f.agent_id, %(nobody)s::uuid) = %(agent)s::uuid)
      and (%(channel)s::text is null or f.channel = %(channel)s::text)
      and (not %(with_agent)s or f.agent_id is not null)
      and (%(part)s::integer is null or f.parts[%(part)s::integer] > 0)
      and (%(least)s::bigint is null or f.duration >= %(least)s::bigint)
    order by f.stopped_at, f.conversation_id, f.sequence limit %(limit)s) as f
order by f.stopped_at, f.kind, f.conversation_id, f.sequence limit %(limit)s
"""
_workspace: Final = msgspec.json.Decoder(Workspace).decode
_rows: Final = msgspec.json.Decoder(list[Row]).decode


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    at: int
    kind: str
    conversation_id: UUID
    sequence: int


_BEGINNING: Final = Place(-(2**62), "", UUID(int=0), 0)
Days = dict[Kind, list[tuple[int, Block]]]


async def blocks(database: Database, kinds: Sequence[Kind], period: Period) -> Days:
    """The days of a period, whole, by kind. What is kept of a day is packed here where it is not packed yet.

    Raises DatabaseAway.
    """
    first, last = period.begin // DAY, (period.end - 1) // DAY
    found = await database.rows(_BLOCKS, {"kinds": list(kinds), "first": first, "last": last}, binary=True)
    days: Days = {kind: [] for kind in kinds}
    for row in found:
        packed = row["packed"] or pack(row["kind"], row["day"], _rows(row["rows"]))
        days[row["kind"]].append((row["day"], unpack(packed)))
    return days


async def calendars(database: Database, *, as_of_now: bool = False) -> dict[UUID, Calendars]:
    """The business hours of each inbox that ever had some. Raises DatabaseAway."""
    row = await database.row("select state::text as state from analytics.workspace")
    return {} if row is None else _workspace(row["state"]).calendars(as_of_now=as_of_now)


async def facts(
    database: Database,
    kinds: Sequence[Kind],
    period: Period,
    filters: Filters,
    after: Place | None,
    limit: int,
    least: int | None = None,
    part: int | None = None,
) -> list[Found]:
    """Facts in the order in which they stopped; ask for one more than shown to know whether there is more. `least`:
    those that took at least so long around the clock; `part`: those of which this part, counted from 0, is not nothing.

    Raises DatabaseAway.
    """
    place = after or _BEGINNING
    wanted: dict[str, Any] = {
        "kinds": list(kinds),
        "begin": max(period.begin, place.at),
        "end": period.end,
        "at": place.at,
        "kind": place.kind,
        "conversation": place.conversation_id,
        "sequence": place.sequence,
        "inboxes": None if filters.inbox_ids is None else list(filters.inbox_ids),
        "team": filters.team_id,
        "agent": filters.agent_id,
        "channel": filters.channel,
        "with_agent": filters.with_agent,
        "nobody": NOBODY,
        "least": least,
        "part": None if part is None else part + 1,
        "limit": limit,
    }
    return await database.rows(_FACTS, wanted)
