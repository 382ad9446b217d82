"""The look-up rows that contacts and companies leave behind, and the statement that writes them where there are any."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from events import contacts as e
from events.companies import CompanyEvent
from events.contacts import ContactEvent
from router.lookup_rows import Known, Writes
from service_kit.database import Cursor

_WRITE: Final = """
WITH merged AS (
  INSERT INTO router.merged (contact_id, survivor_id)
  SELECT * FROM unnest(%(merged)b::uuid[], %(survivors)b::uuid[])
  ON CONFLICT (contact_id) DO UPDATE SET survivor_id = excluded.survivor_id
), unmerged AS (
  DELETE FROM router.merged WHERE contact_id = ANY(%(unmerged)b::uuid[])
), blocked AS (
  INSERT INTO router.blocked (contact_id) SELECT unnest(%(blocked)b::uuid[]) ON CONFLICT DO NOTHING
), unblocked AS (
  DELETE FROM router.blocked WHERE contact_id = ANY(%(unblocked)b::uuid[])
), gone_domains AS (
  DELETE FROM router.company_domains
  WHERE company_id = ANY(%(changed)b::uuid[]) AND domain <> ALL(%(domains)b::text[])
)
INSERT INTO router.company_domains (domain, company_id)
SELECT * FROM unnest(%(domains)b::text[], %(companies)b::uuid[])
ON CONFLICT (domain) DO UPDATE SET company_id = excluded.company_id
"""


def note(known: Known, writes: Writes, stream: UUID, event: ContactEvent) -> None:
    """Brings what is known up to date with a contact's event, and the rows to write for it."""
    match event:
        case e.ContactBlocked():
            known.blocked.add(stream)
            writes.blocked[stream] = True
        case e.ContactUnblocked():
            known.blocked.discard(stream)
            writes.blocked[stream] = False
        case e.ContactMergedInto():
            known.survivors[stream] = event.survivor_id
            writes.merged[stream] = event.survivor_id
        case e.ContactUnmerged():
            known.survivors.pop(stream, None)
            writes.merged[stream] = None
        case _:
            pass


def note_company(known: Known, writes: Writes, stream: UUID, event: CompanyEvent) -> None:
    """The company has these domains now, and none that it had before."""
    for domain in [domain for domain, owner in known.domains.items() if owner == stream]:
        del known.domains[domain]
    known.domains.update(dict.fromkeys(event.domains, stream))
    writes.domains[stream] = event.domains


def write(cursor: Cursor, writes: Writes) -> None:
    """Writes the rows, and takes those of erased persons away, when there are any."""
    if not (writes.merged or writes.blocked or writes.domains or writes.erased):
        return
    merged = [(contact, survivor) for contact, survivor in writes.merged.items() if survivor is not None]
    owned = {domain: company for company, domains in writes.domains.items() for domain in domains}
    erased = list(writes.erased)
    merged = [(contact, survivor) for contact, survivor in merged if contact not in writes.erased]
    cursor.execute(
        _WRITE,
        {
            "merged": [contact for contact, _ in merged],
            "survivors": [survivor for _, survivor in merged],
            "unmerged": [contact for contact, survivor in writes.merged.items() if survivor is None] + erased,
            "blocked": [contact for contact, on in writes.blocked.items() if on and contact not in writes.erased],
            "unblocked": [contact for contact, on in writes.blocked.items() if not on] + erased,
            "changed": list(writes.domains),
            "domains": list(owned),
            "companies": list(owned.values()),
        },
        prepare=True,
        binary=True,
    )
