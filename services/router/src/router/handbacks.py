"""Gives back what agents and teams had who left, slice by slice, in transactions between batches."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from events.envelope import SYSTEM
from router.domain import leaving
from router.handback_rows import Due, held
from router.states import Memory, Wanted
from router.working_set import Cause, WorkingSet
from service_kit.database import Cursor
from service_kit.event_store import EventStore

SLICE: Final = 50
"""Conversations given back in one transaction, so that who had thousands keeps no mail and no command waiting."""


def give_back(cursor: Cursor, store: EventStore, memory: Memory, working: WorkingSet, due: Due, now: datetime) -> None:
    """The next slice of it; with the last one the row is done. Who is back meanwhile keeps the rest.

    A conversation that was given back is the agent's no more, so that no other slice, nor a successor of this process,
    gives it back again.
    """
    who, _ = due.left
    streams: list[UUID] = []
    if leaving.is_gone(due.left, working.workspace):
        streams = held(cursor, due.left, SLICE)
    wanted = Wanted(conversations=set(streams))
    states = memory.states(wanted, store.read(cursor, memory.reading(wanted)))
    working.conversations.update(states.conversations)
    working.heads.update({stream: states.heads[stream] for stream in states.conversations})
    cause_id = due.handback.cause_id
    cause = Cause(cause_id, due.handback.correlation_id, SYSTEM, now, now, parent=cause_id)
    for stream in streams:
        routed = leaving.give_back(working.conversation(stream), who, working.workspace, working.rows.known.agents)
        if routed is not None:
            working.append_conversation(stream, (routed,), cause)
    if len(streams) < SLICE or not working.drafts:
        working.rows.writes.handbacks_done.add(due.left)
