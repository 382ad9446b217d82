"""Connections of the API; a read that meets a switch of views or a dead connection is repeated once."""

from __future__ import annotations

from service_kit.web import pool
from service_kit.web.pool import STATEMENT_TIMEOUT_MS, DatabaseAway, Parameters, Query, Row

__all__ = ["STATEMENT_TIMEOUT_MS", "Database", "DatabaseAway", "Parameters", "Query", "Row"]


class Database(pool.Database):
    """The pool under the name of this process."""

    def __init__(self, dsn: str, size: int = 8) -> None:
        super().__init__(dsn, "inbox-projection serve", size)
