"""Writes down, with the rows that changed, what the index of the search has to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from inbox_projection.tables.arrays import array
from inbox_projection.views.changes import Changes
from inbox_projection.views.rows import Line

INSERT: Final = (
    "insert into {schema}.search_waiting (kind, id, sequence)"
    " select * from unnest(%s::text[], %s::uuid[], %s::integer[])"
)
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


def arrays(found: Sequence[tuple[str, UUID, int]]) -> Sequence[Any]:
    """The parameters of `INSERT`."""
    kinds, ids, sequences = zip(*found, strict=True)
    return array("word", kinds), array("uuid", ids), array("integer", sequences)


def _is_found(line: Line) -> bool:
    return line.kind != "activity" or line.activity == SUBJECT_CHANGED
