"""A contact's timeline: what was done about the person, conversations and tickets, newest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL

from inbox_projection.pool import Database, Row
from inbox_projection.queries.conversation_keys import PEOPLE
from inbox_projection.queries.tickets import Reader

_REACHED: Final = SQL("(%(everywhere)s or c.inbox_id = any(%(inboxes)s::uuid[]))")
# Each branch is a range of one index, from where the page before ended.
_PAGE: Final = (
    SQL("""
select * from (
    (select t.* from {people} cross join lateral (
        select x.event_id as id, x.at, x.kind, x.actor_kind, x.actor_id, x.conversation_id, null::uuid as ticket_id,
               x.details, x.content
        from inbox.contact_timeline x
        where x.contact_id = i.contact_id and (x.at, x.event_id) < (%(at)s, %(id)s)
          and (x.conversation_id is null or exists (
              select from inbox.conversations c where c.conversation_id = x.conversation_id and {reached}))
        order by x.at desc, x.event_id desc limit %(limit)s) t)
    union all
    (select t.* from {people} cross join lateral (
        select c.conversation_id as id, c.created_at as at, 'ConversationOpened', 'contact', c.contact_id::text,
               c.conversation_id, null::uuid, json_build_object('number', c.number, 'status', c.status)::text,
               to_json(c.subject)::text
        from inbox.conversations c
        where c.contact_id = i.contact_id and c.status <> 'discarded'
          and (c.created_at, c.conversation_id) < (%(at)s, %(id)s) and {reached}
        order by c.created_at desc, c.conversation_id desc limit %(limit)s) t)
    union all
    (select t.* from {people} cross join lateral (
        select k.ticket_id as id, k.created_at as at, 'TicketOpened', case when k.opened_by is null then 'system'
               else 'agent' end, coalesce(k.opened_by::text, ''), null::uuid, k.ticket_id,
               json_build_object('number', k.number)::text, to_json(k.title)::text
        from inbox.tickets k
        where k.contact_id = i.contact_id and (k.created_at, k.ticket_id) < (%(at)s, %(id)s)
          and (%(everywhere)s or k.assignee_id = %(me)s
               or (k.conversations = 0 and (%(manages)s or k.opened_by = %(me)s))
               or exists (select from inbox.ticket_links c where c.ticket_id = k.ticket_id and {reached}))
        order by k.created_at desc, k.ticket_id desc limit %(limit)s) t)
    union all
    (select p.contact_id, p.created_at, 'ContactCreated', 'system', '', null::uuid, null::uuid, '{{}}', null
     from {people} join inbox.contacts p on p.contact_id = i.contact_id
     where (p.created_at, p.contact_id) < (%(at)s, %(id)s))
) t order by at desc, id desc limit %(limit)s
""")
    .format(people=PEOPLE, reached=_REACHED)
    .as_bytes()
)
_LAST: Final = datetime.fromisoformat("9999-12-31T00:00:00+00:00")


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    at: datetime
    id: UUID


async def page(database: Database, reader: Reader, contact_id: UUID, after: Place | None, limit: int) -> list[Row]:
    """Entries of the contact and of all for whom it stands, as far as this reader may see what they speak of."""
    place = after or Place(_LAST, UUID(int=2**128 - 1))
    asked = {**reader.parameters, "contact": contact_id, "at": place.at, "id": place.id, "limit": limit}
    return await database.rows(_PAGE, asked)


def shaped(row: Row) -> dict[str, Any]:
    """An entry as the API gives it; what was personal is absent once the person was erased."""
    kind = KINDS[row["kind"]]
    content = None if row["content"] is None else msgspec.json.decode(row["content"])
    details = msgspec.json.decode(row["details"])
    details.pop("personal", None)
    if content is not None:
        details |= _CONTENT.get(kind, _as_it_is)(content)
    return {
        "id": row["id"],
        "at": row["at"],
        "kind": kind,
        "actor": {"kind": row["actor_kind"], "id": row["actor_id"] or None},
        "conversation_id": row["conversation_id"],
        "ticket_id": row["ticket_id"],
        "details": details,
    }


def _as_it_is(content: Any) -> dict[str, Any]:
    return dict(content)


KINDS: Final = {
    "ContactCreated": "created",
    "HandleLinked": "handle_linked",
    "HandleUnlinked": "handle_unlinked",
    "ContactUpdated": "changed",
    "ContactNoteAdded": "note",
    "ContactBlocked": "blocked",
    "ContactUnblocked": "unblocked",
    "CompanyLinked": "company_linked",
    "CompanyUnlinked": "company_unlinked",
    "ContactsMerged": "merged",
    "ContactsUnmerged": "unmerged",
    "ContactUnmerged": "separated",
    "ConversationOpened": "conversation_opened",
    "ConversationResolved": "conversation_resolved",
    "ConversationReopened": "conversation_reopened",
    "TicketOpened": "ticket_opened",
}
_CONTENT: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "conversation_opened": lambda subject: {"subject": subject},
    "ticket_opened": lambda title: {"title": title},
}
