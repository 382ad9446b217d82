"""Blobs go after the rows that named them: an erased person's at once, and in the end those that nothing names."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

import psycopg

from router.kept_connection import KeptConnection
from router.together import unless
from service_kit.blobs import Blobs, BlobStoreUnavailable
from service_kit.clock import Clock, utc_now

log = logging.getLogger("router.erasure")
AT_ONCE: Final = 200
PAUSE_SECONDS: Final = 2.0
UNNAMED_FOR: Final = timedelta(days=15)
OUTCOMES_KEPT: Final = timedelta(days=30)
DEDUPE_KEPT: Final = timedelta(days=400)
TOLD_KEPT: Final = timedelta(days=2)
FIRST_SWEEP_SECONDS: Final = 60.0
SWEEP_SECONDS: Final = 6 * 3600.0


_WAITING: Final = b"SELECT name FROM router.blobs_to_delete ORDER BY added_at LIMIT %s"
_DELETED: Final = b"DELETE FROM router.blobs_to_delete WHERE name = ANY(%s)"
_UNNAMED: Final = (
    b"SELECT n FROM unnest(%s::text[]) AS n"
    b" WHERE NOT EXISTS (SELECT 1 FROM router.blobs WHERE name = n) AND EXISTS (SELECT 1 FROM router.blobs)"
)


class Housekeeping:
    """Work of the active router beside its batches. Every method may be called again after a failure."""

    def __init__(self, dsn: str, blobs: Blobs, clock: Clock = utc_now) -> None:
        self._connection = KeptConnection(dsn, "router housekeeping")
        self._blobs, self._clock = blobs, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Deletes, sweeps and prunes until `stop` cuts it off; waits out a database or blob store that is away."""
        try:
            await unless(stop, self._rounds)
        finally:
            await self.close()

    async def _rounds(self) -> None:
        loop = asyncio.get_running_loop()
        next_sweep = loop.time() + FIRST_SWEEP_SECONDS
        while True:
            try:
                await self.delete_blobs()
                if loop.time() >= next_sweep:
                    next_sweep = loop.time() + SWEEP_SECONDS
                    await self.prune()
                    await self.sweep()
            except (BlobStoreUnavailable, psycopg.OperationalError, psycopg.InterfaceError) as error:
                log.warning("housekeeping waits: %s", type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)

    async def delete_blobs(self) -> int:
        """Deletes the blobs that await it and returns how many. A row goes only after its blob."""
        deleted = 0
        while names := [row[0] for row in await self._connection.rows(_WAITING, AT_ONCE)]:
            await self._blobs.delete(names)
            await self._connection.rows(_DELETED, names)
            deleted += len(names)
        return deleted

    async def sweep(self) -> int:
        """Deletes blobs older than 15 days that no row names: raw mail of a 451, a retry, a duplicate.

        Does nothing while no row names any blob at all: that is an empty database beside a full store, not leftovers.
        """
        swept = 0
        async for names in self._blobs.older_than(self._clock() - UNNAMED_FOR):
            unnamed = [row[0] for row in await self._connection.rows(_UNNAMED, names)]
            await self._blobs.delete(unnamed)
            swept += len(unnamed)
        return swept

    async def prune(self) -> None:
        """Forgets whom we acknowledged after two days, outcomes of commands after 30, and dedupe keys after 400."""
        now = self._clock()
        await self._connection.rows(b"DELETE FROM router.command_outcomes WHERE handled_at < %s", now - OUTCOMES_KEPT)
        await self._connection.rows(b"DELETE FROM router.dedupe WHERE seen_at < %s", now - DEDUPE_KEPT)
        await self._connection.rows(b"DELETE FROM router.acknowledged WHERE told_at < %s", now - TOLD_KEPT)

    async def close(self) -> None:
        await self._connection.close()
