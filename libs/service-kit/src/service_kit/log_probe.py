"""Looks into the log without a group: where partitions begin and end, and single records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from service_kit.faults import KafkaAway
from service_kit.offsets import Record, StoredOffset, TopicPartition, explained, judge, record_id

TAIL = 500


class LogProbe:
    """An open look into the log; use `probing`. All methods raise KafkaAway when `seconds` pass without an answer."""

    def __init__(self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, seconds: float) -> None:
        self._consumer, self._admin, self._seconds = consumer, admin, seconds

    async def partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """The partitions of those topics that exist."""
        described = await self._admin.describe_topics(sorted(set(topics)))
        return [
            (entry["topic"], partition["partition"])
            for entry in described
            if entry["error_code"] == 0
            for partition in sorted(entry["partitions"], key=lambda each: int(each["partition"]))
        ]

    async def bounds(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """First offset and the one after the last, of each partition."""
        wanted = [KafkaPartition(*place) for place in places]
        if not wanted:
            return {}
        starts = await self._consumer.beginning_offsets(wanted)
        ends = await self._consumer.end_offsets(wanted)
        return {(place.topic, place.partition): (starts[place], ends[place]) for place in wanted}

    async def at(self, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, Record]:
        """The record at (or first after) each offset, which must lie before its partition's end."""
        found: dict[TopicPartition, Record] = {}
        async for place, records in self._read(offsets):
            found.setdefault(place, records[0])
            if len(found) == len(offsets):
                break
        return found

    async def tails(self, places: Iterable[TopicPartition], most: int = TAIL) -> dict[TopicPartition, list[Record]]:
        """The last records of each partition, at most `most`."""
        bounds = {place: bound for place, bound in (await self.bounds(places)).items() if bound[1] > bound[0]}
        tails: dict[TopicPartition, list[Record]] = {place: [] for place in bounds}
        waiting = set(bounds)
        async for place, records in self._read({place: max(b[0], b[1] - most) for place, b in bounds.items()}):
            tails[place].extend(records)
            if tails[place][-1].offset + 1 >= bounds[place][1]:
                waiting.discard(place)
            if not waiting:
                break
        return tails

    async def _read(self, offsets: Mapping[TopicPartition, int]) -> AsyncIterator[tuple[TopicPartition, list[Record]]]:
        if not offsets:
            return
        self._consumer.assign([KafkaPartition(*place) for place in offsets])
        for place, offset in offsets.items():
            self._consumer.seek(KafkaPartition(*place), offset)
        while True:
            got: Mapping[Any, list[Record]] = await self._consumer.getmany(timeout_ms=int(self._seconds * 1000))
            if not got:
                raise KafkaAway(f"the log gave no record of {sorted(offsets)} within {self._seconds} s")
            for place, records in got.items():
                yield (place.topic, place.partition), records


@asynccontextmanager
async def probing(bootstrap: str, seconds: float = 10.0) -> AsyncIterator[LogProbe]:
    """Raises KafkaAway when no broker answers, then or later."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=int(seconds * 1000),
        fetch_max_wait_ms=20,
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=int(seconds * 1000))
    try:
        async with asyncio.timeout(seconds):
            await consumer.start()
            await admin.start()
        yield LogProbe(consumer, admin, seconds)
    except (KafkaError, OSError, TimeoutError) as error:
        raise KafkaAway(f"the log at {bootstrap} does not answer: {type(error).__name__} {error}") from error
    finally:
        await consumer.stop()
        await admin.close()


async def log_bounds(bootstrap: str, topics: Iterable[str]) -> dict[TopicPartition, tuple[int, int]]:
    """First and next offset of every partition of the topics."""
    async with probing(bootstrap) as probe:
        return await probe.bounds(await probe.partitions(topics))


async def misfits(bootstrap: str, stored: Mapping[TopicPartition, StoredOffset]) -> dict[TopicPartition, str]:
    """Why stored offsets do not fit the log, for each partition where they do not."""
    async with probing(bootstrap) as probe:
        existing = set(await probe.partitions({topic for topic, _ in stored}))
        bounds = await probe.bounds(existing & stored.keys())
        before = {
            place: stored[place].next_offset - 1
            for place, (start, end) in bounds.items()
            if start < stored[place].next_offset <= end
        }
        ids = {place: record_id(record) for place, record in (await probe.at(before)).items()}
    reasons: dict[TopicPartition, str] = {}
    for place, offset in stored.items():
        if place not in bounds:
            reasons[place] = f"{place[0]}/{place[1]}: the topic or partition does not exist"
        elif reason := judge(place, offset, *bounds[place], ids.get(place)):
            reasons[place] = reason
    return reasons


async def fit(bootstrap: str, stored: Mapping[TopicPartition, StoredOffset], *, remedy: str) -> None:
    """Raises OffsetsDoNotFit with every reason and the remedy when the log is not the one that was read before."""
    reasons = await misfits(bootstrap, stored)
    if reasons:
        raise explained(list(reasons.values()), remedy)


class Continuity:
    """Which offset must come next, in each partition; says what to seek when something else came."""

    PATIENCE = 20

    def __init__(self) -> None:
        self.expected: dict[TopicPartition, int] = {}
        self._wrong: dict[TopicPartition, int] = {}

    @classmethod
    def starting(cls, offsets: Mapping[TopicPartition, int]) -> Self:
        one = cls()
        one.expected.update(offsets)
        return one

    def check(self, place: TopicPartition, records: list[Any]) -> bool:
        """True and moves on when these records come next. False: seek `expected[place]`.

        Raises OffsetsDoNotFit when offsets are not consecutive or seeking does not help.
        """
        first, last = records[0].offset, records[-1].offset
        if last - first + 1 != len(records):
            raise explained(
                [f"{place[0]}/{place[1]}: offsets {first} to {last} are not consecutive"],
                "Consumed topics must be neither compacted nor transactional.",
            )
        if first == self.expected.get(place):
            self.expected[place] = last + 1
            self._wrong.pop(place, None)
            return True
        self._wrong[place] = self._wrong.get(place, 0) + 1
        if self._wrong[place] > self.PATIENCE:
            raise explained(
                [f"{place[0]}/{place[1]}: offset {self.expected.get(place)} was asked for, {first} comes each time"],
                "The log was cut under a running consumer.",
            )
        return False
