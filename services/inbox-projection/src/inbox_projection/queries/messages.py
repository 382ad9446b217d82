"""The thread of a conversation, single messages, and what a reply to it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL

from inbox_projection.pool import Database, Row
from inbox_projection.queries.avatars import OF_AUTHOR
from service_kit import from_names

_COLUMNS: Final = SQL(
    "m.message_id, m.conversation_id, m.sequence, m.kind, m.direction, m.at, m.author_kind, m.author_id, m.activity,"
    " m.details, m.content, m.delivery, m.delivery_reason, m.delivery_can_retry, m.delivery_code, m.released_at,"
    " m.in_side_thread,"
    " coalesce(a.name, nullif(p.name, ''), p.handle, '') as author_name, v.version as author_avatar"
)
_JOINS: Final = SQL(
    "left join inbox.agents a on m.author_kind = 'agent' and a.agent_id = m.author_id "
    + OF_AUTHOR
    + " left join inbox.contacts p on m.author_kind = 'contact' and p.contact_id = m.author_id"
)
_THREAD: Final = (
    SQL(
        "select c.inbox_id, c.has_merged, {columns} from (select s.*, exists (select from inbox.conversations g"
        " where g.merged_into = s.conversation_id) as has_merged from inbox.conversations s) c"
        " left join lateral (select * from inbox.messages m"
        " where m.conversation_id = c.conversation_id and not c.has_merged and m.sequence > %(after)s"
        " order by m.sequence limit %(limit)s) m on true {joins}"
        " where c.conversation_id = %(id)s and c.status <> 'discarded' order by m.sequence"
    )
    .format(columns=_COLUMNS, joins=_JOINS)
    .as_bytes()
)
_MERGED_THREAD: Final = (
    SQL(
        "with one as (select %(id)s::uuid as conversation_id union all"
        " select g.conversation_id from inbox.conversations g where g.merged_into = %(id)s)"
        " select c.inbox_id, {columns} from inbox.conversations c left join lateral (select m.* from one"
        " join inbox.messages m on m.conversation_id = one.conversation_id"
        " where (m.at, m.conversation_id, m.sequence) > (%(at)s, %(of)s, %(after)s)"
        " order by m.at, m.conversation_id, m.sequence limit %(limit)s) m on true {joins}"
        " where c.conversation_id = %(id)s order by m.at, m.conversation_id, m.sequence"
    )
    .format(columns=_COLUMNS, joins=_JOINS)
    .as_bytes()
)
"""With the lines of all for which the conversation stands, by time."""
_THREAD_END: Final = (
    SQL(
        "select c.inbox_id, c.has_merged, {columns} from (select s.*, exists (select from inbox.conversations g"
        " where g.merged_into = s.conversation_id) as has_merged from inbox.conversations s) c"
        " left join lateral (select * from inbox.messages m"
        " where m.conversation_id = c.conversation_id and not c.has_merged and m.sequence < %(before)s"
        " order by m.sequence desc limit %(limit)s) m on true {joins}"
        " where c.conversation_id = %(id)s and c.status <> 'discarded' order by m.sequence desc"
    )
    .format(columns=_COLUMNS, joins=_JOINS)
    .as_bytes()
)
_MERGED_THREAD_END: Final = (
    SQL(
        "with one as (select %(id)s::uuid as conversation_id union all"
        " select g.conversation_id from inbox.conversations g where g.merged_into = %(id)s)"
        " select c.inbox_id, {columns} from inbox.conversations c left join lateral (select m.* from one"
        " join inbox.messages m on m.conversation_id = one.conversation_id"
        " where (m.at, m.conversation_id, m.sequence) < (%(at)s, %(of)s, %(before)s)"
        " order by m.at desc, m.conversation_id desc, m.sequence desc limit %(limit)s) m on true {joins}"
        " where c.conversation_id = %(id)s order by m.at desc, m.conversation_id desc, m.sequence desc"
    )
    .format(columns=_COLUMNS, joins=_JOINS)
    .as_bytes()
)
_MESSAGE: Final = (
    SQL(
        "select c.inbox_id, c.number, c.merged_into, {columns} from inbox.messages m"
        " join inbox.conversations c on c.conversation_id = m.conversation_id {joins}"
        " where m.message_id = %s and m.kind = 'message' and c.status <> 'discarded'"
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
    " and m.activity = 'ConversationRouted' where c.conversation_id = %s and c.status <> 'discarded'"
    " order by m.sequence"
)
_ANSWERED: Final = (
    "with one as (select %(id)s::uuid as conversation_id union all"
    "  select g.conversation_id from inbox.conversations g where g.merged_into = %(id)s)"
    " select c.inbox_id, c.channel_id as first_channel_id, c.subject, i.name as inbox_name, i.fallback_address,"
    " i.quote_history, m.content, m.details, m.channel_id, m.message_id, o.content as first_content"
    " from inbox.conversations c join inbox.inboxes i on i.inbox_id = c.inbox_id"
    " left join lateral (select l.* from one cross join lateral ("
    "  select content, details, channel_id, message_id, at from inbox.messages m"
    "  where m.conversation_id = one.conversation_id and m.direction = 'in' and not m.in_side_thread"
    "  order by m.sequence desc limit 1) l order by l.at desc limit 1) m on true"
    " left join lateral (select l.content from one cross join lateral ("
    "  select content, at from inbox.messages o where m.message_id is null"
    "  and o.conversation_id = one.conversation_id and o.direction = 'out' and not o.in_side_thread"
    "  and o.delivery <> 'cancelled' order by o.sequence desc limit 1) l order by l.at desc limit 1) o on true"
    " where c.conversation_id = %(id)s"
)
_INBOX: Final = (
    "select inbox_id, name as inbox_name, fallback_address from inbox.inboxes where inbox_id = %s and not archived"
)
_KIND: Final = (
    "select kind from inbox.channels where inbox_id = %s and channel_id = %s and (disconnected_at is null or fallback)"
)
_SOME: Final = (
    "select m.kind, m.direction, m.content, m.at, m.released_at, m.details, m.sequence from inbox.messages m"
    " where m.conversation_id in (select %(id)s::uuid union all select g.conversation_id from inbox.conversations g"
    "  where g.merged_into = %(id)s)"
    " and m.message_id = any(%(messages)s::uuid[]) and m.kind = 'message' order by m.at, m.sequence"
)
_CHANNELS: Final = (
    "select c.channel_id, c.inbox_id, c.address, c.from_name, c.fallback, c.disconnected_at is null as connected,"
    " i.name as inbox_name, (select name from inbox.agents where agent_id = %s) as agent_name"
    " from inbox.channels c join inbox.inboxes i on i.inbox_id = c.inbox_id"
    " where c.kind = 'email' and c.address is not null and (c.disconnected_at is null or c.fallback)"
    " order by c.connected_at, c.channel_id"
)


_EVER: Final = datetime.min.replace(tzinfo=UTC)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of a thread ended; of several conversations as one, also when, and in which of them."""

    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    at: datetime | None = None
    of: UUID | None = None


