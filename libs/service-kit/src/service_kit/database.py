"""Connections to PostgreSQL with sane time-outs, and numbered migrations of what is not a view."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

LOCK_TIMEOUT_MS = 10_000
IDLE_IN_TRANSACTION_MS = 5_000
MIGRATION_LOCK = 0x706F7374726F6F6D  # "postroom"

Connection = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]


def session_options(*, durable: bool = True, idle_session_ms: int = 0) -> str:
    """The `options` of a connection: lock and idle time-outs in ms; `durable` False for views only."""
    settings = {
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
        "idle_session_timeout": idle_session_ms,
        "synchronous_commit": "on" if durable else "off",
        "timezone": "UTC",
        "jit": "off",
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def connect(
    dsn: str, process: str, *, durable: bool = True, autocommit: bool = True, idle_session_ms: int = 0
) -> Connection:
    """A connection that never waits for ever. Raises psycopg.OperationalError when the server is away."""
    return psycopg.connect(
        dsn,
        autocommit=autocommit,
        application_name=f"postroom {process}",
        options=session_options(durable=durable, idle_session_ms=idle_session_ms),
        connect_timeout=10,
        keepalives=1,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )


def prefer_indexes(connection: Connection) -> None:
    """For a session that looks rows up by their keys only: the planner may believe that a table is as empty as it was
    at its last look, and a plan for an empty table reads all of it."""
    connection.execute(
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
        " SET plan_cache_mode = force_generic_plan"
    )


def make_schema(connection: Connection, schema: str) -> None:
    """Makes the schema where it is absent: that takes a right on the database which a service's role need not have.

    Not at the same time as another process.
    """
    if connection.execute("SELECT to_regnamespace(quote_ident(%s))", (schema,)).fetchone() == (None,):
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))


def migrate(dsn: str, schema: str, package: str) -> list[str]:
    """Applies the package's `NNNN_*.sql` files that this schema has not seen, each in a transaction of its own.

    One process at a time (advisory lock); the names applied now are returned. A file is never changed once released.
    """
    applied: list[str] = []
    scripts = sorted(
        (entry for entry in files(package).iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name
    )
    with connect(dsn, "migrate") as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        make_schema(connection, schema)
        table = sql.Identifier(schema, "migrations")
        connection.execute(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
            ).format(table)
        )
        known = {row[0] for row in connection.execute(sql.SQL("SELECT name FROM {}").format(table))}
        for script in scripts:
            if script.name in known:
                continue
            with connection.transaction():
                connection.execute(script.read_text("utf-8").encode())
                connection.execute(sql.SQL("INSERT INTO {} (name) VALUES (%s)").format(table), (script.name,))
            applied.append(script.name)
    return applied
