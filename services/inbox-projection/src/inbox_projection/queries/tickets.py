"""Lists of tickets as ranges of an index each, newest first, and single tickets, as far as somebody may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL, Composed

from inbox_projection.pool import Database, Row
from inbox_projection.queries.pipelines import Place as StagePlace

_COLUMNS: Final = SQL(
    "t.ticket_id, t.number, t.title, t.pipeline_id, t.stage, t.priority, t.assignee_id, t.contact_id, t.created_at,"
    " t.closed_at, array(select l.conversation_id from inbox.ticket_links l where l.ticket_id = t.ticket_id"
    " and (%(everywhere)s or l.inbox_id = any(%(inboxes)s::uuid[])) order by l.conversation_id) as conversation_ids"
)
_SEEN: Final = SQL(
    "(%(everywhere)s or t.assignee_id = %(me)s or (t.conversations = 0 and (%(manages)s or t.opened_by = %(me)s))"
    # A limit keeps PostgreSQL from reading all links of these inboxes into a hash table.
    " or coalesce((select true from inbox.ticket_links l where l.ticket_id = t.ticket_id"
    " and l.inbox_id = any(%(inboxes)s::uuid[]) limit 1), false))"
)
_ONE: Final = (
    SQL("select {} from inbox.tickets t where t.ticket_id = %(ticket)s and {}").format(_COLUMNS, _SEEN).as_bytes()
)

_SOME: Final = (
    SQL("select {} from inbox.tickets t where t.ticket_id = any(%(tickets)s::uuid[]) and {}")
    .format(_COLUMNS, _SEEN)
    .as_bytes()
)
_CHANGED: Final = SQL("select {} from inbox.tickets t where t.ticket_id = %(ticket)s").format(_COLUMNS).as_bytes()


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of tickets ended."""

    number: int


@dataclass(frozen=True)
class Reader:
    """Who looks: `inboxes` None sees all; what has no conversation is for who opened or has it, and for managers."""

    me: UUID
    inboxes: frozenset[UUID] | None
    manages: bool

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "me": self.me,
            "everywhere": self.inboxes is None,
            "inboxes": list(self.inboxes or ()),
            "manages": self.manages,
        }


@dataclass(frozen=True)
class Filter:
    """What a list shows. `places` None is any stage; `assignee` may be "none"; `closed` None is both; `only` are the
    ones that are asked after."""

    places: Sequence[StagePlace] | None = None
    assignee: UUID | str | None = None
    priority: str | None = None
    contact_id: UUID | None = None
    closed: bool | None = None
    only: Sequence[UUID] | None = None


async def page(database: Database, reader: Reader, wanted: Filter, after: Place | None, limit: int) -> list[Row]:
    """Newest first; ask for one more than shown to know whether there is more."""
    standings = {wanted.closed} if wanted.closed is not None else {False, True}
    if wanted.places is not None:
        standings &= {place.closes for place in wanted.places}
    if not standings:
        return []
    shape = _Shape(
        everywhere=reader.inboxes is None,
        places=wanted.places is not None,
        assignee="none" if wanted.assignee == "none" else "one" if wanted.assignee is not None else "",
        priority=wanted.priority is not None,
        contact=wanted.contact_id is not None,
        standing=standings.pop() if len(standings) == 1 else None,
        further=after is not None,
        only=wanted.only is not None,
    )
    return await database.rows(
        _list_query(shape),
        {
            **reader.parameters,
            "pipelines": [place.pipeline_id for place in wanted.places or ()],
            "stages": [place.stage for place in wanted.places or ()],
            "assignee": wanted.assignee,
            "priority": wanted.priority,
            "contact": wanted.contact_id,
            "standings": [False, True] if shape.standing is None else [shape.standing],
            "number": None if after is None else after.number,
            "only": list(wanted.only or ()),
            "limit": limit,
        },
    )


async def one(database: Database, reader: Reader, ticket_id: UUID) -> Row | None:
    """The ticket, if this reader may see it."""
    return await database.row(_ONE, {**reader.parameters, "ticket": ticket_id})


async def some(database: Database, reader: Reader, ticket_ids: Sequence[UUID]) -> list[Row]:
    """Those of these tickets that this reader may see."""
    return await database.rows(_SOME, {**reader.parameters, "tickets": list(ticket_ids)})


async def changed(database: Database, reader: Reader, ticket_id: UUID) -> Row | None:
    """The ticket for whoever has just changed it, with those of its conversations that they may see."""
    return await database.row(_CHANGED, {**reader.parameters, "ticket": ticket_id})


