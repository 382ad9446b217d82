"""Single conversations, and what a row of one is to the API."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from psycopg.sql import SQL

from inbox_projection.pool import Database, Row
from service_kit import mail_size

COLUMNS: Final = SQL(
    "c.conversation_id, c.number, c.inbox_id, coalesce(p.merged_into, c.contact_id) as contact_id,"
    " c.channel, c.channel_id, c.status, c.priority,"
    " array(select distinct coalesce(d.name, l.name) from unnest(c.labels) as l(name)"
    " left join inbox.labels d on l.name = any(d.former_names) order by 1) as labels,"
    " c.assignee_id, c.team_id, c.created_at, c.last_message_at, c.sequence, c.snoozed_until,"
    " c.message_count + coalesce((select sum(g.message_count) from inbox.conversations g"
    " where g.merged_into = c.conversation_id), 0)::integer as message_count,"
    " c.muted, c.merged_into, c.follow_up_of, c.follow_up_ids,"
    " c.suggested_link, c.subject, c.preview, coalesce(s.name, p.name) as contact_name,"
    " case when s.contact_id is null then p.handle else s.handle end as contact_handle,"
    " case when s.contact_id is null then p.company_id else s.company_id end as company_id,"
    " array(select l.ticket_id from inbox.ticket_links l where l.conversation_id = c.conversation_id"
    " order by l.number) as ticket_ids, c.waiting_on, c.waiting_since, c.follower_ids,"
    # Whose mark is 0 has said that it is unread; who wrote the newest has read what was before it.
    " case when m.up_to = 0 then true else c.spoken > coalesce(m.up_to, 0) and c.spoken_by is distinct from"
    " %(me)s::uuid end as unread, coalesce(m.up_to, 0) as read_up_to"
)
JOINS: Final = SQL(
    "left join inbox.contacts p on p.contact_id = c.contact_id"
    " left join inbox.contacts s on s.contact_id = p.merged_into"
    " left join inbox.read_marks m on m.conversation_id = c.conversation_id and m.agent_id = %(me)s::uuid"
)
"""`me` is who looks."""
_ONE: Final = (
    SQL("select {} from inbox.conversations c {} where c.conversation_id = %(id)s and c.status <> 'discarded'")
    .format(COLUMNS, JOINS)
    .as_bytes()
)


async def one(database: Database, conversation_id: UUID, me: UUID) -> Row | None:
    return await database.row(_ONE, {"id": conversation_id, "me": me})


def shaped(row: Row) -> dict[str, Any]:
    """A row as the API gives it."""
    return {
        "id": row["conversation_id"],
        "number": row["number"],
        "inbox_id": row["inbox_id"],
        "channel": row["channel"],
        "channel_id": row["channel_id"],
        "subject": row["subject"],
        "status": row["status"],
        "priority": row["priority"],
        "labels": row["labels"],
        "contact": {"id": row["contact_id"], "name": row["contact_name"] or "", "handle": row["contact_handle"]},
        "assignee_id": row["assignee_id"],
        "team_id": row["team_id"],
        "last_message_at": row["last_message_at"],
        "preview": row["preview"],
        "unread": row["unread"],
        "read_up_to": row["read_up_to"],
        "message_count": row["message_count"],
        "sequence": row["sequence"],
        "created_at": row["created_at"],
        "waiting_on": row["waiting_on"],
        "waiting_since": row["waiting_since"],
        "snoozed_until": row["snoozed_until"],
        "follower_ids": row["follower_ids"],
        "suggested_link": row["suggested_link"],
        "muted": row["muted"],
        "merged_into": row["merged_into"],
        "follow_up_of": row["follow_up_of"],
        "follow_up_ids": row["follow_up_ids"],
        "ticket_ids": row["ticket_ids"],
        "company_id": row["company_id"],
        "capabilities": CAPABILITIES,
    }


CAPABILITIES: Final = {"html": True, "attachments": True, "max_bytes": mail_size.MAX_FILES, "window_ends_at": None}
