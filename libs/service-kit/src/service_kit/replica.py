"""A local copy of a small topic, read from its beginning, that can say whether it is up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import KafkaError

from service_kit.consumer import connected, first_of
from service_kit.faults import KafkaAway
from service_kit.log_probe import Continuity, log_bounds
from service_kit.offsets import Record, TopicPartition


class TopicReplica:
    """Every process has its own; no group, nothing stored. `apply` must know by position what it has seen already."""

    def __init__(self, bootstrap: str, topics: Collection[str], apply: Callable[[Sequence[Record]], object]) -> None:
        self._bootstrap, self._topics, self._apply = bootstrap, frozenset(topics), apply
        self._continuity = Continuity()
        self._moved = asyncio.Condition()
        self._consumer: AIOKafkaConsumer | None = None
        self._asking = asyncio.Lock()
        self._asked = self._answered = 0
        self._ends: dict[TopicPartition, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Reads until `stop`; waits for Kafka. Raises what `apply` raises, and when the log was cut below its place."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, enable_auto_commit=False, auto_offset_reset="none"
        )
        if not await connected(consumer, stop):
            await consumer.stop()
            return
        try:
            bounds = await self._bounds_of_all(stop)
            starts = {place: start for place, (start, _) in bounds.items()}
            consumer.assign([KafkaPartition(*place) for place in starts])
            for place, start in starts.items():
                consumer.seek(KafkaPartition(*place), start)
            self._continuity = Continuity.starting(starts)
            self._consumer = consumer
            while not stop.is_set():
                await self._read(consumer)
        finally:
            self._consumer = None
            await consumer.stop()

    async def caught_up(self, timeout: float = 5.0) -> None:
        """Returns when the copy holds all that was in the log at some moment after this call.

        The end is asked for after the call, once for all who ask meanwhile. Raises KafkaAway when that is not so within
        `timeout` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                ends = await self._ends_after_now()
                async with self._moved:
                    await self._moved.wait_for(lambda: self._holds(ends))
        except (KafkaError, TimeoutError, OSError) as error:
            raise KafkaAway(f"the copy of {sorted(self._topics)} may be behind: {type(error).__name__}") from error

    async def _bounds_of_all(self, stop: asyncio.Event) -> Mapping[TopicPartition, tuple[int, int]]:
        """Waits until every topic exists: a copy of none would hold all that is there, and call it up to date."""
        while not stop.is_set():
            bounds = await log_bounds(self._bootstrap, self._topics)
            if {topic for topic, _ in bounds} == self._topics:
                return bounds
            await first_of(stop, timeout=1.0)
        return {}

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        got: Mapping[Any, list[Record]] = await consumer.getmany(timeout_ms=1000)
        for at, records in got.items():
            place = (at.topic, at.partition)
            if self._continuity.check(place, records):
                self._apply(records)
            else:
                consumer.seek(at, self._continuity.expected[place])
        if got:
            async with self._moved:
                self._moved.notify_all()

    def _holds(self, ends: Mapping[TopicPartition, int]) -> bool:
        return all(self._continuity.expected.get(place, -1) >= end for place, end in ends.items())

    async def _ends_after_now(self) -> Mapping[TopicPartition, int]:
        before = self._asked
        async with self._asking:
            if self._answered <= before:
                if self._consumer is None or not self._consumer.assignment():
                    raise KafkaAway(f"the copy of {sorted(self._topics)} is not being read")
                self._asked += 1
                number = self._asked
                ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
                self._ends = {(at.topic, at.partition): end for at, end in ends.items()}
                self._answered = number
            return self._ends
