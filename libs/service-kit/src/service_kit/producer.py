"""Publishing: idempotent producers, acknowledged by all replicas, replaced after any failed send."""

from __future__ import annotations

import asyncio
import logging
import struct
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from events.codec import Header, Record
from events.topics import MAX_RECORD_BYTES
from service_kit.compression import use_cheap_zstd
from service_kit.faults import KafkaAway, RecordRefused

log = logging.getLogger(__name__)


_SEED, _FACTOR, _MASK = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


@lru_cache(maxsize=65_536)
def murmur2(key: bytes) -> int:
    """Kafka's hash of a key (Utils.murmur2 of its Java client), 32 bits unsigned."""
    words = len(key) // 4
    hashed = _SEED ^ len(key)
    for word in struct.unpack_from(f"<{words}I", key):
        word = word * _FACTOR & _MASK
        hashed = (hashed * _FACTOR ^ (word ^ word >> 24) * _FACTOR) & _MASK
    rest = key[words * 4 :]
    if rest:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _FACTOR & _MASK
    hashed = (hashed ^ hashed >> 13) * _FACTOR & _MASK
    return hashed ^ hashed >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key among so many, as every Kafka client computes it (murmur2)."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def make_producer(bootstrap: str, *, linger_ms: int = 0, max_batch_bytes: int = 256 * 1024) -> AIOKafkaProducer:
    """An idempotent producer that waits for all replicas and compresses with zstd."""
    use_cheap_zstd()
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        acks="all",
        compression_type="zstd",
        linger_ms=linger_ms,
        max_batch_size=max_batch_bytes,
        max_request_size=MAX_RECORD_BYTES,
        retry_backoff_ms=100,
    )


async def abandon(producer: AIOKafkaProducer) -> None:
    """Closes a producer without sending what it still holds; `stop` would wait for Kafka to take it.

    What is already on its way may still arrive. aiokafka (0.14) has no public way to do this.
    """
    sender: Any = producer._sender
    task = sender.sender_task
    producer._message_accumulator.fail_all(KafkaAway("the producer was abandoned"))
    if task is not None and not task.done():
        task.cancel()
    producer._closed = True
    await producer.client.close()
    if task is not None:
        with suppress(asyncio.CancelledError, KafkaError, TimeoutError):
            await asyncio.wait({task}, timeout=1.0)


def watched(sent: asyncio.Future[Any]) -> asyncio.Future[Any]:
    """The future of a send, whose failure is not reported as forgotten when its waiter has given up."""
    sent.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return sent


class Stored(NamedTuple):
    """Where an acknowledged record lies."""

    topic: str
    partition: int
    offset: int


class Publisher:
    """Publishes single records for many callers at once.

    A producer is never used again after a failed or unanswered send: the next call gets a new one. A record whose
    publishing failed may nevertheless be in the log, so callers repeat it under the same id.
    """

    def __init__(self, bootstrap: str, *, linger_ms: int = 0) -> None:
        self._bootstrap, self._linger_ms = bootstrap, linger_ms
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()

    async def start(self, timeout: float = 10.0) -> None:
        """Connects now instead of at the first publish. Raises KafkaAway."""
        try:
            async with asyncio.timeout(timeout):
                await self._ready()
        except (KafkaError, OSError, TimeoutError) as error:
            raise KafkaAway(f"Kafka does not answer: {type(error).__name__}") from error

    async def publish(self, topic: str, key: bytes, record: Record, *, timeout: float = 10.0) -> Stored:
        """Returns when all replicas have it.

        Raises KafkaAway when that is not known within `timeout` seconds, RecordRefused when it is too large for ever.
        """
        return await self.publish_raw(topic, key, record.value, record.headers, timeout=timeout)

    async def publish_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[Header], *, timeout: float = 10.0
    ) -> Stored:
        """`publish` for bytes that need not be an event."""
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(timeout):
                producer = await self._ready()
                sent = watched(await producer.send(topic, value=value, key=key, headers=headers))
                try:
                    stored = await asyncio.shield(sent)
                except MessageSizeTooLargeError:
                    self._replace(producer)
                    raise
        except MessageSizeTooLargeError as error:
            raise RecordRefused(f"a record for {topic} is too large") from error
        except (KafkaError, OSError, TimeoutError, KafkaAway) as error:
            self._replace(producer)
            raise KafkaAway(f"Kafka has not acknowledged a record for {topic}: {type(error).__name__}") from error
        return Stored(stored.topic, stored.partition, stored.offset)

    async def stop(self, seconds: float = 5.0) -> None:
        """Flushes what is on its way for at most `seconds`."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(seconds):
                    await producer.flush()
            await abandon(producer)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=seconds)

    async def _ready(self) -> AIOKafkaProducer:
        if self._producer is not None:
            return self._producer
        async with self._starting:
            if self._producer is None:
                producer = make_producer(self._bootstrap, linger_ms=self._linger_ms)
                try:
                    await producer.start()
                except BaseException:
                    await abandon(producer)
                    raise
                self._producer = producer
            return self._producer

    def _replace(self, failed: AIOKafkaProducer | None) -> None:
        if failed is not None and failed is self._producer:
            self._producer = None
            leaving = asyncio.create_task(abandon(failed))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
