"""The live projector: a group's partitions into a view, each batch with offsets and positions in one transaction."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import KafkaError

from service_kit import faults
from service_kit.consumer import Turns, connected, first_of, replaced
from service_kit.dead_letters import DeadLetters, place_of
from service_kit.faults import StaleOffsets
from service_kit.health import Health
from service_kit.lifecycle import after_batch
from service_kit.log_probe import Continuity, log_bounds
from service_kit.metrics import Metrics
from service_kit.offsets import Record, TopicPartition
from service_kit.view_applier import ViewApplier
from service_kit.view_start import ViewStart
from service_kit.view_writer import Apply, KeySource, Skipped, ViewWriter

log = logging.getLogger(__name__)
SESSION_MS = 10_000
COMMIT_SECONDS = 1.0
BACKOFF_SECONDS = 1.0


def _nothing() -> None:
    return None


class Projector:
    """Reads topics in a group and applies batches; what cannot be read or applied goes to the dead letters.

    Every batch moves its offsets by compare-and-set in the transaction of its rows, so an instance that lost its
    partitions and does not know it yet writes nothing. After any trouble the stored offsets are read again.
    """

    def __init__(
        self,
        *,
        name: str,
        instance: str,
        bootstrap: str,
        dsn: str,
        schema: str,
        topics: Collection[str],
        apply: Apply,
        dead_letters: DeadLetters,
        keys: KeySource | None = None,
        header_topics: Collection[str] = frozenset(),
        skipped: Skipped | None = None,
        on_trouble: Callable[[], None] = _nothing,
        notify_channel: str = "",
        durable: bool = False,
        max_records: int = 500,
        pace: float = 0.0,
        cuts: Mapping[str, int] | None = None,
        health: Health | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.name, self._bootstrap = name, bootstrap
        self._on_trouble, self._dead_letters = on_trouble, dead_letters
        self._max_records, self._pace, self._health = max_records, pace, health
        self._writer = ViewWriter(dsn, schema, name, keys=keys, notify_channel=notify_channel, durable=durable)
        self._topics = tuple(topics)
        self._group = {"group_id": name, "group_instance_id": f"{name}-{instance}"}
        self._continuity = Continuity()
        self._reading: AIOKafkaConsumer | None = None
        self._lying: Mapping[TopicPartition, int] = {}
        self._committed_at = 0.0
        self._applier = ViewApplier(
            self._writer,
            apply,
            self._bury,
            limit=dead_letters.limit,
            skipped=skipped,
            header_topics=header_topics,
            cuts=cuts,
        )
        self._measures = _Measures(metrics, name) if metrics else None

        self._start = ViewStart(name, bootstrap, self._applier)

    @property
    def events(self) -> int:
        """Records applied by this process."""
        return self._applier.events

    def create(self) -> None:
        """The tables `offsets` and `positions`, where absent; the schema must exist."""
        self._writer.create()

    async def run(self, stop: asyncio.Event) -> None:
        """Projects until `stop`; waits out Kafka and PostgreSQL. Raises MustStop and what no waiting can mend."""
        consumer = self._consumer()
        try:
            while not stop.is_set():
                consumer.subscribe(self._topics, listener=_Forgetting(self._continuity))
                if await connected(consumer, stop):
                    self._reading = consumer
                    turns = Turns(consumer, pace=self._pace)
                    while not stop.is_set() and await self._step(consumer, turns, stop):
                        pass
                if not stop.is_set():
                    self._reading = None
                    await replaced(consumer)
                    consumer = self._consumer()
        finally:
            self._reading = None
            await consumer.stop()
            await self._dead_letters.stop()
            await self._applier.close()

    async def lag(self) -> int:
        """Records that wait in the log for this instance, for a watchdog; of an instance without a partition those for
        which nobody moves the offsets."""
        if self._reading is None:
            return 0
        assigned = list(self._reading.assignment())
        if not assigned:
            return await self._left_lying()
        ends = await self._reading.end_offsets(assigned)
        expected = self._continuity.expected
        return sum(max(0, end - expected.get((at.topic, at.partition), end)) for at, end in ends.items())

    async def _left_lying(self) -> int:
        stored, _ = await self._applier.in_thread(partial(self._writer.load, {}))
        offsets = {place: one.next_offset for place, one in stored.items() if place[0] in self._topics}
        before, self._lying = self._lying, offsets
        if before != offsets:
            return 0
        bounds = await log_bounds(self._bootstrap, self._topics)
        return sum(max(0, end - offsets.get(place, start)) for place, (start, end) in bounds.items())

    async def _step(self, consumer: AIOKafkaConsumer, turns: Turns, stop: asyncio.Event) -> bool:
        """False when the consumer has failed: an error of its group may have ended tasks in it."""
        try:
            await self._seek_new_ones(consumer)
            got = await turns.records(stop, self._max_records)
            if not got:
                await self._applier.in_thread(self._writer.ping)
                self._show_lag(None)
            else:
                await self._take(got)
                del got
                after_batch()
            if self._health is not None:
                self._health.ready(self.name)
            await self._commit_now_and_then(consumer)
        except Exception as error:
            if faults.kind(error) != "wait":
                raise
            await self._trouble(stop, error)
            return not isinstance(error, KafkaError)
        return True

    async def _seek_new_ones(self, consumer: AIOKafkaConsumer) -> None:
        """Seeks the stored offsets of partitions that were assigned, or of all after trouble, before they are read."""
        assigned = [(at.topic, at.partition) for at in consumer.assignment()]
        unknown = [place for place in assigned if place not in self._continuity.expected]
        if not unknown:
            return
        offsets = await self._start.offsets(unknown)
        still = consumer.assignment()
        for place, offset in offsets.items():
            if KafkaPartition(*place) in still:
                self._continuity.expected[place] = offset
                consumer.seek(KafkaPartition(*place), offset)

    async def _take(self, got: Mapping[Any, list[Record]]) -> None:
        records: list[Record] = []
        for at, part in got.items():
            place = (at.topic, at.partition)
            if place not in self._continuity.expected:
                continue
            if self._continuity.check(place, part):
                records += part
            else:
                self._start.doubt(place)
                del self._continuity.expected[place]
        if records:
            began = time.monotonic()
            await self._applier.apply(records)
            self._show_lag(records[-1])
            if self._measures is not None:
                self._measures.batch(len(records), time.monotonic() - began)

    async def _bury(self, letters: Sequence[tuple[Record, str]]) -> None:
        await self._dead_letters.put(letters)
        for record, reason in letters:
            log.error("dead letter", extra={"record": place_of(record), "reason": reason})
        if self._measures is not None:
            self._measures.dead.labels(self.name).inc(len(letters))

    async def _trouble(self, stop: asyncio.Event, error: Exception) -> None:
        """Forgets what it believed, so that the stored offsets are read again before anything else."""
        reason = f"{type(error).__name__}: {error}"
        log.warning("the projector reads its offsets again", extra={"reason": reason})
        self._continuity.expected.clear()
        await self._applier.in_thread(self._on_trouble)
        if isinstance(error, StaleOffsets):
            return
        if self._health is not None:
            self._health.not_ready(self.name, reason)
        await first_of(stop, timeout=BACKOFF_SECONDS)

    async def _commit_now_and_then(self, consumer: AIOKafkaConsumer) -> None:
        """Tells Kafka the offsets, for lag tools only."""
        if time.monotonic() - self._committed_at < COMMIT_SECONDS:
            return
        self._committed_at = time.monotonic()
        assigned = consumer.assignment()
        offsets = {KafkaPartition(*place): offset for place, offset in self._continuity.expected.items()}
        ours = {place: offset for place, offset in offsets.items() if place in assigned}
        if ours:
            try:
                await consumer.commit(ours)
            except KafkaError as error:
                log.info("offsets for lag tools were not committed", extra={"reason": str(error)})

    def _show_lag(self, last: Record | None) -> None:
        if self._measures is not None:
            stamp = getattr(last, "timestamp", None)
            self._measures.lag.labels(self.name).set(max(0.0, time.time() - stamp / 1000) if stamp else 0.0)

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 3,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_bytes=16 * 1024 * 1024,
            **self._group,
        )


class _Forgetting(ConsumerRebalanceListener):  # type: ignore[misc]
    """Forgets the offsets of partitions that go to another instance, which may come back when that one has read on.

    It is no barrier: batches are checked against offsets, and rows are moved by compare-and-set, for that.
    """

    def __init__(self, continuity: Continuity) -> None:
        self._continuity = continuity

    async def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        for at in revoked:
            self._continuity.expected.pop((at.topic, at.partition), None)

    async def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        return None


class _Measures:
    def __init__(self, metrics: Metrics, view: str) -> None:
        self.view = view
        self.lag = metrics.gauge("projection_lag_seconds", "Age of the last record applied, 0 when none waits", "view")
        self.events = metrics.counter("projected_events_total", "Records applied to a view", "view")
        self.dead = metrics.counter("dead_letters_total", "Records that could not be handled", "view")
        self.seconds = metrics.seconds("projection_batch", "Time from batch to commit", "view")
        self.sizes = metrics.sizes("projection_batch_records", "Records in a batch", "view")

    def batch(self, records: int, seconds: float) -> None:
        self.events.labels(self.view).inc(records)
        self.seconds.labels(self.view).observe(seconds)
        self.sizes.labels(self.view).observe(records)
