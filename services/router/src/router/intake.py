"""The active router: takes batches from two pumps, commands first, and hands each to the batch handler's thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from router.batch import BatchHandler
from router.composition import COMMAND_TOPICS, INBOUND_TOPICS, PARTITIONS
from router.errors import words
from router.lookups import SCHEMA
from router.observation import Observation
from router.together import together
from service_kit import database, faults
from service_kit.consumer import Pump, first_of
from service_kit.faults import CommitUnclear, KafkaAway, StaleOffsets, StoodStill
from service_kit.leadership import Leadership
from service_kit.lifecycle import after_batch
from service_kit.log_probe import fit
from service_kit.offsets import Offsets, Record, StoredOffset, TopicPartition, moves_of
from service_kit.watchdog import watch

log = logging.getLogger("router.intake")
T = TypeVar("T")
GROUP: Final = "router.intake"
MAX_RECORDS: Final = 250
BESIDE_COMMANDS: Final = 120
COMMANDS_RECENT: Final = 60.0
"""Records of a batch of mails; fewer for so many seconds after a command: people who work now wait for such batches."""
PACE: Final = 0.015
LONGEST_PAUSE: Final = 5.0
DRAIN_SECONDS: Final = 30.0
"""When a batch takes longer after the end of its term, it hangs; the end of the process has a limit of its own."""
CLOSING_SECONDS: Final = 5.0
"""Consumers of a Kafka that does not answer are waited for no longer; within `run`, what is within it has less."""
INNER_SHARE: Final = 0.8
REMEDY: Final = (
    "If the log was re-created or cut on purpose, stop the router and run `python -m router offsets accept`: it goes on"
    " from where the log begins; what was handled before is recognised by its keys."
)


class Intake:
    """One per term. `run` is entered once, under the leader's lock, and ends with `stop` or an exception.

    Commands and inbound facts have a pump and a slot each, and share the wake event, so a command waits for at most one
    batch of mails. Whatever fails for reasons outside (database, lock, time-out, another router's move) is tried again
    for ever, from the stored offsets; anything else ends the term.
    """

    def __init__(
        self,
        *,
        bootstrap: str,
        dsn: str,
        handler: BatchHandler,
        observation: Observation,
        beside: Sequence[Callable[[], Awaitable[None]]] = (),
        max_records: int = MAX_RECORDS,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self._bootstrap, self._dsn, self._handler = bootstrap, dsn, handler
        self._observed, self._beside = observation, beside
        self._offsets = Offsets(SCHEMA)
        self._max_records = max_records
        self._drain_seconds, self._closing_seconds = drain_seconds, min(drain_seconds, CLOSING_SECONDS)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="router-batch")
        self._working: Future[Any] | None = None
        self._wake = asyncio.Event()
        self._handled = 0
        self._last_command = -COMMANDS_RECENT
        self._waiting_out = False

    async def run(self, stop: asyncio.Event, leader: Leadership) -> None:
        """Raises OffsetsDoNotFit, LeadershipLost, and whatever ends a pump; `stop` is set then: it is the term's own.

        The lock's heartbeat begins first: waiting for a Kafka that is away must not cost the lock. At the end nothing
        of it goes on, the batch in hand is done or failed; else StoodStill is raised, because then only the end of
        the process ends it.
        """
        works = partial(leader.keep, stop), partial(self._take_in, stop, leader)
        try:
            await together(stop, *works, drain_seconds=self._closing_seconds)
        finally:
            self._thread.shutdown(wait=False)
            await self._batch_done()

    async def _batch_done(self) -> None:
        """Waits for the thread. Raises StoodStill."""
        working = self._working
        if working is None or working.done():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain_seconds):
                await asyncio.gather(asyncio.wrap_future(working), return_exceptions=True)
        if not working.done():
            raise StoodStill(f"a batch did not end within {self._drain_seconds:.0f} s after the end of its term")

    async def _take_in(self, stop: asyncio.Event, leader: Leadership) -> None:
        stored = await self._stored(stop)
        if stored is None:
            return
        await self._fit(stored, stop)
        pumps = self._pumps()
        try:
            for pump in pumps:
                await pump.start(_of(pump, stored), stop)
        except BaseException:
            await _closed(pumps)
            raise
        self._observed.ready()
        await together(
            stop,
            partial(self._loop, stop, leader, pumps),
            partial(self._watch, stop, pumps),
            *(partial(pump.run, stop) for pump in pumps),
            *self._beside,
            drain_seconds=self._closing_seconds * INNER_SHARE,
        )

    async def _fit(self, stored: Mapping[TopicPartition, StoredOffset], stop: asyncio.Event) -> None:
        """Waits for Kafka if it is away. Raises OffsetsDoNotFit."""
        while not stop.is_set():
            try:
                await fit(self._bootstrap, stored, remedy=REMEDY)
                return
            except KafkaAway as error:
                log.warning("the log cannot be compared yet: %s", error)
                await first_of(stop, timeout=1.0)

    def _pumps(self) -> tuple[Pump, Pump]:
        """In the order in which they are served."""

        def pump(topics: tuple[str, ...], *, eager: bool = False, pace: float = 0.0) -> Pump:
            return Pump(
                self._bootstrap,
                topics,
                wake=self._wake,
                group=GROUP,
                max_records=self._max_records,
                eager=eager,
                pace=pace,
            )

        return pump(COMMAND_TOPICS, eager=True), pump(INBOUND_TOPICS, pace=PACE)

    async def _loop(self, stop: asyncio.Event, leader: Leadership, pumps: Sequence[Pump]) -> None:
        pause = 0.0
        inbound = pumps[-1]
        while not stop.is_set():
            self._wake.clear()
            pump, records = _next(pumps)
            try:
                if self._handler.behind:
                    await self._in_thread(self._handler.follow_up)
                if pump is None or records is None:
                    pause = 0.0
                    if not self._handler.behind:
                        self._observed.idle()
                        await first_of(self._wake, stop)
                    continue
                started = time.perf_counter()
                await self._in_thread(partial(self._handler.handle, records))
                self._observed.handled(records, time.perf_counter() - started)
                pump.commit_later(moves_of(records))
                inbound.max_records = self._batch_size(is_command=pump is not inbound)
                self._handled += len(records)
                del records
                after_batch()
                self._waiting_out, pause = False, 0.0
            except Exception as error:
                if faults.kind(error) != "wait":
                    raise
                log.warning("a batch is repeated: %s", words(error), extra={"records": len(records or ())})
                self._observed.repeated(error)
                self._waiting_out = True
                if isinstance(error, StaleOffsets):
                    await leader.beat()
                elif not isinstance(error, CommitUnclear):
                    pause = min(LONGEST_PAUSE, pause * 2 or 0.1)
                    await first_of(stop, timeout=pause)
                stored = await self._stored(stop)
                if stored is not None and pump is not None:
                    await pump.rewind(_of(pump, stored))

    def _batch_size(self, *, is_command: bool) -> int:
        now = time.monotonic()
        if is_command:
            self._last_command = now
        return self._max_records if now - self._last_command > COMMANDS_RECENT else BESIDE_COMMANDS

    async def _watch(self, stop: asyncio.Event, pumps: Sequence[Pump]) -> None:
        """Raises StoodStill when records wait and none is handled for a minute, but for outages that are waited out."""

        async def lag() -> int:
            return sum([await pump.lag() for pump in pumps])

        await watch(GROUP, lag=lag, progress=lambda: self._handled, stop=stop, excused=lambda: self._waiting_out)

    async def _stored(self, stop: asyncio.Event) -> dict[TopicPartition, StoredOffset] | None:
        """The stored offsets of all partitions, as soon as the database gives them; None when stopped before."""
        while not stop.is_set():
            try:
                return await self._in_thread(self._load)
            except Exception as error:
                if faults.kind(error) != "wait":
                    raise
                log.warning("stored offsets cannot be read yet: %s", words(error))
                await first_of(stop, timeout=1.0)
        return None

    def _load(self) -> dict[TopicPartition, StoredOffset]:
        with database.connect(self._dsn, "router") as connection, connection.cursor() as cursor:
            self._offsets.ensure(cursor, PARTITIONS)
            stored = self._offsets.load(cursor)
        return {place: offset for place, offset in stored.items() if place in PARTITIONS}

    async def _in_thread(self, work: Callable[[], T]) -> T:
        working = self._working = self._thread.submit(work)
        return await asyncio.wrap_future(working)


def _next(pumps: Sequence[Pump]) -> tuple[Pump | None, list[Record] | None]:
    for pump in pumps:
        records = pump.take()
        if records is not None:
            return pump, records
    return None, None


def _of(pump: Pump, stored: Mapping[TopicPartition, StoredOffset]) -> dict[TopicPartition, int]:
    return {place: offset.next_offset for place, offset in stored.items() if place[0] in pump.topics}


async def _closed(pumps: Sequence[Pump]) -> None:
    """Closes pumps that have not run."""
    stopped = asyncio.Event()
    stopped.set()
    for pump in pumps:
        await pump.run(stopped)
