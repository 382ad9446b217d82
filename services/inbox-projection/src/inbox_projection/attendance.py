"""Which agents have which conversations open: state in bounded memory, every change as a value; no I/O."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final
from uuid import UUID

import msgspec

from events.signals import PresenceState

LIFE: Final = 9.0
"""Seconds after which who no longer says so is gone; told within half a second more, so within ten in all."""
RENEW: Final = 5
"""Seconds after which a client says it again."""
MOST: Final = 20_000
MOST_OF_AGENT: Final = 50

Place = tuple[UUID, UUID]
"""A conversation and an agent."""


class Present(msgspec.Struct, frozen=True):
    """An agent in a conversation, which lies in `inbox_id`; `until` by the clock of this process."""

    inbox_id: UUID
    state: PresenceState
    until: float


class Change(msgspec.Struct, frozen=True):
    """What others are told."""

    conversation_id: UUID
    inbox_id: UUID
    agent_id: UUID
    state: PresenceState


class Attendance:
    """Places in the order in which they end. Of too many the one that would end first goes, and so does an agent's."""

    def __init__(self, *, life: float = LIFE, most: int = MOST, most_of_agent: int = MOST_OF_AGENT) -> None:
        self._life, self._most, self._most_of_agent = life, most, most_of_agent
        self._places: OrderedDict[Place, Present] = OrderedDict()
        self._agents: dict[UUID, dict[UUID, None]] = {}
        self._conversations: dict[UUID, dict[UUID, None]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def says(
        self, conversation_id: UUID, inbox_id: UUID, agent_id: UUID, state: PresenceState, now: float
    ) -> list[Change]:
        """The agent says so now; what is told of it: nothing when it was so before."""
        place = (conversation_id, agent_id)
        if state == "gone":
            return self._left(place)
        known = self._places.pop(place, None)
        self._places[place] = Present(inbox_id, state, now + self._life)
        mine = self._agents.setdefault(agent_id, {})
        mine.pop(conversation_id, None)
        mine[conversation_id] = None
        self._conversations.setdefault(conversation_id, {})[agent_id] = None
        told: list[Change] = []
        if known is None or (known.state, known.inbox_id) != (state, inbox_id):
            told.append(Change(conversation_id, inbox_id, agent_id, state))
        if len(mine) > self._most_of_agent:
            told += self._left((next(iter(mine)), agent_id))
        if len(self._places) > self._most:
            told += self._left(next(iter(self._places)))
        return told

    def ended(self, now: float) -> list[Change]:
        """Who has not said so for too long and is gone now."""
        told: list[Change] = []
        while self._places:
            place, present = next(iter(self._places.items()))
            if present.until > now:
                break
            told += self._left(place)
        return told

    def of(self, conversation_id: UUID) -> list[tuple[UUID, PresenceState]]:
        """Who has it open, and how; in the order in which they came."""
        agents = self._conversations.get(conversation_id, ())
        return [(agent_id, self._places[conversation_id, agent_id].state) for agent_id in agents]

    def open_of(self, agent_id: UUID) -> list[tuple[UUID, UUID]]:
        """The conversations that an agent has open, with their inboxes."""
        return [(one, self._places[one, agent_id].inbox_id) for one in self._agents.get(agent_id, ())]

    def _left(self, place: Place) -> list[Change]:
        present = self._places.pop(place, None)
        if present is None:
            return []
        conversation_id, agent_id = place
        for index, key, member in (
            (self._agents, agent_id, conversation_id),
            (self._conversations, conversation_id, agent_id),
        ):
            index[key].pop(member, None)
            if not index[key]:
                del index[key]
        return [Change(conversation_id, present.inbox_id, agent_id, "gone")]
