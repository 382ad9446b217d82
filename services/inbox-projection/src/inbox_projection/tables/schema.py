"""Makes the tables of the views, their indexes, and switches a rebuilt schema for the live one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final, Protocol

from psycopg import sql

LIVE: Final = "inbox"
NEXT: Final = "inbox_next"
VIEW_VERSION: Final = 9
"""Raised by every change of a projection or table; a live schema of another version is rebuilt."""
VERSION_COMMENT: Final = "postroom views, version "


class Executes(Protocol):
    """A cursor or a connection."""

    def execute(self, query: Any, params: Any = None) -> Any: ...


def create(connection: Executes, schema: str = LIVE) -> None:
    """The schema, its tables, indexes and feed, empty, unless they are there. In one transaction of the caller."""
    if version_of(connection, schema) is None:
        create_tables(connection, schema)
        create_indexes(connection, schema)
        _run(connection, "feed.sql", schema)
        _run(connection, "search.sql", schema)


def create_tables(connection: Executes, schema: str) -> None:
    """The schema and its tables with their primary keys, empty. Raises psycopg.errors.DuplicateSchema."""
    name = sql.Identifier(schema)
    connection.execute(sql.SQL("create schema {}").format(name))
    connection.execute(
        sql.SQL("comment on schema {} is {}").format(name, sql.Literal(f"{VERSION_COMMENT}{VIEW_VERSION}"))
    )
    _run(connection, "tables.sql", schema)


def drop(connection: Executes, schema: str = NEXT) -> None:
    """Drops the schema with all it holds, if it is there."""
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def create_indexes(connection: Executes, schema: str) -> None:
    """The secondary indexes; after a bulk load that is many times cheaper than before it."""
    _run(connection, "indexes.sql", schema)


def analyze(connection: Executes, schema: str) -> None:
    """Statistics for the planner, which a bulk load leaves behind."""
    for table in (
        "conversations",
        "conversation_labels",
        "messages",
        "contacts",
        "linked_handles",
        "contact_timeline",
        "companies",
        "filtered",
        "tickets",
        "ticket_links",
        "audit",
        "notifications",
        "read_marks",
    ):
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))


def version_of(connection: Executes, schema: str = LIVE) -> int | None:
    """The version of the views in a schema, None when it is not there or no schema of ours."""
    comment = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s", (schema,)
    ).fetchone()
    if comment is None or not str(comment[0]).startswith(VERSION_COMMENT):
        return None
    return int(comment[0].removeprefix(VERSION_COMMENT))


def shows_cut(connection: Executes, cuts: Mapping[str, int]) -> bool:
    """Whether the live views hold events behind the last valid position of their store's epoch, by store."""
    return any(position > cuts.get(store, position) for store, position in _positions(connection))


def reached(connection: Executes) -> int:
    """The greatest position that the live views hold, of all stores; 0 before the first event."""
    return max((position for _, position in _positions(connection)), default=0)


def switch(connection: Executes) -> None:
    """Puts `inbox_next` in the place of `inbox`, in the caller's transaction, which holds the live offsets locked.

    The feed is taken over with its ids and says `reset`; counts of inbound hours that Kafka no longer holds are kept.
    The index of the search is taken over, too: what it names does not change. Views of before it had none.
    """
    if connection.execute("select to_regclass('inbox.search_state')").fetchone() == (None,):
        _run(connection, "search.sql", NEXT)
    else:
        connection.execute("select pg_advisory_xact_lock(%s)", (SEARCH_LOCK,))
        for table in SEARCH_TABLES:
            connection.execute(sql.SQL("alter table {} set schema inbox_next").format(sql.Identifier(LIVE, table)))
    for statement in (
        """insert into inbox_next.received select * from inbox.received
           on conflict (channel, hour, type) do update set count = greatest(received.count, excluded.count)""",
        """insert into inbox_next.command_outcomes select * from inbox.command_outcomes on conflict do nothing""",
        "alter table inbox.feed set schema inbox_next",
        "select pg_advisory_xact_lock(%(feed)s)",
        "insert into inbox_next.feed (kind) values ('reset')",
        "drop schema inbox cascade",
        "alter schema inbox_next rename to inbox",
    ):
        connection.execute(statement, {"feed": FEED_LOCK} if "%(feed)s" in statement else None)


SEARCH_TABLES: Final = tuple(f"search_{name}" for name in ("waiting", "documents", "segments", "blocks", "state"))


def _positions(connection: Executes) -> list[tuple[str, int]]:
    if connection.execute("select to_regclass('inbox.positions')").fetchone() == (None,):
        return []
    rows: list[tuple[str, int]] = connection.execute(_POSITIONS).fetchall()
    return rows


_POSITIONS: Final = "select store, max(position) from inbox.positions group by store"
FEED_LOCK: Final = 0x706F7374_66656564
"""The advisory lock under which feed ids are assigned, held to the commit ("postfeed")."""
SEARCH_LOCK: Final = 0x706F7374_73726368
"""The advisory lock of whoever writes the index of the search, held to the commit ("postsrch")."""


def _run(connection: Executes, file: str, schema: str) -> None:
    script = files(__package__).joinpath(file).read_text("utf-8")
    connection.execute(script.format(schema=sql.Identifier(schema).as_string()).encode())
