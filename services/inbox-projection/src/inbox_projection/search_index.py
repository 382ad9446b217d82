"""Keeps the index of the search: takes what waits to be looked at, and writes what can be found by which terms.

Each method is for one transaction of the caller, and one process at a time: the others find the lock taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from inbox_projection.search_rows import SearchRows
from inbox_projection.tables.arrays import array
from inbox_projection.tables.schema import LIVE, SEARCH_LOCK, VIEW_VERSION
from inbox_projection.views.search import postings
from inbox_projection.views.search.documents import Document
from inbox_projection.views.search.postings import Postings
from service_kit.database import Cursor
from service_kit.statements import statement

INDEX_VERSION: Final = VIEW_VERSION * 1_000 + 1
"""Raised when documents have other terms than before; the index is then made anew, newest first."""
MOST: Final = 2_000
"""Documents looked at in a turn."""
PURGED_AFTER: Final = 10
"""Seconds from the removal of documents until their terms are taken out of their segments, all at once."""
_NEIGHBOURS: Final = 40


@dataclass(frozen=True)
class Segment:
    """A row of search_segments."""

    segment: int
    size: int
    since: datetime
    until: datetime
    purge_at: datetime | None


class SearchIndex:
    """The index over the views in one schema."""

    def __init__(self, schema: str = LIVE) -> None:
        self._rows = SearchRows(schema)

        def made(text: str) -> bytes:
            return text.format(schema=schema).encode()

        self._take, self._take_old = (made(_TAKE.format(**part, schema="{schema}")) for part in (_NEW, _OLD))
        self._forget, self._add, self._put, self._put_blocks = map(made, (_FORGET, _ADD, _PUT, _PUT_BLOCKS))
        self._newest, self._oldest = (made(_SEGMENTS + order) for order in (" desc limit %s", " limit %s"))
        self._blocks, self._delete, self._purgeable = map(made, (_BLOCKS, _DELETE, _PURGEABLE))
        self._alive, self._state, self._advance = map(made, (_ALIVE, _STATE, _ADVANCE))
        self._waiting, self._refill = made(_WAITING), [made(part) for part in _REFILL]

    def prepare(self, cursor: Cursor) -> bool:
        """Has the index made anew where it is of an earlier version: whether it was. Waits for who writes the index.

        One of a later version is left to the later program that made it.
        """
        cursor.execute("select pg_advisory_xact_lock(%s)", (SEARCH_LOCK,))
        if self._numbers(cursor)[0] >= INDEX_VERSION:
            return False
        for part in self._refill:
            cursor.execute(part, {"version": INDEX_VERSION} if b"%(version)s" in part else None)
        return True

    def turn(self, cursor: Cursor, most: int = MOST) -> int:
        """Takes some of what waits, at most so many, and indexes it; how many there were. What is new comes first."""
        if not _locked(cursor):
            return 0
        version, next_document, first_document = self._numbers(cursor)
        if version != INDEX_VERSION:
            return 0
        new = True
        taken = self._taken(cursor, self._take, most)
        if not taken:
            taken, new = self._taken(cursor, self._take_old, most), False
        if not taken:
            return 0
        documents = self._rows.documents(cursor, taken)
        self.remove(cursor, [*((row[2], row[3]) for row in taken if row[1] != "erased"), *self._erased(cursor, taken)])
        if documents:
            segment = next_document if new else first_document - len(documents)
            self._index(cursor, segment, documents, new)
            at = (segment + len(documents), first_document) if new else (next_document, segment)
            cursor.execute(self._advance, at)
        return len(taken)

    def purge(self, cursor: Cursor) -> bool:
        """Takes the terms of removed documents out of one segment; whether there was one to be purged."""
        if not _locked(cursor):
            return False
        found = cursor.execute(self._purgeable).fetchone()
        if found is None:
            return False
        segment = Segment(*found)
        end = segment.segment + segment.size
        alive = {row[0] for row in cursor.execute(self._alive, (segment.segment, end)).fetchall()}
        dead = set(range(segment.segment, end)) - alive
        left = postings.without(segment.segment, self._opened(cursor, [segment])[segment.segment], dead)
        self._replace(cursor, [segment], replace(segment, purge_at=None), left)
        return True

    def waiting(self, cursor: Cursor) -> int:
        """About how many wait to be looked at."""
        row = cursor.execute(self._waiting).fetchone()
        return int(row[0]) if row else 0

    def remove(self, cursor: Cursor, lines: Collection[tuple[UUID, int]]) -> None:
        """These are not found any more; their terms go with the next purge of their segments."""
        if lines:
            ids, sequences = zip(*lines, strict=True)
            cursor.execute(self._forget, (array("uuid", ids), array("integer", sequences), PURGED_AFTER))

    def _taken(self, cursor: Cursor, take: bytes, most: int) -> list[tuple[int, str, UUID, int]]:
        """By their places; of a contact, ticket or company that waits several times the last."""
        rows = sorted(cursor.execute(take, (most,)).fetchall())
        return list({row[1:]: row for row in rows}.values())

    def _erased(self, cursor: Cursor, taken: Iterable[tuple[int, str, UUID, int]]) -> list[tuple[UUID, int]]:
        conversations = [row[2] for row in taken if row[1] == "erased"]
        return self._rows.blank(cursor, conversations) if conversations else []

    def _numbers(self, cursor: Cursor) -> tuple[int, int, int]:
        row = cursor.execute(self._state).fetchone()
        assert row is not None, "the index has its state from the beginning"
        return row[0], row[1], row[2]

    def _index(self, cursor: Cursor, first: int, documents: Sequence[Document], new: bool) -> None:
        """Writes the documents as a segment, together with as many of its neighbours as it takes in."""
        columns = (
            array("bigint", list(range(first, first + len(documents)))),
            array("word", [each.kind for each in documents]),
            array("uuid", [each.id for each in documents]),
            array("integer", [each.sequence for each in documents]),
            array("timestamptz", [each.at for each in documents]),
        )
        cursor.execute(self._add, columns)
        times = [each.at for each in documents]
        made = Segment(first, len(documents), min(times), max(times), None)
        built = postings.build(first, [each.terms for each in documents])
        rows = cursor.execute(self._newest if new else self._oldest, (_NEIGHBOURS,)).fetchall()
        neighbours = [Segment(*row) for row in rows]
        merged = neighbours[: postings.to_merge(made.size, [each.size for each in neighbours])]
        if merged:
            held = {**self._opened(cursor, merged), first: built}
            parts = sorted((*merged, made), key=lambda each: each.segment)
            built = postings.merge([(each.segment, each.size, held[each.segment]) for each in parts])
            due = [each.purge_at for each in parts if each.purge_at is not None]
            made = Segment(
                parts[0].segment,
                sum(each.size for each in parts),
                min(each.since for each in parts),
                max(each.until for each in parts),
                min(due, default=None),
            )
        self._replace(cursor, merged, made, built)

    def _opened(self, cursor: Cursor, segments: Sequence[Segment]) -> dict[int, Postings]:
        opened: dict[int, Postings] = {each.segment: {} for each in segments}
        cursor.execute(self._blocks, (list(opened),), binary=True)
        for segment, block in cursor.fetchall():
            opened[segment].update(postings.opened(block))
        return opened

    def _replace(self, cursor: Cursor, before: Sequence[Segment], made: Segment, held: Postings) -> None:
        if before:
            cursor.execute(self._delete, {"segments": [each.segment for each in before]})
        cursor.execute(self._put, (made.segment, made.size, made.since, made.until, made.purge_at))
        blocks = postings.blocks(held)
        if blocks:
            terms, contents = zip(*blocks, strict=True)
            cursor.execute(self._put_blocks, (made.segment, list(terms), list(contents)))


Found = tuple[str, UUID, int, datetime, frozenset[str]]
"""kind, id, sequence, time and terms of a document."""


def contents(cursor: Cursor, schema: str = LIVE) -> set[Found]:
    """All that can be found and by what, as it is stored: two indexes of the same tables hold the same."""
    index = SearchIndex(schema)
    documents = statement("select document, kind, id, sequence, at from {table}", table=f"{schema}.search_documents")
    found: dict[int, Any] = {row[0]: (*row[1:], set()) for row in cursor.execute(documents).fetchall()}
    segments = statement("select * from {table}", table=f"{schema}.search_segments")
    for segment in [Segment(*row) for row in cursor.execute(segments).fetchall()]:
        for term, posting in index._opened(cursor, [segment])[segment.segment].items():
            for place in postings.places(postings.bits(posting, segment.segment)):
                if segment.segment + place in found:
                    found[segment.segment + place][-1].add(term)
    return {(*row[:-1], frozenset(row[-1])) for row in found.values()}


def _locked(cursor: Cursor) -> bool:
    return cursor.execute("select pg_try_advisory_xact_lock(%s)", (SEARCH_LOCK,)).fetchone() == (True,)


_TAKE: Final = """
delete from {schema}.search_waiting where place in
    (select place from {schema}.search_waiting where place {side} 0 order by place {order} limit %s)
returning place, kind, id, sequence
"""
_NEW, _OLD = {"side": ">", "order": "asc"}, {"side": "<", "order": "desc"}
_FORGET: Final = """
with gone as (
    delete from {schema}.search_documents d using unnest(%s::uuid[], %s::integer[]) as w(id, sequence)
    where d.id = w.id and d.sequence = w.sequence returning d.document)
update {schema}.search_segments s set purge_at = coalesce(s.purge_at, now() + make_interval(secs => %s))
where s.segment in (select (select max(f.segment) from {schema}.search_segments f where f.segment <= g.document)
                    from gone g)
"""
_ADD: Final = """
insert into {schema}.search_documents (document, kind, id, sequence, at)
select * from unnest(%s::bigint[], %s::text[], %s::uuid[], %s::integer[], %s::timestamptz[])
"""
_SEGMENTS: Final = "select segment, size, since, until, purge_at from {schema}.search_segments order by segment"
_PUT: Final = "insert into {schema}.search_segments values (%s, %s, %s, %s, %s)"
_PUT_BLOCKS: Final = "insert into {schema}.search_blocks select %s, * from unnest(%b::text[], %b::bytea[])"
_BLOCKS: Final = "select segment, block from {schema}.search_blocks where segment = any(%s::bigint[])"
_DELETE: Final = """
with b as (delete from {schema}.search_blocks where segment = any(%(segments)s::bigint[]))
delete from {schema}.search_segments where segment = any(%(segments)s::bigint[])
"""
_PURGEABLE: Final = """
select segment, size, since, until, purge_at from {schema}.search_segments
where purge_at <= now() order by purge_at limit 1
"""
_ALIVE: Final = "select document from {schema}.search_documents where document >= %s and document < %s"
_STATE: Final = "select version, next_document, first_document from {schema}.search_state"
_ADVANCE: Final = "update {schema}.search_state set next_document = %s, first_document = %s"
_WAITING: Final = """
select coalesce((select max(place) from {schema}.search_waiting)
    - (select min(place) from {schema}.search_waiting) + 1, 0)
"""
_REFILL: Final = (
    "truncate {schema}.search_waiting, {schema}.search_documents, {schema}.search_segments, {schema}.search_blocks",
    "update {schema}.search_state set version = %(version)s, next_document = 0, first_document = 0",
    """
insert into {schema}.search_waiting (place, kind, id, sequence) overriding system value
select -row_number() over (order by at desc, id, sequence), kind, id, sequence from (
    select 'line' as kind, conversation_id as id, sequence, at from {schema}.messages
    where content is not null and (kind <> 'activity' or activity = 'SubjectChanged')
    union all select 'contact', contact_id, 0, created_at from {schema}.contacts where erased_at is null
    union all select 'ticket', ticket_id, 0, created_at from {schema}.tickets
    union all select 'company', company_id, 0, created_at from {schema}.companies) found
""",
)
