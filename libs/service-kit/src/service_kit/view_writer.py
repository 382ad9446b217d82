"""The transaction of a view: offsets, positions and rows together, two round trips besides the rows'."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

import psycopg

from events.sealing import Keys
from service_kit import database
from service_kit.database import Cursor
from service_kit.faults import CommitUnclear, StaleOffsets
from service_kit.offsets import Offsets, Record, StoredOffset, TopicPartition, moves_of
from service_kit.statements import statement
from service_kit.view_batch import Arrived, Progress, Sifted

Apply = Callable[[Cursor, Sequence[Arrived]], None]
Skipped = Callable[[Cursor, Sequence[tuple[UUID, int]]], None]


NOTIFIED = 50
"""Positions in one notification, whose payload may have 8,000 bytes."""


class KeySource(Protocol):
    """What a keyring gives to a view."""

    def fetch(self, cursor: Cursor, key_ids: Iterable[UUID]) -> Keys: ...
    def forget(self, key_ids: Iterable[UUID]) -> None: ...
    def evict(self) -> None: ...


class ViewWriter:
    """The connection of a view and its tables `offsets` and `positions`. For one thread.

    After any exception the connection is dropped; the caller must `load` before it writes again, because the last
    commits may be lost with a server that stopped at once (`durable` False) or may have happened after all.
    """

    def __init__(
        self,
        dsn: str,
        schema: str,
        process: str,
        *,
        keys: KeySource | None = None,
        notify_channel: str = "",
        durable: bool = False,
    ) -> None:
        self.offsets = Offsets(schema)
        self._dsn, self._process, self._durable = dsn, process, durable
        self._keys, self._channel = keys, notify_channel
        self._connection: database.Connection | None = None
        names = {"offsets": f"{schema}.offsets", "positions": f"{schema}.positions"}
        self._sql_positions = statement("SELECT topic, partition, store, position FROM {positions}", **names)
        self._sql_create = statement(
            "CREATE TABLE IF NOT EXISTS {positions} (topic text, partition int, store text, position bigint NOT NULL,"
            " PRIMARY KEY (topic, partition, store)) WITH (fillfactor = 50)",
            **names,
        )
        self._sql_runs = statement("SELECT topic, partition, dead_in_a_row FROM {offsets}", **names)
        self._sql_begin = statement(
            "WITH moved AS (UPDATE {offsets} o SET next_offset = m.n, last_id = m.i, dead_in_a_row = m.d"
            " FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::int[])"
            " m (t, p, e, n, i, d)"
            " WHERE o.topic = m.t AND o.partition = m.p AND o.next_offset = m.e RETURNING 1),"
            " placed AS (INSERT INTO {positions} AS k SELECT t, p, s, n"
            " FROM unnest(%s::text[], %s::int[], %s::text[], %s::bigint[]) r (t, p, s, n)"
            " ON CONFLICT (topic, partition, store) DO UPDATE SET position = EXCLUDED.position"
            " WHERE k.position < EXCLUDED.position RETURNING 1)"
            " SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM placed),"
            " (SELECT count(pg_notify(%s, p)) FROM unnest(%s::text[]) p)",
            **names,
        )

    def create(self) -> None:
        """Tables, where absent; the schema must exist."""
        cursor = self._connected().cursor()
        self.offsets.create(cursor)
        cursor.execute(self._sql_create)

    def load(self, starts: Mapping[TopicPartition, int]) -> tuple[dict[TopicPartition, StoredOffset], Progress]:
        """Stored offsets and progress; partitions without a row get one at their start."""
        with self._guarded() as connection:
            cursor = connection.cursor()
            self.offsets.ensure(cursor, starts)
            stored = self.offsets.load(cursor)
            cursor.execute(self._sql_positions)
            positions = {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
            cursor.execute(self._sql_runs)
            runs = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
        return stored, Progress({place: each.next_offset for place, each in stored.items()}, runs, positions)

    def rewind(self, starts: Mapping[TopicPartition, int]) -> None:
        """Sets offsets back to where the log begins; what was seen is skipped by position."""
        with self._guarded() as connection:
            self.offsets.accept(connection.cursor(), starts)

    def ping(self) -> None:
        """Raises psycopg.OperationalError when the connection is lost."""
        with self._guarded() as connection:
            connection.execute(b"SELECT 1")

    def fetch_keys(self, sifted: Sifted) -> Keys | None:
        """The keys of the batch, one query for those not held; None when boxes stay closed. Raises KeyNotHeld."""
        if self._keys is None:
            return None
        erased = sifted.erased_ids()
        if erased:
            self._keys.forget(erased)
        with self._guarded() as connection:
            return self._keys.fetch(connection.cursor(binary=True), sifted.key_ids())

    def write(
        self,
        records: Sequence[Record],
        positions: Mapping[tuple[str, int, str], int],
        runs: Mapping[TopicPartition, int],
        effects: Callable[[Cursor], None],
    ) -> None:
        """Moves past the records and does the effects, or neither.

        Raises StaleOffsets when the rows are elsewhere, CommitUnclear, and whatever `effects` raises.
        """
        with self._guarded() as connection:
            self._begin(connection, records, positions, runs)
            cursor: Cursor = connection.cursor(binary=True)
            effects(cursor)
            try:
                connection.execute(b"COMMIT")
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                raise CommitUnclear("the connection broke at COMMIT") from error
        if self._keys is not None:
            self._keys.evict()

    def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _begin(
        self,
        connection: database.Connection,
        records: Sequence[Record],
        positions: Mapping[tuple[str, int, str], int],
        runs: Mapping[TopicPartition, int],
    ) -> None:
        moves = moves_of(records)
        shown: dict[TopicPartition, int] = {}
        for (topic, partition, _), position in positions.items():
            shown[topic, partition] = max(position, shown.get((topic, partition), 0))
        rows = [[*place, position] for place, position in shown.items()] if self._channel else []
        said = [json.dumps(rows[first : first + NOTIFIED]) for first in range(0, len(rows), NOTIFIED)]
        places: list[list[Any]] = [list(column) for column in zip(*positions, strict=True)] or [[], [], []]
        parameters = (
            *self.offsets.move_args(moves),
            [runs.get((move.topic, move.partition), 0) for move in moves],
            *places,
            list(positions.values()),
            self._channel or "none",
            said,
        )
        with connection.pipeline():
            connection.execute(b"BEGIN")
            cursor = connection.execute(self._sql_begin, parameters, prepare=True)
        row = cursor.fetchone()
        if row is None or row[0] != len(moves) or row[1] != len(positions):
            raise StaleOffsets("offsets or positions of the view had been moved already")

    def _guarded(self) -> _Guard:
        return _Guard(self)

    def _connected(self) -> database.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = database.connect(self._dsn, self._process, durable=self._durable)
            database.prefer_indexes(self._connection)
        return self._connection


class _Guard:
    """Gives the connection, and drops it after any exception: whatever was open is rolled back by the server."""

    def __init__(self, writer: ViewWriter) -> None:
        self._writer = writer

    def __enter__(self) -> database.Connection:
        return self._writer._connected()

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is not None:
            self._writer.close()
