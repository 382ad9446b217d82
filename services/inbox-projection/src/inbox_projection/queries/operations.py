"""What could not be handled, and whether received = stored = shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from inbox_projection.pool import Database, Row

_QUARANTINE: Final = (
    'select quarantine_id, topic, partition, "offset", reason, raw, size, quarantined_at, released_at,'
    " retried_at, retry_failed"
    " from inbox.quarantine"
)
_COUNTS: Final = """
select channel, hour,
       coalesce(sum(n) filter (where kind = 'received'), 0)::bigint as received,
       coalesce(sum(n) filter (where kind = 'appended'), 0)::bigint as appended,
       coalesce(sum(n) filter (where kind = 'filtered'), 0)::bigint as filtered,
       coalesce(sum(n) filter (where kind = 'admitted'), 0)::bigint as admitted,
       coalesce(sum(n) filter (where kind = 'quarantined'), 0)::bigint as quarantined,
       coalesce(sum(n) filter (where kind = 'released'), 0)::bigint as released,
       coalesce(sum(n) filter (where kind = 'shown'), 0)::bigint as shown
from (select channel, hour, 'received' as kind, count as n from inbox.received
      where type = 'MessageReceived' and hour >= %(from)s and hour < %(to)s
      union all
      select channel, hour, outcome, count from inbox.stored where hour >= %(from)s and hour < %(to)s
      union all
      select channel, date_trunc('hour', at, 'UTC'), 'shown', count(*) from inbox.messages
      where at >= %(from)s and at < %(to)s and direction = 'in' group by 1, 2) counted
group by channel, hour order by hour, channel
"""
KINDS: Final = ("received", "appended", "filtered", "admitted", "quarantined", "released", "shown")


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of the quarantine ended."""

    at: datetime
    id: UUID


async def quarantine(database: Database, after: Place | None, limit: int) -> list[Row]:
    """What still waits, oldest first."""
    if after is None:
        return await database.rows(
            _QUARANTINE + " where released_at is null order by quarantined_at, quarantine_id limit %s", (limit,)
        )
    return await database.rows(
        _QUARANTINE + " where released_at is null and (quarantined_at, quarantine_id) > (%s, %s)"
        " order by quarantined_at, quarantine_id limit %s",
        (after.at, after.id, limit),
    )


async def quarantined(database: Database, quarantine_id: UUID) -> Row | None:
    return await database.row(_QUARANTINE + " where quarantine_id = %s", (quarantine_id,))


async def counts(database: Database, begin: datetime, end: datetime) -> list[Row]:
    """By channel and hour; both ends are full hours."""
    return await database.rows(_COUNTS, {"from": begin, "to": end})


async def shown_of(database: Database, message_ids: list[UUID]) -> tuple[set[UUID], dict[UUID, UUID]]:
    """Which of these messages are in conversations, or tests of channels, and which were filtered (message id →
    filtered id)."""
    appended = await database.rows(
        "select message_id from inbox.messages where message_id = any(%(ids)s) and kind = 'message'"
        " union all select message_id from inbox.channel_tests where message_id = any(%(ids)s)",
        {"ids": message_ids},
    )
    filtered = await database.rows(
        "select message_id, filtered_id from inbox.filtered where message_id = any(%s)", (message_ids,)
    )
    return {row["message_id"] for row in appended}, {row["message_id"]: row["filtered_id"] for row in filtered}


async def quarantine_of(database: Database, topics: list[str]) -> list[Row]:
    """All that still waits of these topics."""
    return await database.rows(_QUARANTINE + " where released_at is null and topic = any(%s)", (topics,))


def shaped_quarantined(row: Row) -> dict[str, Any]:
    return {
        "id": row["quarantine_id"],
        "topic": row["topic"],
        "partition": row["partition"],
        "offset": row["offset"],
        "reason": row["reason"],
        "size": row["size"],
        "quarantined_at": row["quarantined_at"],
        "released_at": row["released_at"],
        "retry": _retry(row),
        "raw_url": f"/api/v1/quarantine/{row['quarantine_id']}/raw",
    }


def _retry(row: Row) -> dict[str, Any] | None:
    """The last time that its channel was asked to read it anew."""
    if row["retried_at"] is None:
        return None
    state = "failed" if row["retry_failed"] is not None else "waiting" if row["released_at"] is None else "done"
    return {"state": state, "at": row["retried_at"], "reason": row["retry_failed"]}