BEGINNING: Final = Place(0)
END: Final = Place(2**31 - 1)


async def thread(database: Database, conversation_id: UUID, after: Place, limit: int) -> list[Row] | None:
    """Lines after a place, oldest first, each with the conversation's `inbox_id`; None without the conversation. Of one
    that stands for others, theirs are among them, by time.

    A conversation without further lines gives one row whose `message_id` is None.
    """
    asked = {"id": conversation_id, "after": after.sequence, "limit": limit}
    rows = await database.rows(_THREAD, asked)
    if rows and rows[0]["has_merged"]:
        begin = {"at": after.at or _EVER, "of": after.of or UUID(int=0)}
        rows = [row | {"merged": True} for row in await database.rows(_MERGED_THREAD, asked | begin)]
    return rows or None


async def thread_end(database: Database, conversation_id: UUID, before: Place, limit: int) -> list[Row] | None:
    """As `thread`, but the lines before a place, the newest first."""
    asked = {"id": conversation_id, "before": before.sequence, "limit": limit}
    rows = await database.rows(_THREAD_END, asked)
    if rows and rows[0]["has_merged"]:
        end = {"at": before.at or _NEVER, "of": before.of or UUID(int=2**128 - 1)}
        rows = [row | {"merged": True} for row in await database.rows(_MERGED_THREAD_END, asked | end)]
    return rows or None


def place_of(row: Row) -> Place:
    """Where a page that ends with this line ended."""
    return Place(row["sequence"], row["at"], row["conversation_id"]) if row.get("merged") else Place(row["sequence"])


async def message(database: Database, message_id: UUID) -> Row | None:
    """A message in or out, with the `inbox_id` and `number` of its conversation."""
    return await database.row(_MESSAGE, (message_id,))


async def comment(database: Database, conversation_id: UUID, comment_id: UUID) -> Row | None:
    return await database.row(_COMMENT, (conversation_id, comment_id))


async def decisions(database: Database, conversation_id: UUID) -> list[Row] | None:
    """Routing decisions, oldest first, as `thread` gives lines."""
    return await database.rows(_DECISIONS, (conversation_id,)) or None


async def answered(database: Database, conversation_id: UUID) -> Row | None:
    """The conversation, its inbox and the last inbound message of it and of those merged into it (content None: there
    is none, or it was erased); where nobody wrote yet, our newest message. Side threads are left out."""
    return await database.row(_ANSWERED, {"id": conversation_id})


async def mail_channels(database: Database, agent_id: UUID, company: str) -> list[Row]:
    """All e-mail channels that are connected, oldest first; fallback ones always are. Their From names are those of
    what the agent writes."""
    return [
        row
        | {
            "from_name": from_names.fill(
                row["from_name"], agent=row["agent_name"] or "", inbox=row["inbox_name"], company=company
            )
        }
        for row in await database.rows(_CHANNELS, (agent_id,))
    ]


async def some(database: Database, conversation_id: UUID, message_ids: Sequence[UUID]) -> list[Row]:
    """These messages of the conversation, and of those merged into it, by time, as far as they are there."""
    return await database.rows(_SOME, {"id": conversation_id, "messages": list(message_ids)})


async def sending_inbox(database: Database, inbox_id: UUID) -> Row | None:
    """What a first message needs of its inbox; None for an archived one."""
    return await database.row(_INBOX, (inbox_id,))


async def channel_kind(database: Database, inbox_id: UUID, channel_id: UUID) -> str | None:
    """The kind of a connected channel of the inbox."""
    row = await database.row(_KIND, (inbox_id, channel_id))
    return None if row is None else str(row["kind"])
