"""A connection for a task that asks the database something now and then: opened when needed, dropped when broken."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg

from service_kit import database

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]


class KeptConnection:
    """Every statement is a transaction of its own. For one task."""

    def __init__(self, dsn: str, process: str) -> None:
        self._dsn, self._process = dsn, process
        self._connection: AsyncConnection | None = None

    async def rows(self, query: bytes, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, none for a statement without result. Raises psycopg.OperationalError."""
        try:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._dsn,
                    autocommit=True,
                    application_name=f"postroom {self._process}",
                    options=database.session_options(),
                    connect_timeout=10,
                )
            cursor = await self._connection.execute(query, parameters)
            return [] if cursor.description is None else await cursor.fetchall()
        except (psycopg.OperationalError, psycopg.InterfaceError):
            await self.close()
            raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()
