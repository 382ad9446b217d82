"""What the buses of the API do with Kafka: publish records, and read a topic without a group, from now on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from events import codec
from events.topics import Topic
from inbox_projection.commands import BusAway

log = logging.getLogger(__name__)
RECONNECT_SECONDS: Final = 0.5
Notice = Callable[[bytes | None, list[codec.Header], bytes | None], None]
"""Takes a record's key, headers and value."""


class KafkaBus:
    """`run` must be running; `ready` is set once the end of the topic that it reads has been sought.

    `reading` and `writing` say what is read and written, for logs and errors; the rest are options of the producer.
    """

    def __init__(
        self, bootstrap_servers: str, *, reads: Topic, reading: str, writes: Topic, writing: str, **producer: Any
    ) -> None:
        self._bootstrap, self._options = bootstrap_servers, producer
        self._reads, self._reading = reads, reading
        self._writes, self._writing = writes, writing
        self._producer: AIOKafkaProducer | None = None
        self.ready = asyncio.Event()

    async def publish(self, key: str, record: codec.Record, seconds: float) -> None:
        """Raises BusAway when that takes longer."""
        try:
            async with asyncio.timeout(seconds):
                await self.ready.wait()
                if self._producer is None:
                    raise BusAway("the bus is away")
                await self._producer.send_and_wait(
                    self._writes.name, record.value, key=key.encode(), headers=record.headers
                )
        except (KafkaError, TimeoutError, OSError) as error:
            raise BusAway(f"the bus did not acknowledge the {self._writing}: {type(error).__name__}") from error

    async def run(self, notice: Notice) -> None:
        """Reads until cancelled; after a fault of Kafka it begins anew at the end of the topic."""
        while True:
            try:
                await self._read(notice)
            except (KafkaError, OSError) as error:
                log.warning(f"reading {self._reading} failed", extra={"fault": type(error).__name__})
            self.ready.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def _read(self, notice: Notice) -> None:
        client_id = f"inbox-projection-{self._reading}"
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, client_id=client_id)
        try:
            await consumer.start()
            if self._producer is None:
                self._producer = await self._started_producer()
            partitions = [TopicPartition(self._reads.name, number) for number in range(self._reads.partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_end(*partitions)
            for partition in partitions:
                await consumer.position(partition)
            self.ready.set()
            async for record in consumer:
                notice(record.key, record.headers, record.value)
        finally:
            await consumer.stop()

    async def _started_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=f"inbox-projection-{self._writing}s",
            linger_ms=0,
            **self._options,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer
