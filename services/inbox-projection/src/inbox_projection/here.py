"""Presence in conversations: what agents say goes to every process of the API by signals.v1, and into its feeds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Final
from uuid import UUID

from events.signals import AgentPresent, PresenceState
from inbox_projection.attendance import Attendance, Change
from inbox_projection.commands import BusAway
from service_kit.ids import new_id

log = logging.getLogger(__name__)
EVERY_SECONDS: Final = 0.5
GRACE_SECONDS: Final = 2.0
"""After an agent's last feed in this process ended: a client that only lost its connection is back by then."""
Publish = Callable[[AgentPresent], Awaitable[None]]
"""Raises BusAway."""


class Here:
    """Never in the event log, and gone with the processes: who is there says so again within seconds."""

    def __init__(self, publish: Publish, tell: Callable[[Change], None], attendance: Attendance | None = None) -> None:
        self._publish, self._tell = publish, tell
        self._attendance = Attendance() if attendance is None else attendance
        self._source = new_id()
        self._feeds: Counter[UUID] = Counter()
        self._leaving: dict[UUID, float] = {}

    async def says(self, conversation_id: UUID, inbox_id: UUID, agent_id: UUID, state: PresenceState) -> None:
        """An agent says so. Raises BusAway: then nobody was told."""
        signal = AgentPresent(
            conversation_id=conversation_id, inbox_id=inbox_id, agent_id=agent_id, state=state, source=self._source
        )
        await self._publish(signal)
        self._take(signal)

    def heard(self, signal: AgentPresent) -> None:
        """A signal of some process; one's own was taken in when it was published."""
        if signal.source != self._source:
            self._take(signal)

    def of(self, conversation_id: UUID) -> list[dict[str, object]]:
        """Who has the conversation open, as the API gives it."""
        return [{"agent_id": agent_id, "state": state} for agent_id, state in self._attendance.of(conversation_id)]

    def open_of(self, agent_id: UUID) -> list[UUID]:
        """The conversations that an agent has open."""
        return [conversation_id for conversation_id, _ in self._attendance.open_of(agent_id)]

    @contextlib.contextmanager
    def feeding(self, agent_id: UUID) -> Iterator[None]:
        """While the agent's client listens. With the last one that ends here the agent has left every conversation."""
        self._feeds[agent_id] += 1
        self._leaving.pop(agent_id, None)
        try:
            yield
        finally:
            self._feeds[agent_id] -= 1
            if not self._feeds[agent_id]:
                del self._feeds[agent_id]
                self._leaving[agent_id] = _now() + GRACE_SECONDS

    async def run(self) -> None:
        """Until cancelled: notices who is gone."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Once."""
        now = _now()
        for agent_id in [agent_id for agent_id, at in self._leaving.items() if at <= now]:
            del self._leaving[agent_id]
            for conversation_id, inbox_id in self._attendance.open_of(agent_id):
                try:
                    await self.says(conversation_id, inbox_id, agent_id, "gone")
                except BusAway:
                    log.warning("who left is noticed a little later, the bus is away")
        for change in self._attendance.ended(now):
            self._tell(change)

    def _take(self, signal: AgentPresent) -> None:
        for change in self._attendance.says(
            signal.conversation_id, signal.inbox_id, signal.agent_id, signal.state, _now()
        ):
            self._tell(change)


def _now() -> float:
    return asyncio.get_running_loop().time()
