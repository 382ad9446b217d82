"""An agent's notifications: the agent's own and those of the inboxes it belongs to, as one list, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from inbox_projection.policy import Caller
from inbox_projection.pool import Database, Row

MOST_COUNTED: Final = 100

_READ: Final = """
((n.at, n.notification_id) <= (mark.at, mark.notification_id)
 or exists (select from inbox.read_marks r where r.conversation_id = n.conversation_id and r.agent_id = %(me)s
            and r.up_to >= n.sequence)
 or exists (select from inbox_projection.notification_reads s where s.agent_id = %(me)s
            and s.notification_id = n.notification_id and s.at >= n.at))
"""
_WANTED: Final = f"""
n.kind = any(%(kinds)s) and (n.at, n.notification_id) < (%(at)s, %(id)s)
and coalesce(n.conversation_id <> all(%(open)s::uuid[]), true)
and (not %(unread)s or not {_READ})
"""
_MINE: Final = f"""
with mark as (
    select m.at, m.notification_id from inbox_projection.notification_marks m where m.agent_id = %(me)s
    union all select '-infinity', '00000000-0000-0000-0000-000000000000' order by at desc limit 1),
mine as (
    (select n.* from inbox.notifications n, mark
     where n.agent_id = %(me)s and (%(all)s or n.inbox_id = any(%(reach)s)) and {_WANTED}
     order by n.at desc, n.notification_id desc limit %(limit)s)
    union all
    select own.* from unnest(%(inboxes)s::uuid[]) as i(inbox_id), mark cross join lateral (
        select n.* from inbox.notifications n
        where n.inbox_id = i.inbox_id and n.agent_id is null and n.actor_id <> %(me)s::text and {_WANTED}
          and not exists (select from inbox.conversations c where c.conversation_id = n.conversation_id
                          and c.inbox_id <> n.inbox_id)
        order by n.at desc, n.notification_id desc limit %(limit)s) own)
"""  # noqa: S608 (of this file)
_PAGE: Final = (
    _MINE
    + f"""
select n.notification_id as id, n.kind, n.conversation_id, n.channel_id, n.inbox_id, n.sequence, n.at, n.actor_kind,
       n.actor_id, a.name as actor_name, {_READ} as read
from mine n cross join mark
left join inbox.agents a on n.actor_kind = 'agent' and a.agent_id::text = n.actor_id
order by n.at desc, n.notification_id desc limit %(limit)s
"""  # noqa: S608 (of this file)
)
_COUNT: Final = _MINE + "select count(*) as unread from (select 1 from mine limit %(limit)s) counted"  # noqa: S608
_MINE_IS: Final = "(n.agent_id = %(me)s or (n.agent_id is null and n.inbox_id = any(%(inboxes)s)))"
_MARK: Final = f"""
insert into inbox_projection.notification_marks as m (agent_id, at, notification_id)
select %(me)s, n.at, n.notification_id from inbox.notifications n where n.notification_id = %(id)s
  and {_MINE_IS}
on conflict (agent_id) do update set
    at = greatest(m.at, excluded.at),
    notification_id = case when excluded.at > m.at then excluded.notification_id
                           when excluded.at < m.at then m.notification_id
                           else greatest(m.notification_id, excluded.notification_id) end
returning agent_id
"""  # noqa: S608 (of this file)
_MARK_ONE: Final = f"""
with passed as (
    delete from inbox_projection.notification_reads s using inbox_projection.notification_marks m
    where s.agent_id = %(me)s and m.agent_id = %(me)s and s.notification_id <> %(id)s and s.at < m.at)
insert into inbox_projection.notification_reads as s (agent_id, notification_id, at)
select %(me)s, n.notification_id, n.at from inbox.notifications n where n.notification_id = %(id)s and {_MINE_IS}
on conflict (agent_id, notification_id) do update set at = greatest(s.at, excluded.at)
returning agent_id
"""  # noqa: S608 (of this file)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Wanted:
    """What the caller is shown: kinds that the caller wants to be told of, in inboxes that the caller belongs to. What
    concerns a conversation that the caller has open now is held back."""

    caller: Caller
    kinds: Sequence[str]
    unread: bool = False
    open: Sequence[UUID] = ()

    def parameters(self, after: Place | None, limit: int) -> dict[str, Any]:
        reach = self.caller.reach
        return {
            "me": self.caller.agent_id,
            "kinds": list(self.kinds),
            "unread": self.unread,
            "open": list(self.open),
            "all": reach is None,
            "reach": list(reach or ()),
            "inboxes": list(self.caller.inbox_ids),
            "at": "infinity" if after is None else after.at,
            "id": UUID(int=(1 << 128) - 1) if after is None else after.id,
            "limit": limit,
        }


async def page(database: Database, wanted: Wanted, after: Place | None, limit: int) -> list[Row]:
    """Newest first; ask for one more than shown to know whether there is more."""
    return await database.rows(_PAGE.encode(), wanted.parameters(after, limit))


async def unread(database: Database, caller: Caller, kinds: Sequence[str], open_: Sequence[UUID] = ()) -> int:
    """How many are unread; more than a hundred are counted as a hundred, so that counting never takes long."""
    row = await database.row(_COUNT.encode(), Wanted(caller, kinds, True, open_).parameters(None, MOST_COUNTED))
    return 0 if row is None else int(row["unread"])


async def kinds_of(database: Database, agent_id: UUID) -> list[str]:
    """What the agent wants to be told of."""
    row = await database.row("select told_in_app from inbox.agents where agent_id = %s", (agent_id,))
    return [] if row is None else list(row["told_in_app"])


async def preferences(database: Database, agent_id: UUID) -> dict[str, Any]:
    """All that the agent chose, as the API gives it."""
    row = await database.row(
        "select told_in_app as in_app, told_by_mail as mail, mail_rhythm from inbox.agents where agent_id = %s",
        (agent_id,),
    )
    return {} if row is None else dict(row)


async def mark_read(database: Database, caller: Caller, notification_id: UUID) -> bool:
    """All up to this one are read from now on, none becomes unread; False when it is none of the caller's."""
    return bool(await database.write(_MARK.encode(), _one(caller, notification_id)))


async def mark_one_read(database: Database, caller: Caller, notification_id: UUID) -> bool:
    """This one is read until it comes anew, the others stay; False when it is none of the caller's."""
    return bool(await database.write(_MARK_ONE.encode(), _one(caller, notification_id)))


def _one(caller: Caller, notification_id: UUID) -> dict[str, Any]:
    return {"me": caller.agent_id, "id": notification_id, "inboxes": list(caller.inbox_ids)}


def shaped(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "conversation_id": row["conversation_id"],
        "channel_id": row["channel_id"],
        "inbox_id": row["inbox_id"],
        "sequence": row["sequence"],
        "at": row["at"],
        "actor": {
            "kind": row["actor_kind"],
            "id": row["actor_id"] if row["actor_kind"] == "agent" else None,
            "name": row["actor_name"],
        },
        "read": row["read"],
    }
