"""What of a workspace's set-up has happened."""

from __future__ import annotations

from typing import Final

from inbox_projection.pool import Database

STEPS: Final = ("name_inbox", "invite", "connect", "receive", "answer")
_DONE: Final = """
select exists (select from inbox.audit where kind in ('InboxCreated', 'InboxChanged')) as name_inbox,
       (select count(*) > 1 from (select from inbox.agents limit 2) a) as invite,
       exists (select from inbox.channels where not fallback and disconnected_at is null)
           or exists (select from inbox.messages where direction = 'in') as connect,
       exists (select from inbox.messages where direction = 'in') as receive,
       exists (select from inbox.audit where kind = 'ReplyQueued') as answer
"""
"""Who uses the fallback address has connected one once a mail came. The audit has what agents did."""


async def done(database: Database) -> dict[str, bool]:
    """By step, in the order of STEPS."""
    row = await database.row(_DONE)
    return {step: row is not None and bool(row[step]) for step in STEPS}
