"""Pumps: records from assigned partitions into a slot of one batch, checked against the offsets that must come next."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from service_kit.compression import use_cheap_zstd
from service_kit.log_probe import Continuity
from service_kit.offsets import Move, Record, TopicPartition, explained

log = logging.getLogger(__name__)
COMMIT_SECONDS = 1.0
_stopping: set[asyncio.Task[None]] = set()
"""Consumers that nobody waits for any more; the loop itself keeps no hold of its tasks."""


async def first_of(*events: asyncio.Event, timeout: float | None = None) -> None:
    """Waits until one of the events is set, or the time-out in seconds has passed."""
    waiters = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED, timeout=timeout)
    finally:
        for waiter in waiters:
            waiter.cancel()


async def connected(consumer: AIOKafkaConsumer, stop: asyncio.Event, seconds: float = 1.0) -> bool:
    """Starts a consumer, trying again while no broker answers; False when stopped before."""
    use_cheap_zstd()
    while not stop.is_set():
        try:
            await consumer.start()
            return True
        except (KafkaError, OSError) as error:
            log.warning("Kafka does not answer, trying again", extra={"reason": str(error)})
            await first_of(stop, timeout=seconds)
    return False


async def closed(consumer: AIOKafkaConsumer) -> None:
    """Stops a consumer.

    Where Kafka does not answer, that takes until its requests have timed out (40 s). Who is cancelled meanwhile waits
    no longer, but the stopping goes on: else the consumer's connections and tasks would stay.
    """
    stopping = asyncio.create_task(consumer.stop())
    _stopping.add(stopping)
    stopping.add_done_callback(_stopping.discard)
    await asyncio.shield(stopping)


async def replaced(consumer: AIOKafkaConsumer) -> None:
    """Begins to stop a consumer that another one follows, and waits for that no longer than it takes to be heard."""
    stopping = asyncio.create_task(closed(consumer))
    _stopping.add(stopping)
    stopping.add_done_callback(_stopping.discard)
    await asyncio.wait({stopping}, timeout=1.0)


class Turns:
    """Lets a consumer fetch only while its reader waits: each batch is all that came while the last was handled.

    aiokafka fetches again as soon as records are taken, and gets the first record that comes: a reader that is busy for
    a while would find that one alone, and pay a whole transaction for it. `pace` is the least time in seconds from the
    beginning of one batch to the next: what comes within it shares a transaction.
    """

    def __init__(self, consumer: AIOKafkaConsumer, *, pace: float = 0.0) -> None:
        self._consumer, self._pace = consumer, pace
        self._began = -pace

    async def records(self, stop: asyncio.Event, max_records: int) -> Mapping[Any, list[Record]]:
        """The next records by partition; empty after a second without any, or when stopped."""
        rest = self._began + self._pace - time.monotonic()
        if rest > 0:
            await first_of(stop, timeout=rest)
        self._consumer.resume(*self._consumer.paused())
        got: Mapping[Any, list[Record]] = await self._consumer.getmany(timeout_ms=1000, max_records=max_records)
        if got:
            self._consumer.pause(*self._consumer.assignment())
            self._began = time.monotonic()
        return got


class Pump:
    """Reads some topics for one loop that takes batches. Never joins a group: `group` only names committed offsets.

    `wake` is set whenever the slot is filled; several pumps may share it, and the loop then looks into each slot in
    its own order of preference. A batch is whatever had come, at most `max_records`, which may be changed. The slot is
    filled when the loop has looked into it in vain, at most once in `pace` seconds; that of an `eager` pump, as soon as
    it is empty.
    """

    def __init__(
        self,
        bootstrap: str,
        topics: Iterable[str],
        *,
        wake: asyncio.Event,
        group: str | None = None,
        max_records: int = 500,
        eager: bool = False,
        pace: float = 0.0,
    ) -> None:
        self.topics = frozenset(topics)
        self.max_records = max_records
        self._wake = wake
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_bytes=16 * 1024 * 1024,
        )
        self._eager, self._turns = eager, Turns(self._consumer, pace=pace)
        self._commits = group is not None
        self._continuity = Continuity()
        self._slot: list[Record] | None = None
        self._emptied = asyncio.Event()
        self._looked = asyncio.Event()
        self._looked.set()
        self._to_commit: dict[TopicPartition, int] = {}
        self._committed_at = 0.0
        self._committing: asyncio.Task[None] | None = None

    async def start(self, offsets: Mapping[TopicPartition, int], stop: asyncio.Event | None = None) -> None:
        """Assigns exactly these partitions and seeks their next offsets; waits for Kafka if it is away."""
        if await connected(self._consumer, stop or asyncio.Event()):
            self._consumer.assign([KafkaPartition(*place) for place in offsets])
            await self.rewind(offsets)

    async def run(self, stop: asyncio.Event) -> None:
        """Fills the slot until `stop`. Raises OffsetsDoNotFit when the log was cut below the offsets."""
        try:
            while not stop.is_set():
                if not self._eager:
                    await first_of(self._looked, stop)
                records = await self._next(stop)
                if records:
                    self._looked.clear()
                    self._slot = records
                    self._emptied.clear()
                    self._wake.set()
                    while self._slot is not None and not stop.is_set():
                        await first_of(self._emptied, stop)
                self._commit_now_and_then()
        finally:
            if self._committing is not None:
                await asyncio.wait({self._committing}, timeout=COMMIT_SECONDS)
                self._committing.cancel()
            await closed(self._consumer)

    def take(self) -> list[Record] | None:
        """The batch in the slot, which is free then; None when there is none."""
        records, self._slot = self._slot, None
        if records is None:
            self._looked.set()
        self._emptied.set()
        return records

    async def rewind(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Drops what is in the slot and goes on at these offsets: after any batch that was not committed."""
        self._slot = None
        self._continuity.expected.clear()
        for (topic, partition), offset in offsets.items():
            if topic in self.topics:
                self._continuity.expected[topic, partition] = offset
                self._consumer.seek(KafkaPartition(topic, partition), offset)
        self._looked.set()
        self._emptied.set()

    def commit_later(self, moves: Sequence[Move]) -> None:
        """Tells Kafka the offsets, for lag tools only: at most once a second, failures don't matter."""
        for move in moves:
            self._to_commit[move.topic, move.partition] = move.next

    async def lag(self) -> int:
        """Records that wait in the log or in the slot, for a watchdog."""
        ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
        expected = self._continuity.expected
        waiting: int = sum(max(0, end - expected.get((at.topic, at.partition), end)) for at, end in ends.items())
        return waiting + len(self._slot or ())

    async def _next(self, stop: asyncio.Event) -> list[Record]:
        try:
            got = await self._turns.records(stop, self.max_records)
        except OffsetOutOfRangeError as error:
            raise explained(
                [f"the log no longer holds offsets that are next: {error.args}"],
                "Records were removed before they were handled; compare and accept the loss by hand.",
            ) from error
        batch: list[Record] = []
        for at, records in got.items():
            place = (at.topic, at.partition)
            if self._continuity.check(place, records):
                batch += records
            elif place in self._continuity.expected:
                self._consumer.seek(at, self._continuity.expected[place])
        return batch

    def _commit_now_and_then(self) -> None:
        due = time.monotonic() - self._committed_at >= COMMIT_SECONDS
        if self._commits and self._to_commit and due and (self._committing is None or self._committing.done()):
            self._committed_at = time.monotonic()
            offsets = {KafkaPartition(*place): offset for place, offset in self._to_commit.items()}
            self._to_commit = {}
            self._committing = asyncio.create_task(self._commit(offsets))

    async def _commit(self, offsets: dict[KafkaPartition, int]) -> None:
        try:
            await self._consumer.commit(offsets)
        except KafkaError as error:
            log.info("offsets for lag tools were not committed", extra={"reason": str(error)})
