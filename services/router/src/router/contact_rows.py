"""The look-up rows that contacts and companies leave behind, and the statement that writes them where there are any."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from events import contacts as e
from events.companies import CompanyEvent
from events.contacts import ContactEvent
from router.lookup_rows import Asked, Known, Writes
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
_UNLINK: Final = """
WITH gone AS (
  DELETE FROM router.handles h
  USING unnest(%(kinds)b::text[], %(hashes)b::bytea[], %(contacts)b::uuid[]) AS u(kind, handle_hash, contact_id)
  WHERE h.kind = u.kind AND h.handle_hash = u.handle_hash AND h.contact_id = u.contact_id
)
INSERT INTO router.former_handles (contact_id, handle_hash)
SELECT * FROM unnest(%(contacts)b::uuid[], %(hashes)b::bytea[]) ON CONFLICT DO NOTHING
"""
_FILTERED: Final = """
SELECT h.contact_id, f.stream_id
FROM router.former_handles h JOIN router.filtered f ON f.handle_hash = h.handle_hash
WHERE h.contact_id = ANY(%(people)b::uuid[])
  AND NOT EXISTS (SELECT FROM router.handles o WHERE o.handle_hash = h.handle_hash)
"""
_ERASE: Final = """
WITH gone AS (
  DELETE FROM router.former_handles WHERE contact_id = ANY(%(erased)b::uuid[]) RETURNING handle_hash
), free AS (
  SELECT g.handle_hash FROM gone g
  WHERE NOT EXISTS (SELECT FROM router.handles h WHERE h.handle_hash = g.handle_hash)
), gone_participants AS (
  DELETE FROM router.participants p USING free f WHERE p.handle_hash = f.handle_hash
), gone_told AS (
  DELETE FROM router.acknowledged q USING free f WHERE q.handle_hash = f.handle_hash
)
DELETE FROM router.corresponded w USING free f WHERE w.handle_hash = f.handle_hash
"""
"""What is kept by the hash of an address that the person had and nobody has now."""


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


def complete(cursor: Cursor, asked: Asked, known: Known) -> None:
    """Of those who are to be erased also the mails that a filter kept out by an address that they had once."""
    if not asked.erasing:
        return
    people = list({*asked.erasing, *known.survivors, *known.survivors.values()})
    cursor.execute(_FILTERED, {"people": people}, binary=True)
    for contact_id, stream in cursor.fetchall():
        known.filtered.setdefault(contact_id, []).append(stream)


def unlink(cursor: Cursor, writes: Writes) -> None:
    """Frees the addresses that contacts lose, before anybody else is given them. The main statement follows."""
    if not writes.unlinked:
        return
    kinds, hashes, contacts = (list(column) for column in zip(*writes.unlinked, strict=True))
    cursor.execute(_UNLINK, {"kinds": kinds, "hashes": hashes, "contacts": contacts}, binary=True)


def write(cursor: Cursor, writes: Writes) -> None:
    """Writes the rows, and takes those of erased persons away, when there are any."""
    if writes.erased:
        cursor.execute(_ERASE, {"erased": list(writes.erased)}, binary=True)
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
