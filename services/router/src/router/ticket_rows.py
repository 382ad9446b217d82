"""The look-up rows that tickets leave behind, and the statement that writes them; no ticket, no round trip."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

from events.tickets import TicketEvent, TicketOpened
from router.domain.ticket import Ticket, TicketState
from router.lookup_rows import Known, Writes
from service_kit.database import Cursor

_WRITE: Final = """
WITH gone_tickets AS (
  DELETE FROM router.tickets WHERE contact_id = ANY(%(erased)b::uuid[])
), new_tickets AS (
  INSERT INTO router.tickets (ticket_id, contact_id)
  SELECT * FROM unnest(%(tickets)b::uuid[], %(contacts)b::uuid[]) ON CONFLICT DO NOTHING
), new_links AS (
  INSERT INTO router.ticket_links (conversation_id, ticket_id)
  SELECT * FROM unnest(%(linked)b::uuid[], %(linked_tickets)b::uuid[]) ON CONFLICT DO NOTHING
), gone_links AS (
  DELETE FROM router.ticket_links l
  USING unnest(%(unlinked)b::uuid[], %(unlinked_tickets)b::uuid[]) AS u(conversation_id, ticket_id)
  WHERE l.conversation_id = u.conversation_id AND l.ticket_id = u.ticket_id
), new_number AS (
  UPDATE router.numbers SET last = %(last_number)b::bigint WHERE name = 'ticket' AND last < %(last_number)b::bigint
)
INSERT INTO router.ticket_stages (pipeline_id, stage, tickets)
SELECT * FROM unnest(%(pipelines)b::uuid[], %(stages)b::text[], %(changes)b::bigint[])
ON CONFLICT (pipeline_id, stage) DO UPDATE SET tickets = ticket_stages.tickets + excluded.tickets
"""


def note(
    known: Known, writes: Writes, stream: UUID, event: TicketEvent, before: TicketState, after: TicketState
) -> None:
    """Brings what is known up to date with a ticket's event, and the rows to write for it."""
    if not isinstance(after, Ticket):
        return
    was = before if isinstance(before, Ticket) else None
    if was is None and isinstance(event, TicketOpened):
        known.last_ticket_number = max(known.last_ticket_number, event.number)
        writes.last_ticket_number = max(writes.last_ticket_number, event.number)
        if event.contact_id is not None:
            writes.tickets[stream] = event.contact_id
    if was is None or was.links is not after.links:
        _link(known, writes, stream, after.links, {} if was is None else was.links)
    if was is None or was.stage != after.stage:
        if was is not None:
            _count(writes, (was.pipeline_id, was.stage), -1)
        _count(writes, (after.pipeline_id, after.stage), 1)


def stages_in_use(known: Known, writes: Writes, pipeline_id: UUID) -> set[str]:
    """The stages of a pipeline that tickets are in, by what was asked for and what the batch changed."""
    counts = dict(known.ticket_stages)
    for place, change in writes.ticket_stages.items():
        counts[place] = counts.get(place, 0) + change
    return {stage for (pipeline, stage), count in counts.items() if pipeline == pipeline_id and count > 0}


def write(cursor: Cursor, writes: Writes) -> None:
    """Writes the rows of tickets, and takes those of erased persons away, when there are any."""
    if not (writes.tickets or writes.ticket_links or writes.ticket_stages or writes.erased):
        return
    stages = list(writes.ticket_stages.items())
    cursor.execute(
        _WRITE,
        {
            "erased": list(writes.erased),
            "tickets": list(writes.tickets),
            "contacts": list(writes.tickets.values()),
            **_pairs("linked", (pair for pair, linked in writes.ticket_links.items() if linked)),
            **_pairs("unlinked", (pair for pair, linked in writes.ticket_links.items() if not linked)),
            "last_number": writes.last_ticket_number,
            "pipelines": [pipeline_id for (pipeline_id, _), _ in stages],
            "stages": [stage for (_, stage), _ in stages],
            "changes": [change for _, change in stages],
        },
        prepare=True,
        binary=True,
    )


def _pairs(name: str, pairs: Iterable[tuple[UUID, UUID]]) -> dict[str, Any]:
    conversations_and_tickets = list(pairs)
    return {
        name: [conversation_id for conversation_id, _ in conversations_and_tickets],
        f"{name}_tickets": [ticket_id for _, ticket_id in conversations_and_tickets],
    }


def _link(known: Known, writes: Writes, stream: UUID, now: Collection[UUID], was: Collection[UUID]) -> None:
    for conversation_id in now:
        if conversation_id not in was:
            known.tickets[conversation_id] = (*known.tickets.get(conversation_id, ()), stream)
            writes.ticket_links[conversation_id, stream] = True
    for conversation_id in was:
        if conversation_id not in now:
            others = (each for each in known.tickets.get(conversation_id, ()) if each != stream)
            known.tickets[conversation_id] = tuple(others)
            writes.ticket_links[conversation_id, stream] = False


def _count(writes: Writes, place: tuple[UUID, str], change: int) -> None:
    writes.ticket_stages[place] = writes.ticket_stages.get(place, 0) + change
