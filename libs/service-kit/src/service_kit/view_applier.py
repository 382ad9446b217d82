"""One batch of a view: sifted, opened, applied; a record at fault is found by splitting and buried."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, TypeVar

from service_kit import faults
from service_kit.database import Cursor
from service_kit.dead_letters import Place, counted, place_of
from service_kit.offsets import Record, TopicPartition
from service_kit.view_batch import Arrived, Hole, Progress, Sifted, holes, opened, parts, sift
from service_kit.view_writer import Apply, Skipped, ViewWriter

log = logging.getLogger(__name__)
T = TypeVar("T")
Bury = Callable[[Sequence[tuple[Record, str]]], Awaitable[None]]


class _Opening(NamedTuple):
    """Records with what they brought, before anything of it is written."""

    records: Sequence[Record]
    sifted: Sifted
    batch: list[Arrived]
    runs: Mapping[TopicPartition, int]

    @property
    def dead(self) -> Mapping[Place, str]:
        return self.sifted.dead


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
        self._lying: set[Place] = set()

    async def apply(self, records: Sequence[Record]) -> None:
        """All effects of the batch and its offsets, in one transaction unless a record is at fault.

        Raises TooManyDeadLetters, StaleOffsets, CommitUnclear, KeyNotHeld and what the database does.
        """
        self._lying.clear()
        await self._project(records, {})

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Runs in the thread that owns the writer's connection."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def close(self) -> None:
        await self.in_thread(self.writer.close)
        self._thread.shutdown()

    async def _project(self, records: Sequence[Record], blamed: Mapping[Place, str]) -> None:
        """In one visit to the thread, unless letters must be written before anything moves past them."""
        try:
            opening = await self.in_thread(partial(self._open, records, blamed))
            if opening.dead:
                await self._bury_once(records, opening.dead)
                await self.in_thread(partial(self._write, opening))
        except Exception as error:
            if faults.kind(error) != "culprit" or all(place_of(record) in blamed for record in records):
                raise
            await self._split(records, blamed, error)
            return
        self.progress.positions.update(opening.sifted.positions)
        self.progress.dead_in_a_row.update(opening.runs)
        self.events += len(opening.batch)
        self.buried += len(opening.dead)

    def _open(self, records: Sequence[Record], blamed: Mapping[Place, str]) -> _Opening:
        """Reads the records, and writes what follows from them unless there are letters to bury first."""
        sifted = sift(records, self.progress.positions, self._header_topics, self._cuts, blamed)
        batch = opened(sifted, self.writer.fetch_keys(sifted))
        runs = counted(records, sifted.dead, self.progress.dead_in_a_row, self._limit)
        opening = _Opening(records, sifted, batch, runs)
        if not opening.dead:
            self._write(opening)
        return opening

    def _write(self, opening: _Opening) -> None:
        lost = holes(opening.records, opening.dead) if opening.dead else []
        effects = partial(self._effects, parts(opening.batch, lost))
        self.writer.write(opening.records, opening.sifted.positions, opening.runs, effects)

    async def _bury_once(self, records: Sequence[Record], dead: Mapping[Place, str]) -> None:
        """Records whose batch was split come here again."""
        letters = [
            (record, dead[place_of(record)])
            for record in records
            if place_of(record) in dead and place_of(record) not in self._lying
        ]
        if letters:
            await self._bury(letters)
            self._lying.update(place_of(record) for record, _ in letters)

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
