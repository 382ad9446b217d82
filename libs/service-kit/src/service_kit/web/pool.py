"""The API's connections to PostgreSQL: a bounded pool, reads repeated once when a rebuild or a restart got between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection, OperationalError
from psycopg.errors import FeatureNotSupported, InFailedSqlTransaction, UndefinedColumn, UndefinedTable
from psycopg.rows import DictRow, dict_row
from psycopg.sql import Composed
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from service_kit.database import session_options

Row = DictRow
Query = LiteralString | bytes | Composed
Parameters = Mapping[str, Any] | Sequence[Any]
STATEMENT_TIMEOUT_MS: Final = 10_000
POOL_SECONDS: Final = 5.0
_SWITCHED: Final = (UndefinedTable, UndefinedColumn, FeatureNotSupported, InFailedSqlTransaction)


class DatabaseAway(Exception):
    """PostgreSQL did not answer; trying again later helps."""


class Database:
    """Rows as dicts, in autocommit. Every method raises DatabaseAway when the server is."""

    def __init__(self, dsn: str, process: str, size: int = 8) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[Row]] = AsyncConnectionPool(
            dsn,
            min_size=2,
            max_size=size,
            timeout=POOL_SECONDS,
            open=False,
            name="api",
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": f"postroom {process}",
                "options": f"{session_options()} -c statement_timeout={STATEMENT_TIMEOUT_MS}",
                "connect_timeout": 5,
            },
        )

    async def open(self) -> None:
        """Returns at once; connections are made in the background, and made again after a loss."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Row]]:
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (OperationalError, PoolTimeout) as error:
            raise DatabaseAway(type(error).__name__) from error

    async def rows(self, query: Query, parameters: Parameters = (), *, binary: bool = False) -> list[Row]:
        """All rows of a read. Repeated once when the views were switched, or a connection had died unnoticed.

        `binary`: values come in PostgreSQL's binary form, which halves the bytes of bytea. Views that are not there
        (yet), or still those of an older version, count as a database that is away.
        """
        try:
            return await self._rows(query, parameters, binary)
        except (DatabaseAway, *_SWITCHED):
            try:
                return await self._rows(query, parameters, binary)
            except _SWITCHED as error:
                raise DatabaseAway(type(error).__name__) from error

    async def row(self, query: Query, parameters: Parameters = ()) -> Row | None:
        """The first row of a read, None when there is none."""
        found = await self.rows(query, parameters)
        return found[0] if found else None

    async def write(self, query: Query, parameters: Parameters = ()) -> list[Row]:
        """A single statement that changes something, never repeated; the rows of its `returning`."""
        return await self._rows(query, parameters, False)

    async def _rows(self, query: Query, parameters: Parameters, binary: bool) -> list[Row]:
        async with self.connection() as connection:
            cursor = await connection.execute(query, parameters, binary=binary)
            return await cursor.fetchall() if cursor.description is not None else []
