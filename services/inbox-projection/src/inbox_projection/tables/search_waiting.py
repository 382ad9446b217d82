"""Writes down, with the rows that changed, what the index of the search has to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from inbox_projection.tables.arrays import array
from inbox_projection.views.changes import Changes
from inbox_projection.views.rows import ContactPropertyRow, Line

INSERT: Final = (
    "insert into {schema}.search_waiting (kind, id, sequence)"
    " select * from unnest(%s::text[], %s::uuid[], %s::integer[])"
)
INSERT_CARRIERS: Final = """
insert into {schema}.search_waiting (kind, id, sequence)
select 'contact', p.contact_id, 0 from {schema}.contacts p
where p.properties <> '{{}}' and p.properties like any (array(select '%%"' || id || '"%%' from unnest(%s::text[]) id))
"""
"""Contacts with a value of one of these properties, which are deleted now: nobody is found by it any more."""
SUBJECT_CHANGED: Final = "SubjectChanged"


def waiting(changes: Changes) -> list[tuple[str, UUID, int]]:
    """(kind, id, sequence) of what a batch leaves to be looked at."""
    found = [("line", line.conversation_id, line.sequence) for line in changes.lines if _is_found(line)]
    found += [("erased", conversation_id, 0) for conversation_id, _ in changes.erased]
    for kind, ids in (
        ("contact", (*changes.new_contacts, *changes.changed_contacts)),
        ("ticket", tuple(row.ticket_id for row in changes.tickets)),
        ("company", (*changes.new_companies, *changes.changed_companies)),
    ):
        found += [(kind, thing_id, 0) for thing_id in ids]
    return found


def deleted_properties(changes: Changes) -> list[str]:
    """The ids of the properties that a batch deletes."""
    return [str(row.property_id) for row in changes.workspace if isinstance(row, ContactPropertyRow) and row.deleted]


def arrays(found: Sequence[tuple[str, UUID, int]]) -> Sequence[Any]:
    """The parameters of `INSERT`."""
    kinds, ids, sequences = zip(*found, strict=True)
    return array("word", kinds), array("uuid", ids), array("integer", sequences)


def _is_found(line: Line) -> bool:
    return line.kind != "activity" or line.activity == SUBJECT_CHANGED
