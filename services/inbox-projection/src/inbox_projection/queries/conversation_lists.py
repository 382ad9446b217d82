"""Pages of conversations in each order, and how many there are; flat in time with what there is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from psycopg.sql import SQL

from inbox_projection.pool import Database, Row
from inbox_projection.queries.conversation_filter import Filter, Place
from inbox_projection.queries.conversation_keys import (
    COUNTED,
    PARTS,
    Part,
    Shape,
    count_query,
    descending,
    keys_query,
    parameters_of,
    shape_of,
)
from inbox_projection.queries.conversations import COLUMNS, JOINS

TOGETHER: Final = 16
"""Counts that one statement takes: the fixed views are 11."""
_OPEN: Final = """
select i.inbox_id, f.found from inbox.inboxes i cross join lateral (
         select count(*) as found from (select from inbox.conversations c
                                         where c.inbox_id = i.inbox_id and c.status = 'open' limit %(limit)s) e) f
 where not i.archived and (%(every)s or i.inbox_id = any(%(inboxes)s::uuid[]))
"""
_PLACEHOLDER: Final = re.compile(rb"%\((\w+)\)s")


@dataclass(frozen=True)
class Count:
    """How many there are; `more`: at least so many, for counting ends somewhere."""

    count: int
    more: bool


async def page(
    database: Database, wanted: Filter, after: Place | None, limit: int, *, me: UUID, sort: str = "newest"
) -> list[Row]:
    """Rows in the order, each with its `at` and `part`, of which a Place is made; ask for one more than shown to know
    whether there is more. `me` is who looks: what is unread is theirs."""
    found: list[Row] = []
    for number, part in enumerate(PARTS[sort]):
        if after is not None and number < after.part:
            continue
        begin = after if after is not None and number == after.part else None
        asked = parameters_of(wanted, part, begin, limit - len(found))
        if asked is None:
            continue
        shape = shape_of(wanted, part, further=begin is not None)
        rows = await database.rows(_page_query(shape), asked | {"me": me})
        found += [row | {"part": number} for row in rows]
        if len(found) >= limit:
            break
    return found


def place_of(row: Row) -> Place:
    return Place(row["at"], row["conversation_id"], row["part"])


async def counts(database: Database, wanted: Sequence[Filter]) -> list[Count]:
    """Each exact up to a thousand; where a filter looks into what it counts, as far as the first ten thousand go."""
    asked = [parameters_of(one, Part(), None, COUNTED + 1) for one in wanted]
    found = [Count(0, more=False)] * len(asked)
    possible = [(place, each) for place, each in enumerate(asked) if each is not None]
    for first in range(0, len(possible), TOGETHER):
        share = possible[first : first + TOGETHER]
        shapes = tuple(shape_of(wanted[place], Part(), further=False) for place, _ in share)
        parameters: dict[str, Any] = {}
        for number, (_, each) in enumerate(share):
            parameters |= {f"{name}_{number}": value for name, value in each.items()}
        for row in await database.rows(_counts_query(shapes), parameters):
            counted, (place, _) = int(row["found"]), share[row["number"]]
            found[place] = Count(min(counted, COUNTED), more=counted > COUNTED or bool(row["cut"]))
    return found


async def open_in(database: Database, inboxes: frozenset[UUID] | None) -> dict[UUID, Count]:
    """How many conversations are open in each of these inboxes (None: in each there is), archived ones left out."""
    asked = {"every": inboxes is None, "inboxes": list(inboxes or ()), "limit": COUNTED + 1}
    found = {row["inbox_id"]: int(row["found"]) for row in await database.rows(_OPEN, asked)}
    return {inbox_id: Count(min(each, COUNTED), more=each > COUNTED) for inbox_id, each in found.items()}


@lru_cache(maxsize=256)
def _counts_query(shapes: tuple[Shape, ...]) -> bytes:
    """A row for each shape with its `number`, which ends the names of its parameters."""
    return b" union all ".join(
        b"select %d as number, q.* from (%b) q"
        % (number, _PLACEHOLDER.sub(rb"%%(\1_%d)s" % number, count_query(shape)))
        for number, shape in enumerate(shapes)
    )


@lru_cache(maxsize=1024)
def _page_query(shape: Shape) -> bytes:
    """The keys of the page, merged from its ranges, then the rows of the page only."""
    direction = SQL("desc") if descending(shape.order) else SQL("asc")
    return (
        SQL(
            "select {columns}, k.at from (select * from ({keys}) u"
            " order by at {direction}, conversation_id {direction} limit %(limit)s) k"
            " join inbox.conversations c on c.conversation_id = k.conversation_id {joins}"
            " order by k.at {direction}, k.conversation_id {direction}"
        )
        .format(columns=COLUMNS, keys=keys_query(shape), direction=direction, joins=JOINS)
        .as_bytes()
    )
