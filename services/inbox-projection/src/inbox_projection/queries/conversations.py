"""Lists of conversations as ranges of one index each, whatever the filter; and single conversations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.sql import SQL, Composed

from inbox_projection.pool import Database, Row

STATUSES: Final = ["open", "snoozed", "resolved", "spam", "trash"]
_COLUMNS: Final = SQL(
    "c.conversation_id, c.number, c.inbox_id, coalesce(p.merged_into, c.contact_id) as contact_id,"
    " c.channel, c.channel_id, c.status, c.priority, c.labels,"
    " c.assignee_id, c.team_id, c.created_at, c.last_message_at, c.message_count, c.sequence, c.snoozed_until,"
    " c.suggested_link, c.subject, c.preview, coalesce(s.name, p.name) as contact_name,"
    " case when s.contact_id is null then p.handle else s.handle end as contact_handle,"
    " case when s.contact_id is null then p.company_id else s.company_id end as company_id,"
    " array(select l.ticket_id from inbox.ticket_links l where l.conversation_id = c.conversation_id"
    " order by l.number) as ticket_ids"
)
_ONE: Final = (
    SQL(
        "select {} from inbox.conversations c left join inbox.contacts p on p.contact_id = c.contact_id"
        " left join inbox.contacts s on s.contact_id = p.merged_into where c.conversation_id = %s"
    )
    .format(_COLUMNS)
    .as_bytes()
)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of conversations ended."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Filter:
    """What a list shows. `inboxes` None is all; `assignee` may be "none"."""

    inboxes: frozenset[UUID] | None = None
    inbox_id: UUID | None = None
    status: str | None = None
    assignee: UUID | str | None = None
    team_id: UUID | None = None
    label: str | None = None
    channel: str | None = None
    contact_id: UUID | None = None


async def page(database: Database, wanted: Filter, after: Place | None, limit: int) -> list[Row]:
    """Rows in the order of their activity, newest first; ask for one more than shown to know whether there is more."""
    shape = _Shape(
        limited=wanted.inboxes is not None,
        inbox=wanted.inbox_id is not None,
        status=wanted.status is not None,
        assignee="none" if wanted.assignee == "none" else "one" if wanted.assignee is not None else "",
        team=wanted.team_id is not None,
        label=wanted.label is not None,
        channel=wanted.channel is not None,
        contact=wanted.contact_id is not None,
        further=after is not None,
    )
    return await database.rows(
        _list_query(shape),
        {
            "inboxes": list(wanted.inboxes or ()),
            "inbox": wanted.inbox_id,
            "statuses": [wanted.status] if wanted.status is not None else STATUSES,
            "status": wanted.status,
            "assignee": wanted.assignee,
            "team": wanted.team_id,
            "label": wanted.label,
            "channel": wanted.channel,
            "contact": wanted.contact_id,
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit,
        },
    )


async def one(database: Database, conversation_id: UUID) -> Row | None:
    return await database.row(_ONE, (conversation_id,))


@dataclass(frozen=True)
class _Shape:
    """Which filters are there: what the text of the query depends on."""

    limited: bool
    inbox: bool
    status: bool
    assignee: str
    team: bool
    label: bool
    channel: bool
    contact: bool
    further: bool


@lru_cache(maxsize=1024)
def _list_query(shape: _Shape) -> bytes:
    """Keys from one index range for each (driving value × status), merged; then the rows of the page only.

    The most selective filter drives: contact, label, assignee, team, inbox, else every permitted inbox.
    """
    if shape.contact:
        branch = _branch(shape, SQL("c.contact_id = i.contact_id"), status=SQL("c.status = %(status)s"))
        keys = SQL("select k.* from {} cross join lateral ({}) k").format(PEOPLE, branch)
    elif shape.label:
        keys = _by_status(_label_branch(shape))
    elif shape.assignee == "one":
        keys = _by_status(_branch(shape, SQL("c.assignee_id = %(assignee)s"), without="assignee"))
    elif shape.assignee == "none":
        # Ordering by the whole index: the planner does not take `is null` for a constant.
        order = SQL("c.assignee_id desc, c.status desc, c.last_message_at desc, c.conversation_id desc")
        keys = _by_status(_branch(shape, SQL("c.assignee_id is null"), without="assignee", order=order))
    elif shape.team:
        keys = _by_status(_branch(shape, SQL("c.team_id = %(team)s"), without="team"))
    elif shape.inbox:
        keys = _by_status(_branch(shape, SQL("c.inbox_id = %(inbox)s"), without="inbox"))
    else:
        inboxes = (
            SQL("unnest(%(inboxes)s::uuid[]) as i(inbox_id)")
            if shape.limited
            else SQL("(select inbox_id from inbox.inboxes) as i")
        )
        branch = _branch(shape, SQL("c.inbox_id = i.inbox_id"), without="limited")
        keys = SQL("select k.* from {}, unnest(%(statuses)s::text[]) as s(status) cross join lateral ({}) k").format(
            inboxes, branch
        )
    return (
        SQL(
            "select {} from ({} order by last_message_at desc, conversation_id desc limit %(limit)s) k"
            " join inbox.conversations c on c.conversation_id = k.conversation_id"
            " left join inbox.contacts p on p.contact_id = c.contact_id"
            " left join inbox.contacts s on s.contact_id = p.merged_into"
            " order by k.last_message_at desc, k.conversation_id desc"
        )
        .format(_COLUMNS, keys)
        .as_bytes()
    )


PEOPLE: Final = SQL(
    "(select %(contact)s::uuid as contact_id union all"
    " select m.contact_id from inbox.contacts m where m.merged_into = %(contact)s) as i"
)
"""A contact and all for whom that one stands."""
_DEFAULT_ORDER: Final = SQL("c.last_message_at desc, c.conversation_id desc")
_FURTHER: Final = SQL("(c.last_message_at, c.conversation_id) < (%(at)s, %(id)s)")


def _branch(
    shape: _Shape, driver: SQL, *, without: str = "", status: SQL | None = None, order: SQL = _DEFAULT_ORDER
) -> Composed:
    conditions: list[SQL] = [driver]
    if status is None:
        conditions.append(SQL("c.status = s.status"))
    elif shape.status:
        conditions.append(status)
    conditions += [condition for name, condition in _others(shape) if name != without]
    if shape.further:
        conditions.append(_FURTHER)
    return SQL(
        "select c.conversation_id, c.last_message_at from inbox.conversations c where {} order by {} limit %(limit)s"
    ).format(SQL(" and ").join(conditions), order)


def _label_branch(shape: _Shape) -> Composed:
    """From the index of labels alone: it holds whatever else lists filter by."""
    conditions: list[SQL] = [SQL("c.label = %(label)s"), SQL("c.status = s.status")]
    conditions += [condition for name, condition in _others(shape) if name != "label"]
    if shape.further:
        conditions.append(_FURTHER)
    return SQL(
        "select c.conversation_id, c.last_message_at from inbox.conversation_labels c where {}"
        " order by c.last_message_at desc, c.conversation_id desc limit %(limit)s"
    ).format(SQL(" and ").join(conditions))


# A kind of which there is no channel has no conversations: known without a look at any of them.
_CHANNEL: Final = SQL("c.channel = %(channel)s and exists (select from inbox.channels h where h.kind = %(channel)s)")


def _others(shape: _Shape) -> list[tuple[str, SQL]]:
    found: list[tuple[str, bool, SQL]] = [
        ("inbox", shape.inbox, SQL("c.inbox_id = %(inbox)s")),
        ("limited", shape.limited, SQL("c.inbox_id = any(%(inboxes)s::uuid[])")),
        ("assignee", shape.assignee == "one", SQL("c.assignee_id = %(assignee)s")),
        ("assignee", shape.assignee == "none", SQL("c.assignee_id is null")),
        ("team", shape.team, SQL("c.team_id = %(team)s")),
        ("channel", shape.channel, _CHANNEL),
        ("label", shape.label, SQL("%(label)s = any(c.labels)")),
    ]
    return [(name, condition) for name, present, condition in found if present]


def _by_status(branch: Composed) -> Composed:
    return SQL("select k.* from unnest(%(statuses)s::text[]) as s(status) cross join lateral ({}) k").format(branch)


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
        "message_count": row["message_count"],
        "sequence": row["sequence"],
        "created_at": row["created_at"],
        "snoozed_until": row["snoozed_until"],
        "suggested_link": row["suggested_link"],
        "ticket_ids": row["ticket_ids"],
        "company_id": row["company_id"],
        "capabilities": CAPABILITIES,
    }


CAPABILITIES: Final = {"html": True, "attachments": True, "max_bytes": 25 * 1024 * 1024, "window_ends_at": None}