@dataclass(frozen=True)
class _Shape:
    """What the text of the query depends on; `standing` True is closed ones only, False open ones only."""

    everywhere: bool
    places: bool
    assignee: str
    priority: bool
    contact: bool
    standing: bool | None
    further: bool
    only: bool


@lru_cache(maxsize=256)
def _list_query(shape: _Shape) -> bytes:
    """The keys of the page from ranges in the order of numbers, then the rows of the page only.

    Single tickets, a contact or an assignee drive; else, for who sees some inboxes only, their links, and what is
    theirs without a conversation; else the stages, open ones, or all.
    """
    if shape.only:
        keys = _branch(shape, SQL("t.ticket_id = any(%(only)s::uuid[])"), seen=True)
    elif shape.contact:
        keys = _branch(shape, SQL("t.contact_id = %(contact)s"), seen=True)
    elif shape.assignee == "one":
        keys = _branch(shape, SQL("t.assignee_id = %(assignee)s"), seen=True)
    elif not shape.everywhere:
        keys = SQL("({}) union ({}) union ({}) union ({})").format(
            _of_inboxes(shape),
            _branch(shape, SQL("t.assignee_id = %(me)s")),
            _branch(shape, SQL("t.conversations = 0 and t.opened_by = %(me)s")),
            _branch(shape, SQL("t.conversations = 0 and %(manages)s")),
        )
    elif shape.places:
        branch = _branch(shape, SQL("t.pipeline_id = p.pipeline_id and t.stage = p.stage"), without="places")
        keys = SQL("select k.* from {} cross join lateral ({}) k").format(_PLACES, branch)
    else:
        keys = _branch(shape, SQL("true"))
    return (
        SQL(
            "select {} from (select * from ({}) u order by number desc limit %(limit)s) k"
            " join inbox.tickets t on t.ticket_id = k.ticket_id order by k.number desc"
        )
        .format(_COLUMNS, keys)
        .as_bytes()
    )


_IN_PLACES: Final = SQL("(t.pipeline_id, t.stage) in (select * from unnest(%(pipelines)s::uuid[], %(stages)s::text[]))")
_PLACES: Final = SQL("unnest(%(pipelines)s::uuid[], %(stages)s::text[]) as p(pipeline_id, stage)")


def _branch(shape: _Shape, driver: SQL, *, without: str = "", seen: bool = False) -> Composed:
    conditions: list[SQL] = [driver, *_others(shape, without)]
    if seen:
        conditions.append(_SEEN)
    return SQL(
        "select t.ticket_id, t.number from inbox.tickets t where {} order by t.number desc limit %(limit)s"
    ).format(SQL(" and ").join(conditions))


def _of_inboxes(shape: _Shape) -> Composed:
    return SQL(
        "select k.* from unnest(%(inboxes)s::uuid[]) as i(inbox_id), unnest(%(standings)s::boolean[]) as s(closed)"
        " cross join lateral (select t.ticket_id, t.number from inbox.ticket_links t"
        " where t.inbox_id = i.inbox_id and t.closed = s.closed and {} order by t.number desc limit %(limit)s) k"
    ).format(SQL(" and ").join([SQL("true"), *_others(shape, "standing")]))


def _others(shape: _Shape, without: str) -> list[SQL]:
    found: list[tuple[str, bool, SQL]] = [
        ("places", shape.places, _IN_PLACES),
        ("assignee", shape.assignee == "one", SQL("t.assignee_id = %(assignee)s")),
        ("assignee", shape.assignee == "none", SQL("t.assignee_id is null")),
        ("priority", shape.priority, SQL("t.priority = %(priority)s")),
        ("contact", shape.contact, SQL("t.contact_id = %(contact)s")),
        ("standing", shape.standing is False, SQL("t.closed_at is null")),
        ("standing", shape.standing is True, SQL("t.closed_at is not null")),
        ("further", shape.further, SQL("t.number < %(number)s")),
    ]
    return [condition for name, present, condition in found if present and name != without]


def shaped(row: Row) -> dict[str, Any]:
    """A row as the API gives it."""
    return {
        "id": row["ticket_id"],
        "number": row["number"],
        "title": row["title"],
        "pipeline_id": row["pipeline_id"],
        "stage": row["stage"],
        "priority": row["priority"],
        "assignee_id": row["assignee_id"],
        "contact_id": row["contact_id"],
        "conversation_ids": row["conversation_ids"],
        "created_at": row["created_at"],
        "closed_at": row["closed_at"],
    }
