"""The topic of signals: publishes this process's, reads everybody's without a group, from now on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from events import codec
from events.envelope import SYSTEM, Envelope
from events.errors import EventError
from events.signals import AgentPresent
from events.topics import SIGNALS
from inbox_projection.commands import BusAway
from service_kit.clock import Clock, utc_now
from service_kit.ids import new_id

log = logging.getLogger(__name__)
PUBLISH_SECONDS: Final = 2.0
RECONNECT_SECONDS: Final = 0.5


class KafkaSignals:
    """`run` must be running; `ready` is set once the end of the topic has been sought."""

    def __init__(self, bootstrap_servers: str, workspace_id: UUID, clock: Clock = utc_now) -> None:
        self._bootstrap, self._workspace_id, self._clock = bootstrap_servers, workspace_id, clock
        self._producer: AIOKafkaProducer | None = None
        self.ready = asyncio.Event()

    async def publish(self, signal: AgentPresent) -> None:
        """Raises BusAway when that takes longer than two seconds."""
        envelope = Envelope(
            id=new_id(),
            stream=signal.conversation_id,
            sequence=0,
            occurred_at=self._clock(),
            recorded_at=self._clock(),
            workspace_id=self._workspace_id,
            actor=SYSTEM,
            correlation_id=signal.source,
            data=signal,
        )
        record = codec.encode(envelope)
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self.ready.wait()
                if self._producer is None:
                    raise BusAway("the bus is away")
                await self._producer.send_and_wait(
                    SIGNALS.name, record.value, key=str(signal.conversation_id).encode(), headers=record.headers
                )
        except (KafkaError, TimeoutError, OSError) as error:
            raise BusAway(f"the bus did not acknowledge the signal: {type(error).__name__}") from error

    async def run(self, heard: Callable[[AgentPresent], None]) -> None:
        """Reads signals until cancelled; after a fault of Kafka it begins anew at the end of the topic."""
        while True:
            try:
                await self._read(heard)
            except (KafkaError, OSError) as error:
                log.warning("reading signals failed", extra={"fault": type(error).__name__})
            self.ready.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def _read(self, heard: Callable[[AgentPresent], None]) -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, client_id="inbox-projection-signals")
        try:
            await consumer.start()
            if self._producer is None:
                self._producer = await _started_producer(self._bootstrap)
            partitions = [TopicPartition(SIGNALS.name, number) for number in range(SIGNALS.partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_end(*partitions)
            for partition in partitions:
                await consumer.position(partition)
            self.ready.set()
            async for record in consumer:
                try:
                    signal = codec.decode(record.headers, record.value).data
                except EventError as error:
                    log.error("a signal cannot be read", extra={"fault": type(error).__name__})
                    continue
                if isinstance(signal, AgentPresent):
                    heard(signal)
        finally:
            await consumer.stop()


async def _started_producer(bootstrap_servers: str) -> AIOKafkaProducer:
    """What a signal says is over in seconds: one broker's word is enough."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        client_id="inbox-projection-signals",
        acks=1,
        linger_ms=0,
        request_timeout_ms=2_000,
    )
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer
