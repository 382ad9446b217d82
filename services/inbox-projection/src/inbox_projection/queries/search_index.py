"""Reads the index of the search: which documents match a query, newest first, within a budget."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final

from inbox_projection.pool import Database, Row
from inbox_projection.views.search import postings
from inbox_projection.views.search.language import Query
from inbox_projection.views.search.matching import Clause, Term, found_in, holds, terms

MOST_BLOCKS: Final = 4_000
"""Blocks of the index that one request opens; then its page ends, and the next one goes on."""
AT_FIRST: Final = 4_096
GROWS_BY: Final = 4
"""So many documents are looked through at first, and so many times more each time when that was not enough."""

_SEGMENTS: Final = "select segment, size, since, until from inbox.search_segments order by segment desc"
_BLOCKS: Final = """
select b.segment, t.number::integer as term, b.block from unnest(%(segments)s::bigint[]) as s(segment)
cross join unnest(%(terms)s::text[], %(ends)s::text[]) with ordinality as t(term, stop, number)
cross join lateral (
    (select f.segment, f.block from inbox.search_blocks f
     where f.segment = s.segment and f.term <= t.term collate "C" order by f.term desc limit 1)
    union all
    (select f.segment, f.block from inbox.search_blocks f
     where f.segment = s.segment and f.term > t.term collate "C" and f.term < t.stop collate "C")) b
"""


@dataclass(frozen=True)
class _Segment:
    first: int
    size: int
    since: datetime
    until: datetime


class Index:
    """The segments as they are for one request. What was matched in a segment is kept for as long."""

    def __init__(self, database: Database, query: Query, segments: Sequence[_Segment], within: Collection[int] | None):
        self._database, self._query, self._segments = database, query, segments
        self._within = None if within is None else self._by_segment(within)
        self._matched: dict[int, int] = {}
        self.opened = 0
        self.ended_at: int | None = None

    @property
    def is_exhausted(self) -> bool:
        """The budget is used up."""
        return self.opened >= MOST_BLOCKS

    async def newest(self, after: int | None) -> AsyncIterator[Iterator[int]]:
        """Documents before `after` that match, newest first, in portions: the first is soon there, each may be empty.

        Ends where there are no more, or when the budget is used up; `ended_at` then is the document to go on from.
        """
        left = [each for each in self._segments if (after is None or each.first < after) and self._may_match(each)]
        portion = AT_FIRST
        while left:
            chosen = [left.pop(0)]
            while left and sum(each.size for each in chosen) + left[0].size <= portion:
                chosen.append(left.pop(0))
            await self._match(chosen)
            self.ended_at = chosen[-1].first
            yield chain.from_iterable(_numbered(each.first, self._bits(each) & _below(each, after)) for each in chosen)
            portion *= GROWS_BY
            if self.is_exhausted and left:
                return
        self.ended_at = None

    async def matching(self, documents: Iterable[int]) -> set[int]:
        """Those of the documents that match."""
        held = self._by_segment(documents)
        wanted = [each for each in self._segments if each.first in held]
        await self._match(wanted)
        return {
            each.first + place
            for each in wanted
            for place in postings.places(held[each.first] & self._matched[each.first])
        }

    def _may_match(self, segment: _Segment) -> bool:
        since, before = self._query.since, self._query.before
        in_time = (before is None or segment.since < before) and (since is None or segment.until >= since)
        return in_time and (self._within is None or segment.first in self._within)

    def _bits(self, segment: _Segment) -> int:
        found = self._matched[segment.first]
        return found if self._within is None else found & self._within[segment.first]

    def _by_segment(self, documents: Iterable[int]) -> dict[int, int]:
        found: dict[int, bytearray] = {}
        rest = iter(self._segments)
        segment = next(rest, None)
        for document in sorted(documents, reverse=True):
            while segment is not None and segment.first > document:
                segment = next(rest, None)
            if segment is None:
                break
            place = document - segment.first
            if place < segment.size:
                raw = found.setdefault(segment.first, bytearray(segment.size // 8 + 1))
                raw[place >> 3] |= 1 << (place & 7)
        return {first: int.from_bytes(raw, "little") for first, raw in found.items()}

    async def _match(self, segments: Sequence[_Segment]) -> None:
        """Clause by clause, the most telling first, so that the next ones are asked of fewer segments."""
        new = [each for each in segments if each.first not in self._matched]
        matched = {each.first: (1 << each.size) - 1 for each in new}
        for clause in sorted(self._query.wanted, key=_telling, reverse=True):
            await self._narrow(clause, matched, unwanted=False)
        for clause in self._query.unwanted:
            await self._narrow(clause, matched, unwanted=True)
        self._matched.update(matched)

    async def _narrow(self, clause: Clause, matched: dict[int, int], *, unwanted: bool) -> None:
        alive = [first for first, found in matched.items() if found]
        if not alive:
            return
        asked = list(dict.fromkeys(terms(clause)))
        rows = await self._database.rows(
            _BLOCKS,
            {"segments": alive, "terms": [each.text for each in asked], "ends": [each.end for each in asked]},
            binary=True,
        )
        self.opened += len(rows)
        blocks = _opened(rows)
        for first in alive:

            def bits(term: Term, first: int = first) -> int:
                return found_in(term, first, blocks.get((first, asked.index(term)), ()))

            found = holds(clause, bits)
            matched[first] &= ~found if unwanted else found


async def index_of(database: Database, query: Query, within: Collection[int] | None = None) -> Index:
    """The index as it is now, for a query; only `within` these documents, if they are given."""
    rows = await database.rows(_SEGMENTS)
    segments = [_Segment(row["segment"], row["size"], row["since"], row["until"]) for row in rows]
    return Index(database, query, segments, within)


def _below(segment: _Segment, after: int | None) -> int:
    """The places of a segment that come before a document."""
    return -1 if after is None or after >= segment.first + segment.size else (1 << (after - segment.first)) - 1


def _numbered(first: int, found: int) -> Iterator[int]:
    return (first + place for place in postings.places(found))


def _opened(rows: Iterable[Row]) -> Mapping[tuple[int, int], list[postings.Postings]]:
    """The blocks of each (segment, term); one that several terms share is opened once."""
    once: dict[bytes, postings.Postings] = {}
    found: dict[tuple[int, int], list[postings.Postings]] = {}
    for row in rows:
        block = row["block"]
        opened = once.get(block)
        if opened is None:
            opened = once[block] = postings.opened(block)
        found.setdefault((row["segment"], row["term"] - 1), []).append(opened)
    return found


def _telling(clause: Clause) -> int:
    """Longer words are rarer."""
    return max((len(term.text) for term in terms(clause)), default=0)
