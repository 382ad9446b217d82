"""Who answered each contact last: read where a channel is routed by it, written with each agent's reply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from router.domain.workspace import Workspace
from router.lookup_rows import Known, Writes
from router.records import Item, Mail, Retry
from service_kit.database import Cursor

_READ: Final = """
SELECT k.contact_id, a.agent_id
FROM unnest(%(contacts)b::uuid[]) AS k(contact_id)
CROSS JOIN LATERAL (
  SELECT l.agent_id FROM router.last_agents l
  WHERE l.contact_id = k.contact_id
     OR l.contact_id IN (SELECT m.contact_id FROM router.merged m WHERE m.survivor_id = k.contact_id)
  ORDER BY l.answered_at DESC LIMIT 1
) AS a
"""
_WRITE: Final = """
INSERT INTO router.last_agents (contact_id, agent_id, answered_at)
SELECT * FROM unnest(%(contacts)b::uuid[], %(agents)b::uuid[], %(at)b::timestamptz[])
ON CONFLICT (contact_id) DO UPDATE SET agent_id = excluded.agent_id, answered_at = excluded.answered_at
"""
_FORGET: Final = "DELETE FROM router.last_agents WHERE contact_id = ANY(%(erased)b::uuid[])"


def wanted(items: Iterable[Item], known: Known, workspace: Workspace) -> set[UUID]:
    """The known authors of mails that came by a channel which gives them to who answered last; mostly none."""
    channels = {
        channel.id
        for channel in workspace.channels.values()
        if channel.email is not None
        and channel.email.routing is not None
        and channel.email.routing.kind == "last_agent"
    }
    found: set[UUID] = set()
    for item in items if channels else ():
        mail = item.inner if isinstance(item, Retry) else item
        if isinstance(mail, Mail) and mail.envelope.data.facts.channel_id in channels:
            contact_id = known.handles.get((mail.envelope.data.facts.channel, mail.handle))
            if contact_id is not None:
                found.add(contact_id)
    return found


def read(cursor: Cursor, contacts: set[UUID]) -> dict[UUID, UUID]:
    """The agent who answered each of the contacts last, under whatever id they were known; who has none is absent."""
    cursor.execute(_READ, {"contacts": list(contacts)}, binary=True)
    return dict(cursor.fetchall())


def write(cursor: Cursor, writes: Writes) -> None:
    """Nothing where no agent answered anybody and nobody was erased."""
    kept = {contact: row for contact, row in writes.last_agents.items() if contact not in writes.erased}
    if kept:
        agents, at = zip(*kept.values(), strict=True)
        cursor.execute(_WRITE, {"contacts": list(kept), "agents": list(agents), "at": list(at)}, binary=True)
    if writes.erased:
        cursor.execute(_FORGET, {"erased": list(writes.erased)}, binary=True)
