"""One batch of a view: sifted, opened, applied; a record at fault is found by splitting and buried."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from service_kit import faults
from service_kit.database import Cursor
from service_kit.dead_letters import Place, counted, place_of
from service_kit.offsets import Record
from service_kit.view_batch import Arrived, Hole, Progress, holes, opened, parts, sift
from service_kit.view_writer import Apply, Skipped, ViewWriter

log = logging.getLogger(__name__)
T = TypeVar("T")
Bury = Callable[[Sequence[tuple[Record, str]]], Awaitable[None]]


class ViewApplier:
    """Applies batches through a ViewWriter, whose work runs in one thread of its own.

    `bury` is awaited with records that cannot be handled before anything moves past them; `limit` is how many of them
    may come in a row in a partition. `progress` must be loaded before the first batch and after any exception.
    """

    def __init__(
        self,
        writer: ViewWriter,
        apply: Apply,
        bury: Bury,
        *,
        limit: int,
        skipped: Skipped | None = None,
        header_topics: Collection[str] = frozenset(),
        cuts: Mapping[str, int] | None = None,
    ) -> None:
        self.writer = writer
        self.progress = Progress()
        self.events = self.buried = 0
        self._apply, self._bury, self._limit, self._skipped = apply, bury, limit, skipped
        self._header_topics, self._cuts = frozenset(header_topics), dict(cuts or {})
        self._thread = ThreadPoolExecutor(1, "view")

    async def apply(self, records: Sequence[Record]) -> None:
        """All effects of the batch and its offsets, in one transaction unless a record is at fault.

        Raises TooManyDeadLetters, StaleOffsets, CommitUnclear, KeyNotHeld and what the database does.
        """
        await self._project(records, {})

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Runs in the thread that owns the writer's connection."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def close(self) -> None:
        await self.in_thread(self.writer.close)
        self._thread.shutdown()

    async def _project(self, records: Sequence[Record], blamed: Mapping[Place, str]) -> None:
        progress = self.progress
        sifted = sift(records, progress.positions, self._header_topics, self._cuts, blamed)
        keys = await self.in_thread(partial(self.writer.fetch_keys, sifted))
        batch = opened(sifted, keys)
        runs = counted(records, sifted.dead, progress.dead_in_a_row, self._limit)
        if sifted.dead:
            await self._bury([(each, sifted.dead[place_of(each)]) for each in records if place_of(each) in sifted.dead])
        effects = partial(self._effects, parts(batch, holes(records, sifted.dead) if sifted.dead else []))
        try:
            await self.in_thread(partial(self.writer.write, records, sifted.positions, runs, effects))
        except Exception as error:
            if faults.kind(error) != "culprit" or not batch:
                raise
            await self._split(records, blamed, error)
            return
        progress.positions.update(sifted.positions)
        progress.dead_in_a_row.update(runs)
        self.events += len(batch)
        self.buried += len(sifted.dead)

    def _effects(self, ordered: Sequence[Sequence[Arrived] | Hole], cursor: Cursor) -> None:
        for part in ordered:
            if not isinstance(part, Hole):
                self._apply(cursor, part)
            elif self._skipped is not None:
                self._skipped(cursor, [(part.stream, part.sequence)])

    async def _split(self, records: Sequence[Record], blamed: Mapping[Place, str], error: Exception) -> None:
        """Halves, each in a transaction of its own, until the record at fault is alone; that one is blamed."""
        if len(records) > 1:
            middle = len(records) // 2
            await self._project(records[:middle], blamed)
            await self._project(records[middle:], blamed)
            return
        log.error("a record cannot be applied", extra={"record": place_of(records[0])}, exc_info=error)
        reason = f"{type(error).__name__} when it was applied"
        await self._project(records, {**blamed, place_of(records[0]): reason})
