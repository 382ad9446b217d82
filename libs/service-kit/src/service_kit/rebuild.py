"""A view built beside the live one from the log, and switched in when it has caught up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition
from psycopg.errors import DeadlockDetected, LockNotAvailable

from service_kit import database
from service_kit.consumer import connected
from service_kit.database import Cursor
from service_kit.dead_letters import place_of
from service_kit.faults import KafkaAway
from service_kit.lifecycle import after_batch
from service_kit.log_probe import Continuity, log_bounds
from service_kit.offsets import Offsets, Record, TopicPartition
from service_kit.statements import statement
from service_kit.view_applier import ViewApplier
from service_kit.view_writer import Apply, KeySource, Skipped, ViewWriter

log = logging.getLogger(__name__)
Hook = Callable[[Cursor], None]
Helper = Callable[[int, int], Awaitable[tuple[int, int]]]
SILENCE_SECONDS = 30.0
SWITCH_ATTEMPTS, SWITCH_PAUSE = 10, 0.2


def nothing(cursor: Cursor) -> None:
    """A hook that does nothing."""


@dataclass(frozen=True)
class RebuildReport:
    """What a rebuild has read: records applied, records that could not be, and seconds."""

    events: int
    dead: int
    seconds: float


class Rebuild:
    """Reads all partitions without a group, from the log's beginning, into another schema.

    `prepare` makes the empty schema and tables, `finish` runs when the end was reached (indexes). What the live view
    has buried as a dead letter is left out in the same way, and counted. Use as `async with`.
    """

    def __init__(
        self,
        *,
        name: str,
        bootstrap: str,
        dsn: str,
        schema: str,
        topics: Collection[str],
        apply: Apply,
        prepare: Hook,
        finish: Hook = nothing,
        keys: KeySource | None = None,
        header_topics: Collection[str] = frozenset(),
        skipped: Skipped | None = None,
        max_records: int = 5_000,
        cuts: Mapping[str, int] | None = None,
    ) -> None:
        self._bootstrap, self._dsn, self._name = bootstrap, dsn, name
        self._topics, self._prepare, self._finish = frozenset(topics), prepare, finish
        self._max_records = max_records
        self._applier = ViewApplier(
            ViewWriter(dsn, schema, f"{name} rebuild", keys=keys),
            apply,
            self._leave_out,
            limit=2**62,
            skipped=skipped,
            header_topics=header_topics,
            cuts=cuts,
        )
        self._consumer: AIOKafkaConsumer | None = None
        self._continuity = Continuity()

    async def __aenter__(self) -> Rebuild:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._consumer is not None:
            await self._consumer.stop()
        await self._applier.close()

    async def run(self, helper: Helper | None = None, shares: int = 1) -> RebuildReport:
        """Builds up to the log's present end. Raises KafkaAway, and what the database, `apply` or a helper does.

        With several shares, `helper(number, shares)` has all but the first one built by others, with `build_share`, and
        returns the same. Partitions do not depend on each other.
        """
        began = time.monotonic()
        await self._hook(self._prepare)
        await self._applier.in_thread(self._applier.writer.create)
        events, dead = await self._build_shares(helper, shares)
        await self._begin(await log_bounds(self._bootstrap, self._topics))
        await self._hook(self._finish)
        report = RebuildReport(events, dead, time.monotonic() - began)
        log.info("rebuilt", extra={"view": self._name, "events": report.events, "seconds": round(report.seconds, 1)})
        return report

    async def _build_shares(self, helper: Helper | None, shares: int) -> tuple[int, int]:
        """Builds the first share beside its helpers; the records that all have applied, and that could not be."""
        try:
            async with asyncio.TaskGroup() as group:
                helping = [group.create_task(_helped(helper, number, shares)) for number in range(1, shares) if helper]
                own = group.create_task(self.build_share(0, shares if helper else 1))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        events, dead = zip(own.result(), *(each.result() for each in helping), strict=True)
        return sum(events), sum(dead)

    async def build_share(self, number: int, shares: int) -> tuple[int, int]:
        """Builds every `shares`th partition of each topic, from `number` on, in tables that are there.

        Returns how many records were applied, and how many could not be.
        """
        bounds = {
            place: bound
            for place, bound in (await log_bounds(self._bootstrap, self._topics)).items()
            if place[1] % shares == number
        }
        await self._begin(bounds)
        await self._read_up_to({place: end for place, (_, end) in bounds.items()})
        return self._applier.events, self._applier.buried

    async def _begin(self, bounds: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """Goes on with these partitions where the tables stand."""
        starts = {place: start for place, (start, _) in bounds.items()}
        stored, self._applier.progress = await self._applier.in_thread(partial(self._applier.writer.load, starts))
        await self._open({place: stored[place].next_offset for place in bounds})

    async def switch(self, live: str, switch: Hook) -> None:
        """Catches up with the live view while that is held still, then runs `switch` in the transaction that holds it.

        `switch` renames the schemas. The live projector then finds other offsets than it expects, reads them again and
        goes on in the new view; readers never see a view that is older than the one before.

        A reader that holds one table and waits for another makes a deadlock with the renaming. PostgreSQL ends it for
        one of the two: then all is tried again, a few times. Raises psycopg.OperationalError after that.
        """
        for left in reversed(range(SWITCH_ATTEMPTS)):
            try:
                await self._switch(live, switch)
                return
            except (DeadlockDetected, LockNotAvailable) as error:
                if not left:
                    raise
                log.warning("the switch is tried again", extra={"view": self._name, "reason": type(error).__name__})
                await asyncio.sleep(SWITCH_PAUSE)

    async def _switch(self, live: str, switch: Hook) -> None:
        bounds = await log_bounds(self._bootstrap, self._topics)
        await self._read_up_to({place: end for place, (_, end) in bounds.items()})
        connection = await asyncio.to_thread(database.connect, self._dsn, f"{self._name} switch")
        try:
            await asyncio.to_thread(self._hold, connection, live)
            targets = await asyncio.to_thread(Offsets(live).load, connection.cursor())
            await self._read_up_to({place: each.next_offset for place, each in targets.items() if place in bounds})
            await self._applier.in_thread(self._applier.writer.close)
            await asyncio.to_thread(switch, connection.cursor())
            await asyncio.to_thread(connection.execute, b"COMMIT")
        finally:
            await asyncio.to_thread(connection.close)

    @staticmethod
    def _hold(connection: database.Connection, live: str) -> None:
        connection.execute(b"BEGIN; SET LOCAL idle_in_transaction_session_timeout = '5min'")
        connection.execute(statement("LOCK TABLE {offsets} IN EXCLUSIVE MODE", offsets=f"{live}.offsets"))

    async def _open(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self._consumer is not None:
            await self._consumer.stop()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=8 * 1024 * 1024,
            fetch_max_bytes=64 * 1024 * 1024,
        )
        await connected(self._consumer, asyncio.Event())
        self._consumer.assign([KafkaPartition(*place) for place in offsets])
        self._continuity = Continuity.starting(offsets)
        for place, offset in offsets.items():
            self._consumer.seek(KafkaPartition(*place), offset)

    async def _read_up_to(self, ends: Mapping[TopicPartition, int]) -> None:
        """The next batch is fetched while one is applied."""
        expected = self._continuity.expected

        def is_behind() -> bool:
            return any(expected[place] < end for place, end in ends.items())

        fetching = asyncio.create_task(self._fetch()) if is_behind() else None
        try:
            while fetching is not None:
                records = self._in_order(await fetching)
                fetching = asyncio.create_task(self._fetch()) if is_behind() else None
                if records:
                    await self._applier.apply(records)
                    records.clear()
                    after_batch()
        finally:
            if fetching is not None:
                fetching.cancel()
                await asyncio.gather(fetching, return_exceptions=True)

    async def _fetch(self) -> Mapping[Any, list[Record]]:
        assert self._consumer is not None, "run first"
        got: Mapping[Any, list[Record]] = await self._consumer.getmany(
            timeout_ms=int(SILENCE_SECONDS * 1000), max_records=self._max_records
        )
        if not got:
            raise KafkaAway(f"the log gave nothing for {SILENCE_SECONDS:.0f} s, before its end was reached")
        return got

    def _in_order(self, got: Mapping[Any, list[Record]]) -> list[Record]:
        """Those records that come next; partitions of others are read again from where they should be."""
        assert self._consumer is not None, "run first"
        records: list[Record] = []
        for at, part in got.items():
            if self._continuity.check((at.topic, at.partition), part):
                records += part
            else:
                self._consumer.seek(at, self._continuity.expected[at.topic, at.partition])
        return records

    async def _hook(self, hook: Hook) -> None:
        def work() -> None:
            with database.connect(self._dsn, f"{self._name} rebuild") as connection, connection.transaction():
                hook(connection.cursor())

        await asyncio.to_thread(work)

    async def _leave_out(self, letters: Sequence[tuple[Record, str]]) -> None:
        for record, reason in letters:
            log.warning("left out of the rebuilt view", extra={"record": place_of(record), "reason": reason})


async def _helped(helper: Helper, number: int, shares: int) -> tuple[int, int]:
    return await helper(number, shares)
