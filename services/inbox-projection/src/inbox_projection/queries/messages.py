"""The thread of a conversation, single messages, and what a reply to it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL

from inbox_projection.pool import Database, Row

_COLUMNS: Final = SQL(
    "m.message_id, m.conversation_id, m.sequence, m.kind, m.direction, m.at, m.author_kind, m.author_id, m.activity,"
    " m.details, m.content, m.delivery, m.delivery_reason, m.delivery_can_retry, m.delivery_code, m.released_at,"
    " m.in_side_thread,"
    " coalesce(a.name, nullif(p.name, ''), p.handle, '') as author_name"
)
_JOINS: Final = SQL(
    "left join inbox.agents a on m.author_kind = 'agent' and a.agent_id = m.author_id"
    " left join inbox.contacts p on m.author_kind = 'contact' and p.contact_id = m.author_id"
)
_THREAD: Final = (
    SQL(
        "select c.inbox_id, {columns} from inbox.conversations c left join lateral (select * from inbox.messages m"
        " where m.conversation_id = c.conversation_id and m.sequence > %(after)s order by m.sequence limit %(limit)s) m"
        " on true {joins} where c.conversation_id = %(id)s order by m.sequence"
    )
    .format(columns=_COLUMNS, joins=_JOINS)
    .as_bytes()
)
_MESSAGE: Final = (
    SQL(
        "select c.inbox_id, c.number, {columns} from inbox.messages m"
        " join inbox.conversations c on c.conversation_id = m.conversation_id {joins}"
        " where m.message_id = %s and m.kind = 'message'"
    )
    .format(columns=_COLUMNS, joins=_JOINS)
    .as_bytes()
)
_COMMENT: Final = (
    SQL(
        "select c.inbox_id, c.number, {columns} from inbox.messages m"
        " join inbox.conversations c on c.conversation_id = m.conversation_id {joins}"
        " where m.conversation_id = %s and m.message_id = %s and m.kind = 'comment'"
    )
    .format(columns=_COLUMNS, joins=_JOINS)
    .as_bytes()
)
_DECISIONS: Final = (
    "select c.inbox_id, m.message_id, m.sequence, m.at, m.details, m.content from inbox.conversations c"
    " left join inbox.messages m on m.conversation_id = c.conversation_id and m.kind = 'activity'"
    " and m.activity = 'ConversationRouted' where c.conversation_id = %s order by m.sequence"
)
_ANSWERED: Final = (
    "select c.inbox_id, c.channel_id as first_channel_id, c.subject, i.name as inbox_name, i.fallback_address,"
    " i.quote_history, m.content, m.details, m.channel_id, m.message_id, o.content as first_content"
    " from inbox.conversations c join inbox.inboxes i on i.inbox_id = c.inbox_id"
    " left join lateral (select content, details, channel_id, message_id from inbox.messages m"
    "  where m.conversation_id = c.conversation_id and m.direction = 'in' and not m.in_side_thread"
    "  order by m.sequence desc limit 1) m on true"
    " left join lateral (select content from inbox.messages o where m.message_id is null"
    "  and o.conversation_id = c.conversation_id and o.direction = 'out' and not o.in_side_thread"
    "  and o.delivery <> 'cancelled' order by o.sequence desc limit 1) o on true"
    " where c.conversation_id = %s"
)
_INBOX: Final = (
    "select inbox_id, name as inbox_name, fallback_address from inbox.inboxes where inbox_id = %s and not archived"
)
_KIND: Final = (
    "select kind from inbox.channels where inbox_id = %s and channel_id = %s and (disconnected_at is null or fallback)"
)
_SOME: Final = (
    "select m.kind, m.direction, m.content, m.at, m.released_at, m.details, m.sequence from inbox.messages m"
    " where m.conversation_id = %s and m.message_id = any(%s::uuid[]) and m.kind = 'message' order by m.sequence"
)
_CHANNELS: Final = (
    "select channel_id, inbox_id, address, from_name, fallback, disconnected_at is null as connected"
    " from inbox.channels where kind = 'email' and address is not null and (disconnected_at is null or fallback)"
    " order by connected_at, channel_id"
)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of a thread ended."""

    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


async def thread(database: Database, conversation_id: UUID, after: int, limit: int) -> list[Row] | None:
    """Lines after a sequence, oldest first, each with the conversation's `inbox_id`; None without the conversation.

    A conversation without further lines gives one row whose `message_id` is None.
    """
    rows = await database.rows(_THREAD, {"id": conversation_id, "after": after, "limit": limit})
    return rows or None


async def message(database: Database, message_id: UUID) -> Row | None:
    """A message in or out, with the `inbox_id` and `number` of its conversation."""
    return await database.row(_MESSAGE, (message_id,))


async def comment(database: Database, conversation_id: UUID, comment_id: UUID) -> Row | None:
    return await database.row(_COMMENT, (conversation_id, comment_id))


async def decisions(database: Database, conversation_id: UUID) -> list[Row] | None:
    """Routing decisions, oldest first, as `thread` gives lines."""
    return await database.rows(_DECISIONS, (conversation_id,)) or None


async def answered(database: Database, conversation_id: UUID) -> Row | None:
    """The conversation, its inbox and its last inbound message (content None: there is none, or it was erased); where
    nobody wrote yet, our newest message. Side threads are left out."""
    return await database.row(_ANSWERED, (conversation_id,))


async def mail_channels(database: Database) -> list[Row]:
    """All e-mail channels that are connected, oldest first; fallback ones always are."""
    return await database.rows(_CHANNELS)


async def some(database: Database, conversation_id: UUID, message_ids: Sequence[UUID]) -> list[Row]:
    """These messages of the conversation, in its order, as far as they are there."""
    return await database.rows(_SOME, (conversation_id, list(message_ids)))


async def sending_inbox(database: Database, inbox_id: UUID) -> Row | None:
    """What a first message needs of its inbox; None for an archived one."""
    return await database.row(_INBOX, (inbox_id,))


async def channel_kind(database: Database, inbox_id: UUID, channel_id: UUID) -> str | None:
    """The kind of a connected channel of the inbox."""
    row = await database.row(_KIND, (inbox_id, channel_id))
    return None if row is None else str(row["kind"])
