"""Drafts, one for each agent and conversation: shown until a reply of that agent follows, or the contact is erased. An
agent's first message, which has no conversation yet, is drafted under the agent's own id."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from inbox_projection.pool import Database, Row

_READ: Final = """
select d.content, d.updated_at from inbox_projection.drafts d
  join inbox.conversations c on c.conversation_id = d.conversation_id
  join inbox.contacts p on p.contact_id = c.contact_id and p.erased_at is null
 where d.conversation_id = %s and d.agent_id = %s
   and not exists (select from inbox.messages m where m.conversation_id = d.conversation_id
                      and m.direction = 'out' and m.author_id = d.agent_id and m.at >= d.updated_at)
"""
_READ_FIRST: Final = """
select content, updated_at from inbox_projection.drafts where conversation_id = %(me)s and agent_id = %(me)s
"""
_KEEP: Final = """
insert into inbox_projection.drafts (conversation_id, agent_id, content, updated_at) values (%s, %s, %s, %s)
on conflict (conversation_id, agent_id) do update set content = excluded.content, updated_at = excluded.updated_at
"""
_DROP: Final = "delete from inbox_projection.drafts where conversation_id = %s and agent_id = %s"
_DROP_SENT: Final = f"{_DROP} and updated_at <= %s"
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


async def read(database: Database, conversation_id: UUID, agent_id: UUID) -> Row | None:
    """The draft, None where there is none (any more)."""
    return await database.row(_READ, (conversation_id, agent_id))


async def read_first(database: Database, agent_id: UUID) -> Row | None:
    """The draft of a first message."""
    return await database.row(_READ_FIRST, {"me": agent_id})


async def keep(database: Database, conversation_id: UUID, agent_id: UUID, content: str, at: datetime) -> None:
    """In the place of the one before."""
    await database.write(_KEEP, (conversation_id, agent_id, content, at))


async def drop(database: Database, conversation_id: UUID, agent_id: UUID) -> None:
    await database.write(_DROP, (conversation_id, agent_id))


async def drop_sent(database: Database, conversation_id: UUID, agent_id: UUID, sent_at: datetime) -> None:
    """A reply was sent: what was written for it goes; what was written since stays."""
    await database.write(_DROP_SENT, (conversation_id, agent_id, sent_at))


async def forget(database: Database, contact_id: UUID) -> None:
    """The contact is being erased."""
    await database.write(_FORGET, (contact_id,))


async def sweep(database: Database) -> None:
    """What was forgotten by everybody, and what came between the erasure of its contact and now."""
    await database.write(_SWEEP)
