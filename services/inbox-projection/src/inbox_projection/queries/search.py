"""Conversations with the messages that match a query, newest first; and those that a list is narrowed to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Annotated, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL

from inbox_projection.pool import Database, Row
from inbox_projection.queries.avatars import OF_AUTHOR
from inbox_projection.queries.conversations import COLUMNS, JOINS
from inbox_projection.queries.search_conditions import (
    Conditions,
    condition,
    conditions_of,
    documents_within,
    with_agents,
)
from inbox_projection.queries.search_index import Index, index_of
from inbox_projection.views.search.documents import Said, said
from inbox_projection.views.search.language import Query
from inbox_projection.views.search.marks import Highlight, Wanted, has_phrases, of_message

MOST_EXAMINED: Final = 6_000
"""Messages that match by their words and are looked at for one page; then the page ends, and the next one goes on."""
MOST_READ: Final = 200
"""Messages that are read for one page to see whether their words are the phrase."""
AT_ONCE: Final = 100
MOST_AT_ONCE: Final = 1_000
"""Messages looked at together: at first, and when many are looked at in vain."""
MOST_HITS: Final = 3
"""Messages shown of a conversation."""
MOST_OF_ONE: Final = 100
"""Documents of a conversation among which its hits are."""
MOST_LISTED: Final = 2_000
"""Conversations to which a list is narrowed at most."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the document that was looked at last."""

    document: Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]


@dataclass(frozen=True)
class Hit:
    """A message that matches, as its row is, and where."""

    row: Row
    highlights: list[Highlight]


@dataclass(frozen=True)
class Found:
    """A conversation's row with its hits, newest first."""

    conversation: Row
    hits: list[Hit]


@dataclass
class Page:
    """Conversations, and from where the next page goes on: None where there is nothing more."""

    found: list[Found] = field(default_factory=list)
    next: Place | None = None


async def page(
    database: Database,
    query: Query,
    after: Place | None,
    limit: int,
    *,
    me: UUID,
    reach: frozenset[UUID] | None,
) -> Page:
    """Each conversation once, at the place of its newest message that matches; a page may be short, and even empty,
    though there is a next one, where very many messages had to be looked at."""
    search = await _begun(database, query, me, reach)
    if search is None:
        return Page()
    place = None if after is None else after.document
    chosen: dict[UUID, None] = {}
    ended: int | None = None
    async for batch in search.newest(place):
        earlier = await search.shown_before(batch, place)
        for row in batch:
            if row["shown_id"] in chosen or row["shown_id"] in earlier:
                continue
            if len(chosen) == limit:
                ended = row["document"] + 1
                break
            chosen[row["shown_id"]] = None
        if ended is not None:
            break
    ended = search.ended_at if ended is None else ended
    found = await search.shown(list(chosen), me) if chosen else []
    return Page(found, None if ended is None else Place(ended))


async def conversations(
    database: Database, query: Query, *, me: UUID, reach: frozenset[UUID] | None, any_status: bool
) -> list[UUID]:
    """Conversations with a message that matches, the newest first, at most 2,000: what a list is narrowed to.

    `any_status`: the list itself says which statuses are shown.
    """
    search = await _begun(database, query, me, reach, any_status=any_status)
    if search is None:
        return []
    chosen: dict[UUID, None] = {}
    async for batch in search.newest(None):
        chosen.update((row["shown_id"], None) for row in batch)
        if len(chosen) >= MOST_LISTED:
            break
    return list(chosen)[:MOST_LISTED]


async def _begun(
    database: Database, query: Query, me: UUID, reach: frozenset[UUID] | None, *, any_status: bool = False
) -> _Search | None:
    """The search, or None where it can find nothing."""
    if query.is_empty:
        return None
    query = await with_agents(database, query)
    conditions = await conditions_of(database, query, me, reach)
    if any_status and not query.statuses:
        conditions.values["statuses"] = [*conditions.values["statuses"], "spam", "trash"]
    if conditions.are_impossible:
        return None
    within = await documents_within(database, conditions)
    return _Search(database, query, conditions, await index_of(database, query, within))


