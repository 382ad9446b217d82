"""One active process: an advisory lock on a direct connection with a heartbeat."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import psycopg

from service_kit import database
from service_kit.consumer import first_of
from service_kit.faults import LeadershipLost

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 1.0
IDLE_SESSION_SECONDS = 5.0
AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]


async def direct_connection(
    dsn: str, process: str, *, durable: bool = True, idle_session_seconds: float = IDLE_SESSION_SECONDS
) -> AsyncConnection:
    """A connection whose session the server ends when its holder is silent (frozen) so long; waits for locks for ever.

    It must not go through a connection pooler.
    """
    options = database.session_options(durable=durable, idle_session_ms=int(idle_session_seconds * 1000))
    return await psycopg.AsyncConnection.connect(
        dsn,
        autocommit=True,
        application_name=f"postroom {process}",
        options=f"{options} -c lock_timeout=0",
        connect_timeout=10,
        keepalives=1,
        keepalives_idle=2,
        keepalives_interval=1,
        keepalives_count=3,
    )


async def lock(connection: AsyncConnection, name: str) -> None:
    """Waits until this session holds the advisory lock of that name; its end releases it."""
    await connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 20260101))", (name,))


class Leadership:
    """`async with` waits until this process is the one; `keep` is the task that notices when it no longer is.

    The lock makes two active processes rare, not impossible: a frozen holder wakes up beside its successor. So every
    effect must besides be fenced by compare-and-set.
    """

    def __init__(
        self, dsn: str, name: str, *, process: str, stop: asyncio.Event | None = None, durable: bool = True
    ) -> None:
        self._dsn, self._name, self._process, self._durable = dsn, name, process, durable
        self._stop = stop or asyncio.Event()
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        """Returns without the lock only when stopped meanwhile (`held` is False then)."""
        waiting = asyncio.create_task(self._acquire())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not waiting.done():
                waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    @property
    def held(self) -> bool:
        return self._connection is not None

    @property
    def connection(self) -> AsyncConnection:
        """The session that holds the lock; only for statements with small results, so that a frozen process leaves it
        idle and the server can end it. Raises LeadershipLost when there is none."""
        if self._connection is None:
            raise LeadershipLost(f"the lock {self._name} is not held")
        return self._connection

    async def keep(self, stop: asyncio.Event) -> None:
        """Heartbeats until `stop`. Raises LeadershipLost when the session has ended or does not answer."""
        while not stop.is_set():
            await self.beat()
            await first_of(stop, timeout=HEARTBEAT_SECONDS)

    async def beat(self) -> None:
        connection = self.connection
        try:
            async with asyncio.timeout(IDLE_SESSION_SECONDS):
                await connection.execute("SELECT 1")
        except (psycopg.Error, TimeoutError) as error:
            raise LeadershipLost(f"the session that held the lock {self._name} has ended: {error}") from error

    async def _acquire(self) -> None:
        while True:
            try:
                connection = await direct_connection(self._dsn, self._process, durable=self._durable)
            except psycopg.OperationalError as error:
                log.warning("PostgreSQL does not answer, trying again", extra={"reason": str(error)})
                await asyncio.sleep(HEARTBEAT_SECONDS)
                continue
            try:
                await lock(connection, self._name)
            except psycopg.OperationalError:
                await connection.close()
                await asyncio.sleep(HEARTBEAT_SECONDS)
                continue
            except BaseException:
                await connection.close()
                raise
            self._connection = connection
            return
