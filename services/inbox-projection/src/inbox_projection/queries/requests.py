"""Requests that a client may repeat or ask about: rows of the schema `inbox_projection`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from events.bulk import RefusedChange
from events.outcomes import CommandHandled
from inbox_projection.pool import Database, Row

_refused: Final = msgspec.json.Decoder(tuple[RefusedChange, ...])
_NOTE: Final = """
insert into inbox_projection.requests as r (command_id, agent_id, body_hash) values (%(id)s, %(agent)s, %(hash)s)
on conflict (command_id) do update set agent_id = r.agent_id
returning r.body_hash is not distinct from %(hash)s as same_body, r.published_at is not null as published
"""
_OUTCOME: Final = """
select o.command_id, o.command, o.state, o.code, o.detail, o.resource_id, o.refused
from inbox.command_outcomes o where o.command_id = %s
"""
_STATUS: Final = """
select asked.id, o.command, coalesce(o.state, 'pending') as state, o.code, o.detail, o.resource_id
from (select %(id)s::uuid as id) asked
left join inbox_projection.requests r on r.command_id = asked.id
left join inbox.command_outcomes o on o.command_id = asked.id
where (%(everybody)s and o.command_id is not null) or r.agent_id = %(agent)s
   or (%(everybody)s and r.command_id is not null)
"""


@dataclass(frozen=True)
class Noted:
    """What an earlier request under this command id was."""

    same_body: bool
    published: bool


async def note(database: Database, command_id: UUID, agent_id: UUID, body_hash: bytes | None) -> Noted:
    """Remembers the request, or says what is remembered."""
    row = (await database.write(_NOTE, {"id": command_id, "agent": agent_id, "hash": body_hash}))[0]
    return Noted(row["same_body"], row["published"])


async def mark_published(database: Database, command_id: UUID) -> None:
    await database.write(
        "update inbox_projection.requests set published_at = now() where command_id = %s", (command_id,)
    )


async def outcome(database: Database, command_id: UUID) -> CommandHandled | None:
    """The outcome as the views have it, but for where it is shown: it is."""
    row = await database.row(_OUTCOME, (command_id,))
    if row is None:
        return None
    refused = () if row["refused"] is None else _refused.decode(row["refused"])
    return CommandHandled(**{**row, "refused": refused})


async def status(database: Database, command_id: UUID, agent_id: UUID, *, everybody: bool) -> Row | None:
    """State of a command of this agent (of anybody, when `everybody`)."""
    return await database.row(_STATUS, {"id": command_id, "agent": agent_id, "everybody": everybody})


async def forget_old(database: Database) -> None:
    """After 30 days the router has forgotten the command, too."""
    await database.write("delete from inbox_projection.requests where created_at < now() - interval '30 days'")
