"""The command port over Kafka: publishes with acks=all, reads outcomes without a group, waits for the views."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from events import codec
from events.errors import EventError
from events.outcomes import CommandHandled
from events.topics import COMMAND_OUTCOMES, COMMANDS
from inbox_projection.commands import ANSWER_SECONDS, AnyCommand, BusAway
from inbox_projection.shown import Shown

log = logging.getLogger(__name__)
PUBLISH_SECONDS: Final = 4.0
RECONNECT_SECONDS: Final = 0.5
FindOutcome = Callable[[UUID], Awaitable[CommandHandled | None]]
"""Looks an outcome up in the views, where it is when the topic's copy was missed."""


class Outcomes:
    """Who waits for which outcome; no I/O."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, set[asyncio.Future[CommandHandled]]] = {}

    def expect(self, command_id: UUID) -> asyncio.Future[CommandHandled]:
        future: asyncio.Future[CommandHandled] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(command_id, set()).add(future)
        return future

    def forget(self, command_id: UUID, future: asyncio.Future[CommandHandled]) -> None:
        waiting = self._waiting.get(command_id, set())
        waiting.discard(future)
        if not waiting:
            self._waiting.pop(command_id, None)

    def arrived(self, outcome: CommandHandled) -> None:
        for future in self._waiting.get(outcome.command_id, ()):
            if not future.done():
                future.set_result(outcome)

    def awaited(self, command_id: UUID) -> bool:
        return command_id in self._waiting


class KafkaCommands:
    """See CommandPort. `run` must be running; `ready` is set once the end of the outcomes has been sought."""

    def __init__(
        self,
        bootstrap_servers: str,
        shown: Shown,
        find_outcome: FindOutcome,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        publish_seconds: float = PUBLISH_SECONDS,
    ) -> None:
        self._answer_seconds, self._publish_seconds = answer_seconds, publish_seconds
        self._bootstrap = bootstrap_servers
        self._shown = shown
        self._find = find_outcome
        self._outcomes = Outcomes()
        self._producer: AIOKafkaProducer | None = None
        self.ready = asyncio.Event()

    async def ask(self, command: AnyCommand, *, publish: bool = True) -> CommandHandled | None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._answer_seconds
        expected = self._outcomes.expect(command.id)
        try:
            if publish:
                await self._publish(command)
            else:
                found = await self._find(command.id)
                if found is not None:
                    return found
            async with asyncio.timeout_at(deadline):
                outcome = await expected
                await self._shown.wait(outcome.shown_at)
                return outcome
        except TimeoutError:
            return await self._find(command.id)
        finally:
            self._outcomes.forget(command.id, expected)

    async def run(self) -> None:
        """Reads outcomes until cancelled; after a fault of Kafka it begins anew at the end of the topic."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                log.warning("reading outcomes failed", extra={"fault": type(error).__name__})
            self.ready.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def _publish(self, command: AnyCommand) -> None:
        record = codec.encode(command)
        try:
            async with asyncio.timeout(self._publish_seconds):
                await self.ready.wait()
                if self._producer is None:
                    raise BusAway("the bus is away")
                await self._producer.send_and_wait(
                    COMMANDS.name, record.value, key=str(command.stream).encode(), headers=record.headers
                )
        except (KafkaError, TimeoutError, OSError) as error:
            raise BusAway(f"the bus did not acknowledge the command: {type(error).__name__}") from error

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, client_id="inbox-projection-outcomes")
        try:
            await consumer.start()
            if self._producer is None:
                self._producer = await _started_producer(self._bootstrap)
            partitions = [
                TopicPartition(COMMAND_OUTCOMES.name, number) for number in range(COMMAND_OUTCOMES.partitions)
            ]
            consumer.assign(partitions)
            await consumer.seek_to_end(*partitions)
            for partition in partitions:
                await consumer.position(partition)
            self.ready.set()
            async for record in consumer:
                self._notice(record.key, record.headers, record.value)
        finally:
            await consumer.stop()

    def _notice(self, key: bytes | None, headers: list[codec.Header], value: bytes | None) -> None:
        """An outcome that somebody here waits for; all others (of other processes) are passed over unread."""
        try:
            command_id = UUID((key or b"").decode())
        except ValueError:
            return
        if not self._outcomes.awaited(command_id):
            return
        try:
            outcome = codec.decode(headers, value).data
        except EventError as error:
            log.error("an outcome cannot be read", extra={"fault": type(error).__name__})
            return
        if isinstance(outcome, CommandHandled):
            self._outcomes.arrived(outcome)


async def _started_producer(bootstrap_servers: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        client_id="inbox-projection-commands",
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_request_size=2 * 1024 * 1024,
        request_timeout_ms=3_000,
    )
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer
