"""The process that follows the views with the index of the search, and leaves the processor to the others."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import suppress
from typing import Final

import psycopg

from inbox_projection.search_index import MOST, SearchIndex
from inbox_projection.tables import schema
from service_kit import faults, lifecycle
from service_kit.consumer import first_of
from service_kit.database import Connection, Cursor, connect
from service_kit.health import Health, serving
from service_kit.metrics import Metrics
from service_kit.settings import Settings

log = logging.getLogger(__name__)
NAME: Final = "inbox-projection.search"
NICE: Final = 10
"""Of two that want a processor, the one that an agent waits for goes first."""
PAUSE: Final = 1.0
"""Seconds between two looks when nothing waits: so much is a message found later than it is shown."""
SHARES: Final = ((20.0, 0.5), (300.0, 0.1))
"""Of the time, for indexing, while the views take in fewer events a second than this."""
BUSY_SHARE: Final = 0.03
"""When they have no time to spare."""


async def index(settings: Settings) -> None:
    """Runs until SIGTERM. Raises SystemExit with the code of service_kit.lifecycle when it failed."""
    os.nice(NICE)
    health, metrics = Health(NAME), Metrics()
    async with serving(settings.metrics_port, health, metrics):
        code = await lifecycle.run({"search": SearchFollower(settings.database_url, health, metrics).run})
    lifecycle.leave_undrained(code)
    if code:
        raise SystemExit(code)


class SearchFollower:
    """Turn after turn on a connection and in a thread of its own. Of several, one writes and the others wait."""

    def __init__(self, dsn: str, health: Health, metrics: Metrics) -> None:
        self._dsn, self._health = dsn, health
        self._index = SearchIndex()
        self._connection: Connection | None = None
        self._measures = _Measures(metrics)
        self._shown = 0
        """The position in the log that the views had reached at the last turn."""

    async def run(self, stop: asyncio.Event) -> None:
        """Indexes until `stop`; a database that is away is waited for. Raises what no waiting can mend."""
        seen, since = self._shown, time.monotonic()
        try:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    done = await asyncio.to_thread(self.turn)
                except psycopg.Error as error:
                    if faults.kind(error) != "wait":
                        raise
                    self._health.not_ready(NAME, "waits for the database")
                    log.warning("the index of the search waits", extra={"reason": type(error).__name__})
                    await asyncio.to_thread(self.close)
                    done = 0
                now, shown = time.monotonic(), self._shown
                share = share_of((shown - seen) / max(now - since, 0.001))
                seen, since = shown, now
                await first_of(stop, timeout=pause(done, now - began, share))
        finally:
            await asyncio.to_thread(self.close)

    def turn(self) -> int:
        """One turn in one transaction, or a purge where nothing waits; how many documents were looked at.

        Nothing while there are no views of this program's version: the projector makes them, or builds them anew.
        """
        if self._connection is None:
            self._connection = connect(self._dsn, "search index", durable=False)
            self._connection.execute("set idle_in_transaction_session_timeout = '60s'")  # while segments are merged
        began = time.monotonic()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            if not self._prepared(cursor):
                return 0
            done = self._index.turn(cursor)
            if not done:
                self._index.purge(cursor)
            self._measures.turn(done, self._index.waiting(cursor), time.monotonic() - began)
        return done

    def _prepared(self, cursor: Cursor) -> bool:
        if schema.version_of(cursor) != schema.VIEW_VERSION:
            self._health.not_ready(NAME, f"waits for views of version {schema.VIEW_VERSION}")
            return False
        if self._index.prepare(cursor):
            log.info("the index of the search is made anew")
        self._shown = schema.reached(cursor)
        self._health.ready(NAME)
        return True

    def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


def share_of(events_a_second: float) -> float:
    """How much of the time may go to the index while the views take in so many events."""
    return next((share for least, share in SHARES if events_a_second < least), BUSY_SHARE)


def pause(done: int, seconds: float, share: float) -> float:
    """How long to wait after a turn that did so much in so many seconds, to stay within the share of the time."""
    rest = seconds * (1 - share) / share
    return rest if done >= MOST else max(PAUSE, rest)


class _Measures:
    def __init__(self, metrics: Metrics) -> None:
        self._waiting = metrics.gauge("search_waiting", "Messages, contacts and others that wait to be indexed")
        self._indexed = metrics.counter("search_indexed_total", "Messages, contacts and others looked at by the index")
        self._seconds = metrics.seconds("search_turn", "Time from what waits to its commit in the index")

    def turn(self, done: int, waiting: int, seconds: float) -> None:
        self._waiting.set(waiting)
        if done:
            self._indexed.inc(done)
            self._seconds.observe(seconds)
