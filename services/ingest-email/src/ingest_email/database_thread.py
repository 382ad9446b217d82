"""One database connection and the one thread that uses it, for code that lives in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg

from service_kit import database
from service_kit.database import Connection, Cursor

T = TypeVar("T")
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


class DatabaseThread:
    """Runs transactions one after the other. A lost connection is made anew for the next one."""

    def __init__(self, dsn: str, process: str) -> None:
        self._dsn = dsn
        self._process = process
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")

    async def run(self, work: Callable[[Cursor], T]) -> T:
        """The result of `work`, after the COMMIT of its transaction; whatever it raises rolls back.

        Raises psycopg.OperationalError or InterfaceError when the server is away; after one at COMMIT, the work may
        or may not have been done. Cancelling waits for nothing and undoes nothing.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)

    async def once(self, work: Callable[[Cursor], T]) -> T:
        """Like `run` for work that is a single statement: it commits by itself, which saves two round trips."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._statement, work)

    async def insist(self, work: Callable[[Cursor], T], while_away: Callable[[Exception], None]) -> T:
        """Like `run`, again and again while the server is away; so `work` must bear to be done twice."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await self.run(work)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                while_away(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def close(self) -> None:
        """After the transactions that were asked for."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    def _transaction(self, work: Callable[[Cursor], T]) -> T:
        connection = self._connected()
        try:
            with connection.transaction(), connection.cursor() as cursor:
                return work(cursor)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._disconnect()
            raise

    def _statement(self, work: Callable[[Cursor], T]) -> T:
        connection = self._connected()
        try:
            with connection.cursor() as cursor:
                return work(cursor)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._disconnect()
            raise

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = database.connect(self._dsn, self._process)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
