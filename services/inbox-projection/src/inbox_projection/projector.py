"""Keeps the inbox views up to date from the log: what service_kit's projector shell runs in each transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from events.topics import COMMAND_OUTCOMES, CONTACTS, CONVERSATIONS, INBOUND_EMAIL, TICKETS, WORKSPACE
from inbox_projection.tables import schema
from inbox_projection.tables.read import Reader
from inbox_projection.tables.write import Writer
from inbox_projection.views.batch import fold
from inbox_projection.views.changes import Arrived
from inbox_projection.views.order import SequenceGap
from service_kit.database import Cursor

NAME: Final = "inbox-projection.views"
COUNTS: Final = "inbox-projection.counts"
TOPICS: Final = tuple(topic.name for topic in (CONVERSATIONS, TICKETS, CONTACTS, WORKSPACE, COMMAND_OUTCOMES))
COUNTED_TOPICS: Final = (INBOUND_EMAIL.name,)
"""What came in, of which only headers are read, for reconciliation."""
NOTIFY_CHANNEL: Final = "inbox_shown"


class Views:
    """The views in one schema. Holds nothing that a rolled back transaction could falsify.

    `live` False writes no feed: a rebuild has no listeners.
    """

    def __init__(self, schema_name: str = schema.LIVE, *, live: bool = True) -> None:
        self.schema = schema_name
        self._reader = Reader(schema_name)
        self._writer = Writer(schema_name, live=live)

    def apply(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        """Projects the batch in the caller's transaction, in two round trips.

        Raises SequenceGap where a stream has a hole that no dead letter explains.
        """
        known = self._reader.known(cursor, batch)
        try:
            changes = fold(batch, known, {})
        except SequenceGap:
            streams = {record.envelope.stream for record in batch if record.envelope is not None}
            changes = fold(batch, known, self._reader.holes(cursor, streams))
        self._writer.write(cursor, changes)

    def skipped(self, cursor: Cursor, events: Iterable[tuple[UUID, int]]) -> None:
        """Events that went to the dead-letter topic: the holes they leave in their streams are known ones."""
        self._writer.skip(cursor, events)
