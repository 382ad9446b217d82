"""A whole running Postroom for journeys; it starts once, with an empty workspace."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql

from inbox_projection.compare import Comparison, compare
from local_runtime.live import LivePostroom, eventually

BEFORE = "inbox_before"
ALL_COUNTED = """
    SELECT NOT EXISTS (SELECT FROM router.offsets r LEFT JOIN inbox.offsets i USING (topic, partition)
                       WHERE topic LIKE 'inbound.%' AND r.next_offset > coalesce(i.next_offset, 0))"""
"""What came in is counted once a second, later than it is shown."""


@pytest.fixture(scope="session")
def postroom(runtime_folder: Path) -> Iterator[LivePostroom]:
    """An empty workspace (inbox "Support", one administrator), shared by all journeys."""
    live = LivePostroom(runtime_folder / "journeys")
    live.start()
    yield live
    live.stop()


@pytest.fixture
def rebuilt(postroom: LivePostroom) -> Iterator[Callable[[], Comparison]]:
    """Builds the views anew beside the living ones and switches; how they differ from what they were before."""
    schema = sql.Identifier(BEFORE)

    def rebuild() -> Comparison:
        with postroom.database() as connection:
            eventually(lambda: connection.execute(ALL_COUNTED).fetchone() == (True,), "all that came in is counted")
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'inbox'").fetchall()
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                for (table,) in tables:
                    kept, living = sql.Identifier(BEFORE, table), sql.Identifier("inbox", table)
                    connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, living))
            done = postroom.run(sys.executable, "-m", "inbox_projection", "rebuild")
            assert done.returncode == 0, done.stderr[-2000:]
            return compare(connection, BEFORE, "inbox")

    yield rebuild
    with postroom.database() as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
