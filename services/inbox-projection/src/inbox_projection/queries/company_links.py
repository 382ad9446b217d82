"""Which contacts of a company's domains are still to be linked, and how far that is."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from inbox_projection.pool import Database, Row

CLAIM: Final = "1 minute"
_NOBODY: Final = UUID(int=0)
_BEGIN: Final = """
insert into inbox_projection.company_links (company_id, linked, wanted, run_id, after)
select k.company_id, '{}', k.domains, gen_random_uuid(), %(nobody)s from inbox.companies k
where cardinality(k.domains) > 0
  and not exists (select from inbox_projection.company_links l where l.company_id = k.company_id)
on conflict do nothing
"""
_CHANGED: Final = """
update inbox_projection.company_links l
   set linked = array(select d from unnest(l.linked) d where d = any(k.domains)),
       wanted = array(select d from unnest(k.domains) d where d <> all(l.linked)),
       run_id = gen_random_uuid(), after = %(nobody)s
  from inbox.companies k
 where k.company_id = l.company_id and cardinality(l.wanted) = 0
   and not (l.linked @> k.domains and l.linked <@ k.domains)
"""
_CLAIM: Final = f"""
update inbox_projection.company_links set claimed_until = now() + interval '{CLAIM}'
 where company_id = (select company_id from inbox_projection.company_links
                     where cardinality(wanted) > 0 and (claimed_until is null or claimed_until < now())
                     order by company_id limit 1 for update skip locked)
returning company_id, wanted, run_id, after
"""  # noqa: S608 (of this file)
_SLICE: Final = """
with people as (
  select contact_id, handle_kind, handle, company_id, merged_into, erased_at from inbox.contacts
  where contact_id > %(after)s order by contact_id limit %(limit)s
)
select contact_id, company_id is null and merged_into is null and erased_at is null and (
  (handle_kind = 'email' and substring(lower(handle) from '[^@]*$') = any(%(domains)s::text[]))
  or exists (select from inbox.linked_handles h where h.contact_id = people.contact_id and h.kind = 'email'
             and substring(lower(h.value) from '[^@]*$') = any(%(domains)s::text[]))) as belongs
from people order by contact_id
"""
_ADVANCE: Final = f"""
update inbox_projection.company_links
   set after = %(last)s, claimed_until = now() + interval '{CLAIM}'
 where company_id = %(company)s and run_id = %(run)s and after = %(after)s and cardinality(wanted) > 0
returning 1
"""  # noqa: S608 (of this file)
_FINISH: Final = """
update inbox_projection.company_links
   set linked = linked || wanted, wanted = '{}', claimed_until = null
 where company_id = %(company)s and run_id = %(run)s
"""


async def begin(database: Database) -> None:
    """Notes the companies that have domains of which no contact was gone through yet."""
    await database.write(_BEGIN, {"nobody": _NOBODY})
    await database.write(_CHANGED, {"nobody": _NOBODY})


async def claim(database: Database) -> Row | None:
    """A company with work that nobody is at, for this process; it stays claimed while it advances."""
    found = await database.write(_CLAIM)
    return found[0] if found else None


async def some(database: Database, domains: list[str], after: UUID, limit: int) -> list[Row]:
    """The next contacts, each with whether it belongs to a company of these domains and to none yet."""
    return await database.rows(_SLICE, {"domains": domains, "after": after, "limit": limit})


async def advance(database: Database, row: Row, after: UUID, last: UUID) -> bool:
    """The contacts up to this one are gone through; False when another process did that."""
    asked = {"company": row["company_id"], "run": row["run_id"], "after": after, "last": last}
    return bool(await database.write(_ADVANCE, asked))


async def finish(database: Database, row: Row) -> None:
    await database.write(_FINISH, {"company": row["company_id"], "run": row["run_id"]})
