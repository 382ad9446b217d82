"""Makes the tables of the facts, tells their version, and switches a rebuilt schema for the live one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final, Protocol

from psycopg import sql

LIVE: Final = "analytics"
NEXT: Final = "analytics_next"
VERSION: Final = 5
"""Raised by every change of a measure, of what is kept of it, or of a table; facts of another version are rebuilt."""
VERSION_COMMENT: Final = "postroom facts, version "
CREATION_LOCK: Final = 0x706F7374_66616374
"""The advisory lock under which the schema is made ("postfact")."""


class Executes(Protocol):
    """A cursor or a connection."""

    def execute(self, query: Any, params: Any = None) -> Any: ...


def create(connection: Executes, schema: str = LIVE) -> None:
    """The schema and its empty tables, unless they are there. In one transaction of the caller.

    A schema without tables was made for us by an administrator (`service_kit.roles`).
    """
    connection.execute("select pg_advisory_xact_lock(%s)", (CREATION_LOCK,))
    if version_of(connection, schema) is not None:
        return
    name = sql.Identifier(schema)
    if connection.execute("select to_regnamespace(quote_ident(%s))", (schema,)).fetchone() == (None,):
        connection.execute(sql.SQL("create schema {}").format(name))
    comment = sql.Literal(f"{VERSION_COMMENT}{VERSION}")
    connection.execute(sql.SQL("comment on schema {} is {}").format(name, comment))
    script = files(__package__).joinpath("tables.sql").read_text("utf-8")
    connection.execute(script.format(schema=name.as_string()).encode())


def drop(connection: Executes, schema: str = NEXT) -> None:
    """Drops the schema with all it holds, if it is there."""
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def analyze(connection: Executes, schema: str) -> None:
    """Statistics for the planner, which a bulk load leaves behind."""
    for table in ("conversations", "facts", "days"):
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))


def version_of(connection: Executes, schema: str = LIVE) -> int | None:
    """The version of the facts in a schema, None when there are none."""
    found = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s", (schema,)
    ).fetchone()
    if found is None or not str(found[0]).startswith(VERSION_COMMENT):
        return None
    return int(found[0].removeprefix(VERSION_COMMENT))


def shows_cut(connection: Executes, cuts: Mapping[str, int]) -> bool:
    """Whether the live facts hold events behind the last valid position of their store's epoch, by store."""
    if connection.execute("select to_regclass('analytics.positions')").fetchone() == (None,):
        return False
    shown = connection.execute("select store, max(position) from analytics.positions group by store").fetchall()
    return any(position > cuts.get(store, position) for store, position in shown)


def switch(connection: Executes) -> None:
    """Puts `analytics_next` in the place of `analytics`, in the caller's transaction, which holds the live offsets."""
    connection.execute("drop schema analytics cascade")
    connection.execute("alter schema analytics_next rename to analytics")
