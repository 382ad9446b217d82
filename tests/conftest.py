"""Whole running Postrooms, shared by the files of a folder or two: each starts once, and ends with the last of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from psycopg import sql

from inbox_projection.compare import Comparison, compare
from local_runtime.live import LivePostroom, eventually

RUNNING: Final = pytest.StashKey[dict[str, LivePostroom]]()
"""The shared Postrooms that run, by name."""
OF_FOLDER: Final = {"browser": "browser", "faults": "faults", "journeys": "journeys", "security": "journeys"}
BEFORE = "inbox_before"
ALL_COUNTED = """
    SELECT NOT EXISTS (SELECT FROM router.offsets r LEFT JOIN inbox.offsets i USING (topic, partition)
                       WHERE topic LIKE 'inbound.%' AND r.next_offset > coalesce(i.next_offset, 0))"""
"""What came in is counted once a second, later than it is shown."""


def _name(item: pytest.Item | None) -> str:
    return OF_FOLDER.get(item.path.parent.name, "") if item else ""


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """No Postroom outlives its last test: even idle it takes a seventh of a processor from the tests that follow."""
    running = item.session.stash.get(RUNNING, {})
    if _name(nextitem) != _name(item) and (live := running.pop(_name(item), None)):
        live.stop()


@pytest.fixture(scope="session")
def shared(
    request: pytest.FixtureRequest, runtime_folder: Path, empty_state: Callable[[Path], Path]
) -> Iterator[Callable[[str], LivePostroom]]:
    """The running Postroom of that name, started when it is asked for first, with an empty workspace."""
    running = request.session.stash.setdefault(RUNNING, {})

    def get(name: str) -> LivePostroom:
        if name not in running:
            live = LivePostroom(empty_state(runtime_folder / name))
            try:
                live.start()
            except BaseException:
                live.stop()
                raise
            running[name] = live
        return running[name]

    yield get
    for live in running.values():
        live.stop()


@pytest.fixture(scope="module")
def postroom(shared: Callable[[str], LivePostroom]) -> LivePostroom:
    """An empty workspace (inbox "Support", one administrator), shared by all journeys."""
    return shared("journeys")


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