class _Search:
    """A query while it is answered."""

    def __init__(self, database: Database, query: Query, conditions: Conditions, index: Index) -> None:
        self._database, self._query, self._conditions, self._index = database, query, conditions, index
        self._reads = bool(query.phrases or query.unwanted_phrases)
        self._read = self._examined = 0
        self.ended_at: int | None = None

    async def newest(self, after: int | None) -> AsyncIterator[list[Row]]:
        """Rows of messages that match and may be seen, newest first, in portions: document, id, sequence, at, and
        `shown_id`, the conversation that stands for theirs."""
        size = AT_ONCE
        async for documents in self._index.newest(after):
            while some := list(islice(documents, size)):
                yield await self._seen(some)
                size = min(2 * size, MOST_AT_ONCE)
                self._examined += len(some)
                if self._examined >= MOST_EXAMINED or self._read >= MOST_READ:
                    self.ended_at = some[-1]
                    return
        self.ended_at = self._index.ended_at

    async def shown_before(self, rows: Sequence[Row], after: int | None) -> set[UUID]:
        """Which of these conversations were on an earlier page, because a newer message of theirs matches."""
        if after is None or not rows:
            return set()
        ids = list({row["shown_id"] for row in rows})
        newer = await self._database.rows(_NEWER.encode(), {"ids": ids, "after": after})
        return {row["shown_id"] for row in await self._matching(newer)}

    async def shown(self, ids: Sequence[UUID], me: UUID) -> list[Found]:
        """The conversations, in this order, with their hits."""
        rows = await self._database.rows(_OF_CONVERSATIONS.encode(), {"ids": list(ids), "most": MOST_OF_ONE})
        matching: dict[UUID, list[Row]] = {}
        for row in await self._matching(rows):
            matching.setdefault(row["shown_id"], []).append(row)
        newest = [row for found in matching.values() for row in found[:MOST_HITS]]
        lines = await self._lines([(row["id"], row["sequence"]) for row in newest])
        wanted = Wanted(self._query.wanted)
        hits: dict[UUID, list[Hit]] = {}
        for row in newest:
            line = lines.get((row["id"], row["sequence"]))
            if line is not None:
                hits.setdefault(row["shown_id"], []).append(Hit(line, of_message(said(line["content"]), wanted)))
        conversations = await self._database.rows(_CONVERSATIONS, {"ids": list(ids), "me": me})
        by_id = {row["conversation_id"]: row for row in conversations}
        return [Found(by_id[one], hits.get(one, [])) for one in ids if one in by_id]

    async def _matching(self, rows: Collection[Row]) -> list[Row]:
        """Those rows whose messages match by their words and phrases, in their order."""
        found = await self._index.matching([row["document"] for row in rows])
        matching = [row for row in rows if row["document"] in found and self._is_in_time(row["at"])]
        return await self._with_phrases(matching) if self._reads else matching

    def _is_in_time(self, at: datetime) -> bool:
        since, before = self._query.since, self._query.before
        return (since is None or at >= since) and (before is None or at < before)

    async def _seen(self, documents: Sequence[int]) -> list[Row]:
        rows = await self._database.rows(
            _seen_query(self._conditions.names), {**self._conditions.values, "documents": documents}
        )
        return await self._with_phrases(rows) if self._reads else rows

    async def _with_phrases(self, rows: Sequence[Row]) -> list[Row]:
        lines = await self._lines([(row["id"], row["sequence"]) for row in rows])
        self._read += len(lines)
        read: dict[tuple[UUID, int], Said] = {pair: said(line["content"]) for pair, line in lines.items()}
        keys = [(row["id"], row["sequence"]) for row in rows]
        return [row for row, key in zip(rows, keys, strict=True) if key in read and has_phrases(read[key], self._query)]

    async def _lines(self, pairs: Iterable[tuple[UUID, int]]) -> dict[tuple[UUID, int], Row]:
        asked = list(pairs)
        if not asked:
            return {}
        ids, sequences = zip(*asked, strict=True)
        rows = await self._database.rows(_LINES, {"ids": list(ids), "sequences": list(sequences)})
        return {(row["conversation_id"], row["sequence"]): row for row in rows}


@lru_cache(maxsize=256)
def _seen_query(names: tuple[str, ...]) -> bytes:
    return (
        SQL(
            "select d.document, d.id, d.sequence, d.at, c.conversation_id as shown_id from inbox.search_documents d"
            " join inbox.conversations o on o.conversation_id = d.id"
            " join inbox.conversations c on c.conversation_id = coalesce(o.merged_into, o.conversation_id)"
            " where d.document = any(%(documents)s::bigint[]) and {} order by d.document desc"
        )
        .format(condition(names))
        .as_bytes()
    )


_TOGETHER: Final = """
select w.id as shown_id, w.id from unnest(%(ids)s::uuid[]) as w(id)
union all select m.merged_into, m.conversation_id from inbox.conversations m where m.merged_into = any(%(ids)s::uuid[])
"""
"""Conversations with those that were merged into them: what is found in these is shown there."""
_NEWER: Final = f"""
select d.document, d.id, d.sequence, d.at, t.shown_id from ({_TOGETHER}) t
join inbox.search_documents d on d.id = t.id where d.document >= %(after)s
order by d.document desc
"""  # noqa: S608 (of this file)
_OF_CONVERSATIONS: Final = f"""
select d.document, d.id, d.sequence, d.at, t.shown_id from ({_TOGETHER}) t cross join lateral
    (select * from inbox.search_documents s where s.id = t.id order by s.sequence desc limit %(most)s) d
order by d.document desc
"""  # noqa: S608 (as above)
_CONVERSATIONS: Final = (
    SQL("select {} from inbox.conversations c {} where c.conversation_id = any(%(ids)s::uuid[])")
    .format(COLUMNS, JOINS)
    .as_bytes()
)
_LINES: Final = f"""
select m.conversation_id, m.sequence, m.message_id, m.kind, m.direction, m.at, m.author_kind, m.author_id, m.content,
       coalesce(a.name, nullif(p.name, ''), p.handle, '') as author_name, v.version as author_avatar
from unnest(%(ids)s::uuid[], %(sequences)s::integer[]) as w(id, sequence)
join inbox.messages m on m.conversation_id = w.id and m.sequence = w.sequence
left join inbox.agents a on m.author_kind = 'agent' and a.agent_id = m.author_id
{OF_AUTHOR}
left join inbox.contacts p on m.author_kind = 'contact' and p.contact_id = m.author_id
where m.content is not null
"""  # noqa: S608 (of queries/avatars.py)
