"""Databases for the tests of the views: one for each module, with a fresh schema for each history."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from inbox_projection.tables import schema
from local_runtime.postgres import PostgresServer
from service_kit.database import Connection, connect


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> Iterator[Connection]:
    """A connection to a new database, dropped after the module's tests."""
    name = f"views_{uuid.uuid4().hex[:12]}"
    with connect(postgres.create_database(name), "tests", durable=False) as connection:
        yield connection
    postgres.drop_database(name)


@pytest.fixture
def views(database: Connection) -> Connection:
    """The connection, with the empty schema `inbox`."""
    with database.transaction():
        schema.drop(database, schema.LIVE)
        schema.create(database)
    return database
