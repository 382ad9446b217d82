"""Follows the views with the index of the search, and leaves the processor to the projector when that is busy."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psycopg

from inbox_projection.search_index import MOST, SearchIndex
from service_kit import faults
from service_kit.consumer import first_of
from service_kit.database import Connection, connect
from service_kit.metrics import Metrics

log = logging.getLogger(__name__)
PAUSE: Final = 1.0
"""Seconds between two looks when nothing waits: so much is a message found later than it is shown."""
SHARES: Final = ((20.0, 0.5), (300.0, 0.1))
"""Of the time, for indexing, while the projector applies fewer events a second than this."""
BUSY_SHARE: Final = 0.03
"""When it has no time to spare."""


class SearchFollower:
    """A task of the projecting process: turn after turn on a connection and in a thread of its own.

    `events` says how many the projector has applied so far.
    """

    def __init__(self, dsn: str, events: Callable[[], int], metrics: Metrics | None = None) -> None:
        self._dsn, self._events = dsn, events
        self._index = SearchIndex()
        self._connection: Connection | None = None
        self._measures = _Measures(metrics or Metrics())

    async def run(self, stop: asyncio.Event) -> None:
        """Indexes until `stop`; a database that is away is waited for. Raises what no waiting can mend."""
        seen, since = self._events(), time.monotonic()
        try:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    done = await asyncio.to_thread(self.turn)
                except psycopg.Error as error:
                    if faults.kind(error) != "wait":
                        raise
                    log.warning("the index of the search waits", extra={"reason": type(error).__name__})
                    await asyncio.to_thread(self.close)
                    done = 0
                now, events = time.monotonic(), self._events()
                share = share_of((events - seen) / max(now - since, 0.001))
                seen, since = events, now
                await first_of(stop, timeout=pause(done, now - began, share))
        finally:
            await asyncio.to_thread(self.close)

    def turn(self) -> int:
        """One turn in one transaction, or a purge where nothing waits; how many documents were looked at."""
        if self._connection is None:
            self._connection = connect(self._dsn, "search index", durable=False)
            self._connection.execute("set idle_in_transaction_session_timeout = '60s'")  # while segments are merged
            with self._connection.transaction():
                if self._index.prepare(self._connection.cursor()):
                    log.info("the index of the search is made anew")
        began = time.monotonic()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            done = self._index.turn(cursor)
            if not done:
                self._index.purge(cursor)
            self._measures.turn(done, self._index.waiting(cursor), time.monotonic() - began)
        return done

    def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


def share_of(events_a_second: float) -> float:
    """How much of the time may go to the index while the projector applies so many events."""
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
