"""Hands out what waits in teams' queues when agents have become free, in the transaction of what freed them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from events.envelope import SYSTEM
from router import lookups
from router.domain import queues
from router.domain.conversation import Conversation
from router.lookup_rows import QueueDrain, Waiting
from router.states import Memory, Wanted
from router.working_set import Cause, Freed, WorkingSet
from service_kit.database import Cursor
from service_kit.event_store import EventStore

SLICE: Final = 50
"""Conversations handed out in one transaction; what is left follows in others (`BatchHandler.follow_up`), so that a
long queue neither makes a giant transaction nor keeps mails and commands waiting."""


def drain(cursor: Cursor, store: EventStore, memory: Memory, working: WorkingSet, freed: Mapping[UUID, Freed]) -> bool:
    """Gives the oldest waiting conversations of these agents' teams to whoever has room there, round robin, as many as
    one transaction takes; whether there is more to hand out. Two round trips, none where nothing waits or nobody has
    room.

    What the record itself put into the queue stays there: an agent who gives something back does not get it again.
    What nobody with room can open stays, too, and keeps nothing that came after it waiting: the line is read again
    without it.
    """
    while True:
        places = _places(working, freed)
        if not places or working.handed_out >= SLICE:
            return bool(places)
        line = _line(cursor, working, places, freed)
        _read(cursor, store, memory, working, line)
        handed_out = _hand_out(working, line, freed)
        if handed_out in (0, len(line)):
            return working.handed_out == SLICE and bool(_places(working, freed))


def _hand_out(working: WorkingSet, line: list[Waiting], freed: Mapping[UUID, Freed]) -> int:
    """How many of them, as many as the transaction still takes, somebody got."""
    before = working.handed_out
    for place in line:
        if working.handed_out == SLICE:
            break
        state = working.conversation(place.conversation_id)
        cause = _freed_in(place.team_id, working, freed)
        if not isinstance(state, Conversation) or state.waiting_in != place.team_id:
            continue
        routed = queues.hand_out(state, cause.reason, working.workspace, working.rows.known.agents)
        if routed is not None:
            working.append_conversation(place.conversation_id, (routed,), cause.cause)
            working.handed_out += 1
    return working.handed_out - before


def note_rest(working: WorkingSet, freed: Mapping[UUID, Freed]) -> None:
    """Leaves rows of what is still to be handed out, for `BatchHandler.follow_up` and for whoever comes after it."""
    for agent_id, one in freed.items():
        working.rows.writes.drains[agent_id] = QueueDrain(one.reason, one.cause.id, one.cause.correlation_id)


def rest_of(rest: QueueDrain, now: datetime) -> Freed:
    """The agent of such a row as they were freed by that record; what is handed out now happens now."""
    return Freed(rest.reason, Cause(rest.cause_id, rest.correlation_id, SYSTEM, now, now, parent=rest.cause_id))


def _places(working: WorkingSet, freed: Mapping[UUID, Freed]) -> dict[UUID, int]:
    known = working.rows.known
    return queues.places(freed, working.workspace, known.agents, known.teams, SLICE)


def _line(
    cursor: Cursor, working: WorkingSet, places: Mapping[UUID, int], freed: Mapping[UUID, Freed]
) -> list[Waiting]:
    """The heads of the queues as they are now, together, oldest first: what is stored, and what the batch changed."""
    changed = working.rows.writes.conversations
    now = max(one.cause.recorded_at for one in freed.values())
    unseen = queues.unseen(places, working.workspace, working.rows.known.agents, SLICE)
    line = lookups.waiting(cursor, places, changed, unseen)
    for stream, row in changed.items():
        team_id, since = row.team_id, row.waiting_since
        if team_id is None or since is None or (team_id, row.inbox_id) in unseen:
            continue
        if team_id in places and since < now:
            line.append(Waiting(since, stream, team_id))
    return sorted(line)


def _read(cursor: Cursor, store: EventStore, memory: Memory, working: WorkingSet, line: list[Waiting]) -> None:
    wanted = Wanted(conversations={place.conversation_id for place in line} - working.conversations.keys())
    if not wanted.conversations:
        return
    states = memory.states(wanted, store.read(cursor, memory.reading(wanted)))
    for stream, state in states.conversations.items():
        working.conversations[stream], working.heads[stream] = state, states.heads[stream]


def _freed_in(team_id: UUID, working: WorkingSet, freed: Mapping[UUID, Freed]) -> Freed:
    """What freed somebody of the team: the first of them by id."""
    members = working.workspace.teams[team_id].member_ids
    return freed[min(agent_id for agent_id in freed if agent_id in members)]
