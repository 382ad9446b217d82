"""Contacts, tickets and companies that match a query, the newest first, as far as somebody may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, Literal
from uuid import UUID

from inbox_projection.pool import Database, Row
from inbox_projection.queries import companies, contacts, tickets
from inbox_projection.queries.search import Place
from inbox_projection.queries.search_index import index_of
from inbox_projection.views.search.documents import marked, numbered
from inbox_projection.views.search.language import Query
from inbox_projection.views.search.marks import Highlight, Wanted, of_text
from inbox_projection.views.search.matching import Term

ThingKind = Literal["contact", "ticket", "company"]
AT_ONCE: Final = 100
MOST_EXAMINED: Final = 3_000
"""Looked at for one page; then it ends, and the next one goes on."""
_NAMED: Final[dict[ThingKind, str]] = {
    "contact": "select d.document, coalesce(p.merged_into, p.contact_id) as id from inbox.search_documents d"
    " join inbox.contacts p on p.contact_id = d.id where d.document = any(%s::bigint[]) and d.kind = 'contact'"
    " order by d.document desc",
    "ticket": "select document, id from inbox.search_documents where document = any(%s::bigint[])"
    " and kind = 'ticket' order by document desc",
    "company": "select document, id from inbox.search_documents where document = any(%s::bigint[])"
    " and kind = 'company' order by document desc",
}


@dataclass(frozen=True)
class Thing:
    """A contact, ticket or company as the API gives it, and where it matches."""

    shaped: dict[str, Any]
    highlights: list[Highlight]


@dataclass
class Page:
    """What was found, and from where the next page goes on: None where there is nothing more."""

    found: list[Thing] = field(default_factory=list)
    next: Place | None = None


async def page(
    database: Database, kind: ThingKind, query: Query, after: Place | None, limit: int, reader: tickets.Reader
) -> Page:
    """Each once; a page may be short though there is a next one, where many may not be seen."""
    number = () if query.number is None else (Term(numbered(query.number)),)
    words = (*query.wanted, *number)
    if not words:
        return Page()
    asked = replace(query, wanted=(Term(marked(kind)), *words))
    index = await index_of(database, asked)
    shown: dict[UUID, Row] = {}
    examined = 0
    async for documents in index.newest(None if after is None else after.document):
        while some := list(islice(documents, AT_ONCE)):
            examined += len(some)
            named = await database.rows(_NAMED[kind].encode(), (some,))
            rows = await _rows(database, kind, [row["id"] for row in named], reader)
            for each in named:
                if each["id"] in rows and each["id"] not in shown:
                    if len(shown) == limit:
                        return Page(_found(kind, shown, asked), Place(each["document"] + 1))
                    shown[each["id"]] = rows[each["id"]]
            if examined >= MOST_EXAMINED:
                return Page(_found(kind, shown, asked), Place(some[-1]))
    return Page(_found(kind, shown, asked), None if index.ended_at is None else Place(index.ended_at))


async def _rows(database: Database, kind: ThingKind, ids: Sequence[UUID], reader: tickets.Reader) -> dict[UUID, Row]:
    if not ids:
        return {}
    if kind == "contact":
        return {row["contact_id"]: row for row in await contacts.some(database, ids, reader.inboxes)}
    if kind == "ticket":
        return {row["ticket_id"]: row for row in await tickets.some(database, reader, ids)}
    return {row["company_id"]: row for row in await companies.some(database, ids)}


def _found(kind: ThingKind, rows: dict[UUID, Row], query: Query) -> list[Thing]:
    wanted, found = Wanted(query.wanted), []
    for row in rows.values():
        if kind == "contact":
            shaped = contacts.shaped(row)
            handles = [("handle", handle["value"]) for handle in shaped["handles"]]
            texts = [("name", shaped["name"]), *handles, ("phone", shaped["phone"]), ("note", shaped["note"])]
        elif kind == "ticket":
            shaped = tickets.shaped(row)
            texts = [("number", f"#{shaped['number']}"), ("title", shaped["title"])]
        else:
            shaped = companies.shaped(row)
            texts = [
                ("name", shaped["name"]),
                *(("domain", one) for one in shaped["domains"]),
                ("note", shaped["note"]),
            ]
        marked_texts = [of_text(name, text, wanted) for name, text in texts]
        found.append(Thing(shaped, [each for each in marked_texts if each.has_match]))
    return found
