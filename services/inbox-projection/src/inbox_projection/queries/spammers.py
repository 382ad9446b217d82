"""Who wrote the newest mail of conversations, to be kept out with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from events.bulk import Blocking
from events.filtering import SpamBlock
from events.values import Address
from inbox_projection.pool import Database

_NEWEST: Final = """
select asked.id, m.content
from unnest(%(ids)s::uuid[]) as asked (id)
cross join lateral (
  select content from inbox.messages m
  where m.conversation_id = asked.id and m.kind = 'message' and m.direction = 'in' and not m.in_side_thread
    and (%(before)s::timestamptz is null or m.at <= %(before)s)
  order by m.sequence desc limit 1
) m
"""


class _Sent(msgspec.Struct):
    """Of a message only who sent it."""

    sender: Address


async def blocks(
    database: Database, ids: Sequence[UUID], wanted: Blocking, before: datetime | None = None
) -> tuple[SpamBlock, ...]:
    """For each of these conversations whom to block, as the newest mail that came before then says; of nobody ("")
    where nobody wrote by mail, or that person was erased."""
    rows = await database.rows(_NEWEST, {"ids": list(ids), "before": before})
    senders = {row["id"]: _address(row["content"]) for row in rows}
    return tuple(_block(senders.get(each, ""), wanted) for each in ids)


def _address(content: bytes | str | None) -> str:
    address = "" if content is None else msgspec.json.decode(content, type=_Sent).sender.address.strip().lower()
    return address if "@" in address else ""


def _block(address: str, wanted: Blocking) -> SpamBlock:
    if wanted == "sender":
        return SpamBlock(field="address", value=address)
    return SpamBlock(field="domain", value=address.rpartition("@")[2])
