"""Reads the rows of the views that the search finds something by, as documents."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from inbox_projection.tables.arrays import array
from inbox_projection.views.search import documents
from inbox_projection.views.search.documents import Document
from service_kit.database import Cursor

log = logging.getLogger(__name__)

_LINES: Final = """
select m.conversation_id, m.sequence, m.kind, m.at, case when m.author_kind = 'agent' then m.author_id end, m.content
from unnest(%s::uuid[], %s::integer[]) as w(id, sequence)
join {schema}.messages m on m.conversation_id = w.id and m.sequence = w.sequence where m.content is not null
"""
_CONTACTS: Final = """
select p.contact_id, p.created_at, p.name, p.handle, p.phone, p.note, p.properties,
       array(select l.value from {schema}.linked_handles l where l.contact_id = p.contact_id),
       array(select d.property_id::text from {schema}.contact_properties d where d.deleted)
from {schema}.contacts p where p.contact_id = any(%s::uuid[]) and p.erased_at is null
"""
_TICKETS: Final = "select ticket_id, created_at, number, title from {schema}.tickets where ticket_id = any(%s::uuid[])"
_COMPANIES: Final = (
    "select company_id, created_at, name, domains, note from {schema}.companies where company_id = any(%s::uuid[])"
)
_BLANK: Final = """
select d.id, d.sequence from {schema}.search_documents d
join {schema}.messages m on m.conversation_id = d.id and m.sequence = d.sequence
where d.id = any(%s::uuid[]) and m.content is null
"""

Waiting = tuple[int, str, UUID, int]
"""place, kind, id and sequence of something that waits to be looked at."""


class SearchRows:
    """Reads from the views in one schema."""

    def __init__(self, schema: str) -> None:
        texts = (_LINES, _CONTACTS, _TICKETS, _COMPANIES, _BLANK)
        self._lines, self._contacts, self._tickets, self._companies, self._blank = (
            text.format(schema=schema).encode() for text in texts
        )

    def documents(self, cursor: Cursor, waiting: Sequence[Waiting]) -> list[Document]:
        """What of this can be found, in its order. What is erased, or says nothing, is left out."""
        made = {(document.id, document.sequence): document for document in self._read(cursor, waiting)}
        keys = dict.fromkeys((thing_id, sequence) for _, _, thing_id, sequence in waiting)
        return [made[key] for key in keys if key in made]

    def blank(self, cursor: Cursor, conversations: Sequence[UUID]) -> list[tuple[UUID, int]]:
        """The lines of these conversations that were found by words that are now erased."""
        return cursor.execute(self._blank, (list(conversations),)).fetchall()

    def _read(self, cursor: Cursor, waiting: Iterable[Waiting]) -> Iterator[Document]:
        asked: dict[str, list[tuple[UUID, int]]] = {}
        for _, kind, thing_id, sequence in waiting:
            asked.setdefault(kind, []).append((thing_id, sequence))
        if "line" in asked:
            ids, sequences = zip(*asked["line"], strict=True)
            cursor.execute(self._lines, (array("uuid", ids), array("integer", sequences)), binary=True)
            yield from _made(_line, cursor.fetchall())
        for kind, query, made in (
            ("contact", self._contacts, _contact),
            ("ticket", self._tickets, _ticket),
            ("company", self._companies, _company),
        ):
            if kind in asked:
                cursor.execute(query, ([thing_id for thing_id, _ in asked[kind]],))
                yield from _made(made, cursor.fetchall())


def _made(make: Callable[[tuple[Any, ...]], Document], rows: Iterable[tuple[Any, ...]]) -> Iterator[Document]:
    """What cannot be read is said in the log and not found; everything else is."""
    for row in rows:
        try:
            yield make(row)
        except (msgspec.MsgspecError, ValueError) as error:
            log.error("not indexed", extra={"id": str(row[0]), "reason": type(error).__name__})


def _line(row: tuple[Any, ...]) -> Document:
    conversation_id, sequence, kind, at, agent_id, content = row
    return documents.line(
        "comment" if kind == "comment" else "message", conversation_id, sequence, at, agent_id, content
    )


def _contact(row: tuple[Any, ...]) -> Document:
    contact_id, at, name, handle, phone, note, properties, linked, deleted = row
    values = [str(value) for key, value in msgspec.json.decode(properties).items() if key not in deleted]
    return documents.thing("contact", contact_id, at, (name, handle or "", phone, note, *values, *linked))


def _ticket(row: tuple[Any, ...]) -> Document:
    ticket_id, at, number, title = row
    return documents.thing("ticket", ticket_id, at, (title,), number)


def _company(row: tuple[Any, ...]) -> Document:
    company_id, at, name, domains, note = row
    return documents.thing("company", company_id, at, (name, *domains, note))
