"""Keeps the delivering process's copy of the channels current, and tells the workspace how their servers do."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from ingest_email.delivery_health import ChannelHealth
from ingest_email.outgoing_routes import Routes
from service_kit.consumer import first_of
from service_kit.dead_letters import DeadLetters
from service_kit.faults import KafkaAway
from service_kit.health import Health
from service_kit.replica import TopicReplica

log = logging.getLogger(__name__)
PART: Final = "channels"
CHECK_SECONDS: Final = 5.0
HURRY_SECONDS: Final = 0.2


class DeliveryChannels:
    """`run` is a task of the process; `known` returns once the copy has reached the end that workspace.v1 had."""

    def __init__(
        self, routes: Routes, replica: TopicReplica, told: ChannelHealth, dead_letters: DeadLetters, health: Health
    ) -> None:
        self.routes = routes
        self._replica, self._told, self._dead_letters, self._health = replica, told, dead_letters, health

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises what ends the copy: a log that was cut below its place."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._replica.run(stop))
            group.create_task(self._told.run(stop))
            group.create_task(self._pass_on_unreadable(stop))

    async def known(self, stop: asyncio.Event) -> None:
        """Waits while Kafka is away: a reply must not go by a server that its channel no longer has."""
        while not stop.is_set():
            try:
                await self._replica.caught_up(CHECK_SECONDS)
            except KafkaAway as away:
                self._health.not_ready(PART, str(away))
                await first_of(stop, timeout=HURRY_SECONDS)
                continue
            self._health.ready(PART)
            self.routes.up_to_date()
            return

    async def caught_up(self) -> None:
        """The copy holds all that was on workspace.v1 when this was asked. Raises KafkaAway."""
        await self._replica.caught_up(CHECK_SECONDS)

    async def close(self) -> None:
        """When the tasks have ended."""
        await self.routes.close()
        await self._dead_letters.stop()

    async def _pass_on_unreadable(self, stop: asyncio.Event) -> None:
        reader = self.routes.reader
        while not stop.is_set():
            letters = list(reader.unreadable)
            try:
                await self._dead_letters.put(letters)
                reader.buried(letters)
            except KafkaAway as away:
                log.warning("an unreadable record is not passed on, trying again", extra={"reason": str(away)})
            await first_of(stop, timeout=CHECK_SECONDS)
