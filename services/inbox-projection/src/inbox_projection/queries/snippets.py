"""Snippets that an agent may use: everybody's and their own."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from events.values import Address, Attachment
from inbox_projection.pool import Database, Row

_COLUMNS: Final = "snippet_id, owner_id, name, folder, text, html, attachments, changed_at"
_MINE: Final = "not deleted and (owner_id is null or owner_id = %(agent)s)"
_PAGE: Final = (
    f"select {_COLUMNS} from inbox.snippets where {_MINE}"  # noqa: S608 (names of this file)
    " and (folder, name, snippet_id) > (%(folder)s, %(name)s, %(id)s)"
    " order by folder, name, snippet_id limit %(limit)s"
)
_ONE: Final = f"select {_COLUMNS} from inbox.snippets where {_MINE} and snippet_id = %(id)s"  # noqa: S608 (as above)
_VALUES: Final = """
select c.number, c.subject, i.name as inbox_name, i.fallback_address, i.signature, coalesce(p.name, '') as contact_name,
       coalesce(p.handle, '') as contact_email, a.name as agent_name, a.email as agent_email, a.meeting_url,
       a.signature as agent_signature, h.address as channel_address
  from inbox.conversations c
  join inbox.inboxes i on i.inbox_id = c.inbox_id
  left join inbox.contacts p on p.contact_id = c.contact_id
  left join inbox.channels h on h.channel_id = c.channel_id
  left join inbox.agents a on a.agent_id = %(agent)s
 where c.conversation_id = %(id)s
"""
_INBOX_VALUES: Final = """
select '' as number, %(subject)s as subject, i.name as inbox_name, i.fallback_address, i.signature,
       %(contact_name)s as contact_name, %(contact_email)s as contact_email, a.name as agent_name,
       a.email as agent_email, a.meeting_url, a.signature as agent_signature, h.address as channel_address
  from inbox.inboxes i
  left join inbox.channels h on h.channel_id = %(channel)s
  left join inbox.agents a on a.agent_id = %(agent)s
 where i.inbox_id = %(inbox)s
"""
_attachments: Final = msgspec.json.Decoder(tuple[Attachment, ...])


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    folder: Annotated[str, msgspec.Meta(max_length=200)]
    name: Annotated[str, msgspec.Meta(max_length=200)]
    id: UUID


FIRST: Final = Place("", "", UUID(int=0))


async def page(database: Database, agent_id: UUID, after: Place, limit: int) -> list[Row]:
    """By folder and name."""
    asked = {"agent": agent_id, "folder": after.folder, "name": after.name, "id": after.id, "limit": limit}
    return await database.rows(_PAGE, asked)


async def one(database: Database, snippet_id: UUID, agent_id: UUID) -> Row | None:
    return await database.row(_ONE, {"id": snippet_id, "agent": agent_id})


async def values(database: Database, conversation_id: UUID, agent_id: UUID) -> Row | None:
    """What variables stand for in a conversation, for an agent."""
    return await database.row(_VALUES, {"id": conversation_id, "agent": agent_id})


async def inbox_values(
    database: Database, inbox_id: UUID, channel_id: UUID | None, agent_id: UUID, to: Address, subject: str
) -> Row | None:
    """What variables stand for in a conversation that begins with a message of ours to `to`: it has no number yet."""
    asked = {
        "inbox": inbox_id,
        "channel": channel_id,
        "agent": agent_id,
        "contact_name": to.name,
        "contact_email": to.address,
        "subject": subject,
    }
    return await database.row(_INBOX_VALUES, asked)


def files_of(row: Row) -> tuple[Attachment, ...]:
    return _attachments.decode(row["attachments"])


def shaped(row: Row) -> dict[str, Any]:
    return {
        "id": row["snippet_id"],
        "shared": row["owner_id"] is None,
        "name": row["name"],
        "folder": row["folder"],
        "text": row["text"],
        "html": row["html"],
        "attachments": [
            {"id": one.id, "name": one.name, "content_type": one.content_type, "size": one.size}
            for one in files_of(row)
        ],
        "updated_at": row["changed_at"],
    }
