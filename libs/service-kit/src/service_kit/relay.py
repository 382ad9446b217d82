"""The relay: one process at a time forwards a store's notification log to Kafka, bytes as they are, in store order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from events.topics import BY_NAME
from service_kit.consumer import first_of
from service_kit.faults import KafkaAway, LeadershipLost, LogAheadOfStore
from service_kit.health import Health
from service_kit.leadership import HEARTBEAT_SECONDS, AsyncConnection, Leadership, direct_connection
from service_kit.log_probe import probing
from service_kit.metrics import Metrics
from service_kit.producer import abandon, make_producer, watched
from service_kit.relay_page import Page, Published, Row, build, newest_epoch, published, resume_point
from service_kit.relay_store import Epoch, RelayStore

log = logging.getLogger(__name__)
PAGE_EVENTS = 2_000
BATCH_BYTES = 900_000
LEAST_BATCH_BYTES = 16_000


class Relay:
    """Several may run; the holder of the advisory lock publishes, `leading` is set then (for the timers).

    Order and completeness rest on four rules. Everything up to a page's start is acknowledged before the page is sent.
    A page is one atomic batch for each partition. After a failed send, and at take-over, a new producer begins at the
    smaller of the stored position and the log's greatest. So whatever arrives in a partition, from this relay or late
    from one that slept, is a run without holes that begins at or before the partition's last position, and consumers
    who skip what is not greater see every event once and in order.
    """

    def __init__(
        self,
        bootstrap: str,
        dsn: str,
        *,
        schema: str = "router",
        store: str = "main",
        partitions: Mapping[str, int] | None = None,
        new_epoch: bool = False,
        page_events: int = PAGE_EVENTS,
        health: Health | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.leading = asyncio.Event()
        self._bootstrap, self._dsn, self._name = bootstrap, dsn, f"{schema}.{store}.relay"
        self._store = RelayStore(schema, store, page_events)
        self._partitions = partitions or {name: topic.partitions for name, topic in BY_NAME.items()}
        self._topics = [name for name in self._partitions if not name.startswith(("inbound.", "commands."))]
        self._new_epoch, self._page_events = new_epoch, page_events
        self._batch_bytes = BATCH_BYTES
        self._health = health
        self._relayed = metrics.counter("relayed_events_total", "Events forwarded to the log") if metrics else None
        self._position = metrics.gauge("relay_position", "Last acknowledged position") if metrics else None

    async def run(self, stop: asyncio.Event) -> None:
        """Waits for the lock, then forwards until `stop`. Raises LogAheadOfStore; waits out everything else."""
        while not stop.is_set():
            try:
                async with Leadership(self._dsn, self._name, process="relay", stop=stop, durable=False) as leader:
                    if leader.held:
                        await _first(leader.keep(asyncio.Event()), self._lead(leader, stop))
            except (psycopg.OperationalError, psycopg.InterfaceError, LeadershipLost) as error:
                await self._wait(stop, error)

    async def _lead(self, leader: Leadership, stop: asyncio.Event) -> None:
        """Forwards under the lock, each time with a new producer and from what the log shows.

        Pages are read through a second session: what a frozen process has not fetched would keep the lock's busy.
        """
        reader = await direct_connection(self._dsn, "relay reads", idle_session_seconds=0)
        self.leading.set()
        try:
            await self._store.listen(reader)
            while not stop.is_set():
                producer = make_producer(self._bootstrap, max_batch_bytes=2 * BATCH_BYTES)
                try:
                    await producer.start()
                    position = await self._resume(leader, reader)
                    if self._health is not None:
                        self._health.ready("relay")
                    await self._forward(leader, reader, producer, position, stop)
                except (KafkaError, KafkaAway, OSError) as error:
                    self._batch_bytes = max(LEAST_BATCH_BYTES, self._batch_bytes // 2)
                    await self._wait(stop, error)
                finally:
                    await abandon(producer)
        finally:
            self.leading.clear()
            await reader.close()

    async def _resume(self, leader: Leadership, reader: AsyncConnection) -> int:
        state = await self._store.load(leader.connection)
        async with probing(self._bootstrap) as probe:
            tails = await probe.tails(await probe.partitions(self._topics))
        last = published(tails, state.name)
        unknown, newest = await self._store.unknown(reader, last), newest_epoch(tails, self._store.store)
        if unknown or newest > state.number:
            if not self._new_epoch:
                raise _ahead(state, unknown, self._store.store, newest)
            self._new_epoch = False
            state = await self._store.begin_epoch(leader.connection, state, newest)
            log.warning("a new epoch begins", extra={"store": state.name, "after": state.since})
            last = []
        position = resume_point(state.relayed, state.since, last)
        log.info("relaying", extra={"store": state.name, "after": position, "stored": state.relayed})
        return position

    async def _forward(
        self,
        leader: Leadership,
        reader: AsyncConnection,
        producer: AIOKafkaProducer,
        confirmed: int,
        stop: asyncio.Event,
    ) -> None:
        """One page is on its way while the next is read and built, when there is more than a page to send.

        That one is sent when everything before it is acknowledged, and after storing so in the lock's session, which
        fails when the lock is lost.
        """
        page = await self._build(reader, producer, [], confirmed)
        while not stop.is_set():
            if not page.events:
                await self._store.notified(reader, HEARTBEAT_SECONDS)
                page = await self._build(reader, producer, [], confirmed)
                continue
            sent = [
                watched(await producer.send_batch(batch, topic, partition=partition))
                for (topic, partition), batch in page.batches.items()
            ]
            full = page.rest or page.events == self._page_events
            following = await self._build(reader, producer, page.rest, page.end) if full else Page(page.end)
            await _all(sent)
            confirmed = page.end
            await self._store.keep(leader.connection, confirmed)
            self._batch_bytes = min(BATCH_BYTES, self._batch_bytes * 2)
            self._count(page)
            page = following

    async def _build(self, reader: AsyncConnection, producer: AIOKafkaProducer, rows: list[Row], after: int) -> Page:
        """The page after a position, of the rows left over or else of the next ones of the store."""
        rows = rows or await self._store.after(reader, after)
        return build(rows, self._store.name, after, self._partitions, producer.create_batch, self._batch_bytes)

    async def _wait(self, stop: asyncio.Event, error: BaseException) -> None:
        reason = f"{type(error).__name__}: {error}"
        log.warning("the relay waits and begins again", extra={"reason": reason})
        if self._health is not None:
            self._health.not_ready("relay", reason)
        await first_of(stop, timeout=HEARTBEAT_SECONDS)

    def _count(self, page: Page) -> None:
        if self._relayed is not None and self._position is not None:
            self._relayed.inc(page.events)
            self._position.set(page.end)


def _ahead(state: Epoch, unknown: Sequence[Published], store: str, newest: int) -> LogAheadOfStore:
    what = f"{state.name} position {unknown[0].position} in {unknown[0].place[0]}" if unknown else f"{store}/{newest}"
    epochs = range(state.number, max(state.number, newest) + 1)
    cuts = ",".join(f"{store}/{epoch}:{state.relayed}" for epoch in epochs)
    return LogAheadOfStore(
        f"the log holds {what}, which is not in the event store: the store is an older copy. Restore the right one, or"
        f" go on without what was lost: start the relay once with --new-epoch, set POSTROOM_STORE_CUTS={cuts} for all"
        " consumers, and rebuild the views"
    )


async def _all(sent: Sequence[asyncio.Future[Any]]) -> None:
    """Waits until every batch is acknowledged or refused. Raises the first refusal."""
    if sent:
        await asyncio.wait(sent)
    refusals = [error for future in sent if (error := future.exception()) is not None]
    if refusals:
        raise refusals[0]


async def _first(*works: Coroutine[Any, Any, None]) -> None:
    """Runs until one of them ends, cancels the others, and raises what the one raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
