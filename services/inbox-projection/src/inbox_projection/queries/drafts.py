"""Drafts, one for each agent and conversation: shown until a reply of that agent follows, or the contact is erased. An
agent's first message, which has no conversation yet, is drafted under the agent's own id.

Every change is told (CHANNEL) in the statement that makes it: what is not kept is not told, and the other way round."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from inbox_projection.pool import Database, Row

Became = Literal["kept", "sent", "discarded"]

CHANNEL: Final = "inbox_drafts"
"""Of NOTIFY: a `Told` for every draft that was kept or is gone."""
ANSWERED: Final = """exists (select from inbox.messages m where m.conversation_id = d.conversation_id
                      and m.direction = 'out' and m.author_id = d.agent_id and m.at >= d.updated_at)"""
_READ: Final = f"""
select d.content, d.updated_at from inbox_projection.drafts d
  join inbox.conversations c on c.conversation_id = d.conversation_id
  join inbox.contacts p on p.contact_id = c.contact_id and p.erased_at is null
 where d.conversation_id = %s and d.agent_id = %s and not {ANSWERED}
"""  # noqa: S608 (of this file)
_READ_FIRST: Final = """
select content, updated_at from inbox_projection.drafts where conversation_id = %(me)s and agent_id = %(me)s
"""
_TOLD: Final = """
select pg_notify('inbox_drafts', json_build_object('agent_id', agent_id, 'conversation_id', conversation_id,
                                                   'became', %(became)s::text, 'writer', %(writer)s::uuid)::text)
  from changed
"""
_KEEP: Final = f"""
with changed as (
  insert into inbox_projection.drafts as d (conversation_id, agent_id, content, updated_at, writer)
  values (%(conversation)s, %(agent)s, %(content)s, %(at)s, %(writer)s)
  on conflict (conversation_id, agent_id) do update
     set content = excluded.content, updated_at = excluded.updated_at, writer = excluded.writer
   where excluded.writer is null or d.writer = excluded.writer or d.updated_at = %(based_on)s::timestamptz
      or {ANSWERED}
  returning conversation_id, agent_id
), released as (
  delete from inbox_projection.draft_uploads u using changed c
   where (u.conversation_id, u.agent_id) = (c.conversation_id, c.agent_id) and u.upload_id <> all(%(uploads)s::uuid[])
), held as (
  insert into inbox_projection.draft_uploads (conversation_id, agent_id, upload_id)
  select c.conversation_id, c.agent_id, f.upload_id from changed c join inbox_projection.uploads f
      on f.agent_id = c.agent_id and f.used_by is null and f.upload_id = any(%(uploads)s::uuid[])
     for key share of f
  on conflict do nothing
) {_TOLD}"""  # noqa: S608 (of this file)
_DROP: Final = f"""
with changed as (
  delete from inbox_projection.drafts
   where conversation_id = %(conversation)s and agent_id = %(agent)s
     and updated_at <= coalesce(%(until)s::timestamptz, 'infinity')
  returning conversation_id, agent_id
) {_TOLD}"""  # noqa: S608 (of this file)
_FORGET: Final = """
delete from inbox_projection.drafts d using inbox.conversations c
where c.conversation_id = d.conversation_id and c.contact_id = %s
"""
_SWEEP: Final = """
delete from inbox_projection.drafts d
 where d.updated_at < now() - interval '90 days'
    or exists (select from inbox.conversations c join inbox.contacts p using (contact_id)
                where c.conversation_id = d.conversation_id and p.erased_at is not null)
"""


class Writer(msgspec.Struct, frozen=True):
    """A page of the agent's, and when what it goes on from was kept (None: it knows of no draft). Without an id it is
    a program that takes the place of whatever there is."""

    writer: UUID | None = None
    based_on: datetime | None = None


UNKNOWN: Final = Writer()


class Told(msgspec.Struct, frozen=True):
    """What CHANNEL says of a draft: whose, where, what became of it and by whom. A first message's conversation is the
    agent."""

    agent_id: UUID
    conversation_id: UUID
    became: Became
    writer: UUID | None


async def read(database: Database, conversation_id: UUID, agent_id: UUID) -> Row | None:
    """The draft, None where there is none (any more)."""
    return await database.row(_READ, (conversation_id, agent_id))


async def read_first(database: Database, agent_id: UUID) -> Row | None:
    """The draft of a first message."""
    return await database.row(_READ_FIRST, {"me": agent_id})


async def keep(
    database: Database,
    conversation_id: UUID,
    agent_id: UUID,
    content: str,
    at: datetime,
    by: Writer = UNKNOWN,
    uploads: Collection[UUID] = (),
) -> bool:
    """In the place of the one before, with these uploads of the agent, which stay as long as it does. False, and
    nothing is kept, where another one wrote since `by` has read it."""
    asked: dict[str, Any] = {"conversation": conversation_id, "agent": agent_id, "content": content, "at": at}
    asked["uploads"] = list(uploads)
    return bool(await database.write(_KEEP, {**asked, "became": "kept", **msgspec.structs.asdict(by)}))


async def drop(database: Database, conversation_id: UUID, agent_id: UUID, by: UUID | None = None) -> None:
    """Thrown away."""
    await _drop(database, conversation_id, agent_id, "discarded", by, None)


async def drop_sent(
    database: Database, conversation_id: UUID, agent_id: UUID, sent_at: datetime, by: UUID | None = None
) -> None:
    """A mail was sent: what was written for it goes; what was written since stays."""
    await _drop(database, conversation_id, agent_id, "sent", by, sent_at)


async def _drop(
    database: Database, conversation_id: UUID, agent_id: UUID, became: Became, by: UUID | None, until: datetime | None
) -> None:
    asked = {"conversation": conversation_id, "agent": agent_id, "until": until, "became": became, "writer": by}
    await database.write(_DROP, asked)


async def forget(database: Database, contact_id: UUID) -> None:
    """The contact is being erased."""
    await database.write(_FORGET, (contact_id,))


async def sweep(database: Database) -> None:
    """What was forgotten by everybody, and what came between the erasure of its contact and now."""
    await database.write(_SWEEP)
