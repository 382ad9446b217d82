"""Companies, as their own streams tell them."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from events.companies import CompanyCreated, CompanyEvent, CompanyUpdated
from events.envelope import Envelope
from inbox_projection.views.rows import CompanyChange, CompanyRow


def project(envelope: Envelope[CompanyEvent]) -> CompanyRow | CompanyChange:
    """The row of a new company, or what is another of one that is there; a note of None stays."""
    event = envelope.data
    note = None if event.personal is None else event.personal.note
    match event:
        case CompanyCreated():
            return CompanyRow(
                company_id=envelope.stream,
                name=event.name,
                domains=event.domains,
                note=note or "",
                created_at=envelope.occurred_at,
            )
        case CompanyUpdated():
            return CompanyChange(company_id=envelope.stream, name=event.name, domains=event.domains, note=note)
        case _:
            assert_never(event)


def changed(row: CompanyRow, change: CompanyChange) -> CompanyRow:
    """The row of a company that was made in the same batch."""
    return replace(row, name=change.name, domains=change.domains, note=row.note if change.note is None else change.note)


def later(change: CompanyChange, other: CompanyChange) -> CompanyChange:
    """Two changes of a batch as one."""
    return other if other.note is not None else replace(other, note=change.note)
