"""The event store: eventsourcing's PostgreSQL recorder, with appends inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent as RecordedEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from service_kit import database
from service_kit.database import Cursor
from service_kit.faults import CommitUnclear, StreamConflict
from service_kit.statements import statement

TABLE = "stored_events"


class NewEvent(NamedTuple):
    """An event to append: `type` is the wire type, `state` the packed frame (events.frame)."""

    stream: UUID
    sequence: int
    type: str
    state: bytes


class StoredEvent(NamedTuple):
    """An event as read; `position` is its place in the notification log."""

    stream: UUID
    sequence: int
    type: str
    state: bytes
    position: int


class Head(NamedTuple):
    """The last event of a stream."""

    sequence: int
    position: int


class _Datastore(PostgresDatastore):
    """Without composite types: appends go by arrays, so that no connection is opened before it is needed."""

    def register_type_adapters(self) -> None:
        return None


def lock_key(schema: str, store: str, purpose: str) -> str:
    """The SQL expression of the advisory lock for a purpose of a store."""
    name = f"{schema}.{store}.{purpose}".replace("'", "''")
    return f"hashtextextended('{name}', 20260101)"


class EventStore(PostgresApplicationRecorder):
    """One writer at a time: `transaction` takes the store's lock first. For one thread at a time.

    Positions (notification ids) rise in commit order, because the lock is held from before they are given to the end of
    the commit; a rolled back transaction leaves a hole in the positions, never in a stream.
    """

    def __init__(self, dsn: str, *, schema: str = "router", store: str = "main", process: str = "router") -> None:
        parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
        super().__init__(
            _Datastore(
                dbname=parts.get("dbname", "postgres"),
                host=parts.get("host", ""),
                port=parts.get("port", "5432"),
                user=parts.get("user", ""),
                password=parts.get("password", ""),
                schema=schema,
                pre_ping=True,
                idle_in_transaction_session_timeout=5,
                lock_timeout=10,
            ),
            events_table_name=TABLE,
        )
        self.schema, self.store = schema, store
        self.channel_name = f"{schema}_{TABLE}"
        self.sql_create_statements = [
            statement
            for statement in self.sql_create_statements
            if "CREATE TABLE" in statement.as_string() or "INDEX" in statement.as_string()
        ]
        self._dsn, self._process = dsn, process
        self._connection: database.Connection | None = None
        self._appended = False
        self._begin = f"BEGIN; SELECT pg_advisory_xact_lock({lock_key(schema, store, 'append')})".encode()
        self._names = names = {"events": f"{schema}.{TABLE}", "stores": f"{schema}.stores"}
        self._sql_append = statement(
            "INSERT INTO {events} (originator_id, originator_version, topic, state)"
            " SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[]) RETURNING notification_id",
            **names,
        )
        self._sql_read = statement(
            "SELECT e.originator_id, e.originator_version, e.topic, e.state, e.notification_id"
            " FROM unnest(%b::uuid[], %b::bigint[]) s (id, after), LATERAL (SELECT * FROM {events} t"
            " WHERE t.originator_id = s.id AND t.originator_version > s.after) e"
            " ORDER BY e.originator_id, e.originator_version",
            **names,
        )
        self._sql_heads = statement(
            "SELECT s.id, e.originator_version, e.notification_id"
            " FROM unnest(%b::uuid[]) s (id), LATERAL (SELECT originator_version, notification_id"
            " FROM {events} t WHERE t.originator_id = s.id ORDER BY t.originator_version DESC LIMIT 1) e",
            **names,
        )

    def create(self) -> None:
        """Schema, table, index and the epoch's row, where absent; not at the same time as another process."""
        with database.connect(self._dsn, self._process) as connection, connection.transaction():
            connection.execute(f"SELECT pg_advisory_xact_lock({lock_key(self.schema, self.store, 'create')})".encode())
            database.make_schema(connection, self.schema)
            for each in self.sql_create_statements:
                connection.execute(each, prepare=False)
            connection.execute(statement("ALTER TABLE {events} ALTER COLUMN state SET STORAGE EXTERNAL", **self._names))
            connection.execute(
                statement(
                    "CREATE TABLE IF NOT EXISTS {stores} (store text, epoch int, since bigint NOT NULL,"
                    " relayed bigint NOT NULL, PRIMARY KEY (store, epoch))",
                    **self._names,
                )
            )
            first = statement("INSERT INTO {stores} VALUES (%s, 1, 0, 0) ON CONFLICT DO NOTHING", **self._names)
            connection.execute(first, (self.store,))

    def epoch(self) -> str:
        """The store's name as records carry it: name and epoch, `main/1`."""
        newest = statement("SELECT max(epoch) FROM {stores} WHERE store = %s", **self._names)
        with database.connect(self._dsn, self._process) as connection:
            row = connection.execute(newest, (self.store,)).fetchone()
        return f"{self.store}/{row[0] if row else 1}"

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """A transaction that holds the store's lock: BEGIN with lock, and COMMIT with NOTIFY, one round trip each.

        Raises CommitUnclear when the connection breaks at COMMIT, psycopg.OperationalError when it does elsewhere; the
        next call connects anew. Any exception inside rolls back.
        """
        connection = self._connected()
        self._appended = False
        try:
            connection.execute(self._begin)
            cursor: Cursor = connection.cursor(binary=True)
            yield cursor
        except BaseException:
            self._roll_back(connection)
            raise
        self._commit(connection)

    def append(self, cursor: Cursor, events: Sequence[NewEvent]) -> list[int]:
        """Appends in order and returns the positions. One round trip. Raises StreamConflict."""
        if not events:
            return []
        streams, sequences, types, states = zip(*events, strict=True)
        try:
            cursor.execute(self._sql_append, (list(streams), list(sequences), list(types), list(states)))
        except psycopg.errors.UniqueViolation as error:
            raise StreamConflict(f"a stream's version is taken: {error.diag.message_detail}") from error
        self._appended = True
        return [row[0] for row in cursor.fetchall()]

    def read(self, cursor: Cursor, streams: Mapping[UUID, int]) -> dict[UUID, list[StoredEvent]]:
        """The events of each stream after the given sequence, in order. One round trip; what has none is absent."""
        found: dict[UUID, list[StoredEvent]] = {}
        if streams:
            cursor.execute(self._sql_read, (list(streams), list(streams.values())))
            for row in cursor.fetchall():
                found.setdefault(row[0], []).append(StoredEvent._make(row))
        return found

    def heads(self, cursor: Cursor, streams: Sequence[UUID]) -> dict[UUID, Head]:
        """The last sequence and position of each stream. One round trip; a stream without events is absent."""
        if not streams:
            return {}
        cursor.execute(self._sql_heads, (list(streams),))
        return {stream: Head(sequence, position) for stream, sequence, position in cursor.fetchall()}

    def insert_events(self, stored_events: Sequence[RecordedEvent], **kwargs: Any) -> NoReturn:
        """Refuses: events are appended inside `transaction` only."""
        raise NotImplementedError("append inside EventStore.transaction(); this store decides within its transaction")

    def _lock_table(self, curs: Any) -> None:
        curs.execute(f"SELECT pg_advisory_xact_lock({lock_key(self.schema, self.store, 'append')})")

    def close(self) -> None:
        """Closes the writing connection and the recorder's pool."""
        self._drop()
        self.datastore.close()

    def _connected(self) -> database.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = database.connect(self._dsn, self._process)
        return self._connection

    def _commit(self, connection: database.Connection) -> None:
        try:
            connection.execute((f'NOTIFY "{self.channel_name}"; COMMIT' if self._appended else "COMMIT").encode())
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._drop()
            raise CommitUnclear("the connection broke at COMMIT: read the stored offsets before going on") from error

    def _roll_back(self, connection: database.Connection) -> None:
        try:
            connection.execute(b"ROLLBACK")
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
