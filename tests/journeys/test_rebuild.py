"""The views are built anew from the log beside the living ones, while the API goes on answering."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from psycopg import sql

from inbox_projection import compare
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from service_kit.database import Connection

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
KEPT = "inbox_before"


@contextmanager
def asking(live: LivePostroom) -> Iterator[list[int]]:
    """The status codes of a client that asks for the list of conversations again and again."""
    codes: list[int] = []
    end = threading.Event()

    def ask() -> None:
        with live.client() as api:
            while not end.is_set():
                codes.append(api.get("/conversations").status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield codes
    finally:
        end.set()
        thread.join()


def test_rebuilt_views_equal_the_living_ones_and_the_api_answers_meanwhile(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        customer.writes(desk.address(), f"Before the rebuild {uuid4().hex[:6]}", "All is as it was.")
        before = desk.conversation_of(customer)
        with postroom.database() as connection:
            _copy(connection, KEPT)
        with asking(postroom) as codes:
            rebuilt = postroom.run(sys.executable, "-m", "inbox_projection", "rebuild")
        assert rebuilt.returncode == 0, rebuilt.stderr[-2000:]
        assert codes and set(codes) == {200}
        with postroom.database() as connection:
            found = compare.compare(connection, KEPT, "inbox")
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(KEPT)))
        assert found.same, found.differences
        assert found.rows["messages"] > 0
        assert desk.conversation(before["id"]) == before

        customer.writes(desk.address(), "After the rebuild", "The living projector goes on.")
        eventually(lambda: len(desk.conversations_of(customer.address)) == 2, "a mail after the rebuild", 60)


def _copy(connection: Connection, name: str) -> None:
    """The living views as they are now, once the projector is at rest."""
    schema = sql.Identifier(name)
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'inbox'").fetchall()
    for (table,) in tables:
        connection.execute(
            sql.SQL("CREATE TABLE {} AS TABLE {}").format(sql.Identifier(name, table), sql.Identifier("inbox", table))
        )
