"""A small view: one row for each event, which refuses gaps."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from service_kit.database import Cursor, connect
from service_kit.faults import check_sequence
from service_kit.statements import statement
from service_kit.view_batch import Arrived


class View:
    """Table `<schema>.rows (stream, sequence, position)` and, for headers, `<schema>.counts (topic, records)`."""

    def __init__(self, schema: str = "inbox") -> None:
        self.schema = schema
        self.batches: list[int] = []
        self.poison: set[UUID] = set()

    def prepare(self, cursor: Cursor) -> None:
        cursor.execute(self._sql("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"))
        cursor.execute(self._sql("CREATE TABLE {rows} (stream uuid, sequence int, position bigint)"))
        cursor.execute(self._sql("CREATE UNIQUE INDEX ON {rows} (stream, sequence)"))
        cursor.execute(self._sql("CREATE TABLE {counts} (topic text PRIMARY KEY, records bigint)"))

    def _sql(self, text: str) -> bytes:
        return statement(text, rows=f"{self.schema}.rows", counts=f"{self.schema}.counts", schema=self.schema)

    def apply(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        self.batches.append(len(batch))
        events = [each.envelope for each in batch if each.envelope is not None]
        if any(event.stream in self.poison for event in events):
            raise ZeroDivisionError("a bug in pure code")
        cursor.execute(
            self._sql("SELECT stream, max(sequence) FROM {rows} WHERE stream = ANY(%s) GROUP BY 1"),
            ([event.stream for event in events],),
        )
        last: dict[UUID, int] = dict(cursor.fetchall())
        for event in events:
            check_sequence(event.stream, last.get(event.stream, 0), event.sequence)
            last[event.stream] = event.sequence
        cursor.execute(
            self._sql("INSERT INTO {rows} SELECT * FROM unnest(%b::uuid[], %b::int[], %b::bigint[])"),
            ([e.stream for e in events], [e.sequence for e in events], [e.position or 0 for e in events]),
        )
        for each in batch:
            if each.envelope is None:
                cursor.execute(
                    self._sql(
                        "INSERT INTO {counts} AS c VALUES (%s, 1)"
                        " ON CONFLICT (topic) DO UPDATE SET records = c.records + 1"
                    ),
                    (each.topic,),
                )

    def skipped(self, cursor: Cursor, holes: Sequence[tuple[UUID, int]]) -> None:
        for stream, sequence in holes:
            cursor.execute(self._sql("INSERT INTO {rows} VALUES (%s, %s, 0)"), (stream, sequence))

    def rows(self, dsn: str) -> list[tuple[UUID, int, int]]:
        with connect(dsn, "test") as connection:
            query = self._sql("SELECT stream, sequence, position FROM {rows} ORDER BY 1, 2")
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    def create(self, dsn: str) -> None:
        with connect(dsn, "test") as connection:
            self.prepare(connection.cursor())
