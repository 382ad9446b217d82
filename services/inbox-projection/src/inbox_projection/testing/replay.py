"""Does to logged records what the projector's shell does, without Kafka: sifts by position, opens, applies, commits."""

from __future__ import annotations

from collections.abc import Sequence

from events.sealing import Keys
from inbox_projection.projector import Views
from inbox_projection.testing.story import Logged, open_record
from service_kit.database import Connection


class Replay:
    """Projects records into one schema, batch by batch."""

    def __init__(self, connection: Connection, views: Views) -> None:
        self._connection, self._views = connection, views
        self._next: dict[tuple[str, int], int] = {}

    def take(self, batch: Sequence[Logged], keys: Keys) -> None:
        """One transaction; records already taken are left out."""
        fresh = []
        for record in batch:
            place = (record.topic, record.partition)
            if record.offset >= self._next.get(place, 0):
                self._next[place] = record.offset + 1
                fresh.append(open_record(record, keys))
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            self._views.apply(cursor, fresh)
