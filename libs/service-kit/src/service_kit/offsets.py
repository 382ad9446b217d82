"""Which records of the log a service has handled: rows moved by compare-and-set in the transaction of their effects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from service_kit.database import Cursor
from service_kit.faults import OffsetsDoNotFit, StaleOffsets
from service_kit.statements import statement

TopicPartition = tuple[str, int]


class Record(Protocol):
    """What is used of aiokafka's ConsumerRecord."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> Any: ...
    @property
    def value(self) -> Any: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class StoredOffset(NamedTuple):
    """The next offset to read, and the id of the record before it ("" when none was read)."""

    next_offset: int
    last_id: str


class Move(NamedTuple):
    """From the offset of a batch's first record of a partition to the one after its last."""

    topic: str
    partition: int
    first: int
    next: int
    last_id: str


def record_id(record: Record) -> str:
    """What a record is known by: its event id, or a digest where it carries none."""
    for name, value in record.headers:
        if name == "ce_id" and len(value) <= 64:
            return value.decode("utf-8", "replace").replace("\x00", "")
    return "sha256:" + sha256(b"%b\x00%b" % (record.key or b"", record.value or b"")).hexdigest()[:32]


def moves_of(records: Iterable[Record]) -> list[Move]:
    """One move for each partition of a batch. Raises ValueError when offsets of a partition are not consecutive."""
    first: dict[TopicPartition, int] = {}
    last: dict[TopicPartition, Record] = {}
    for record in records:
        place = (record.topic, record.partition)
        before = last.get(place)
        if before is None:
            first[place] = record.offset
        elif record.offset != before.offset + 1:
            raise ValueError(f"{place} goes from offset {before.offset} to {record.offset} within a batch")
        last[place] = record
    return [
        Move(topic, partition, first[topic, partition], record.offset + 1, record_id(record))
        for (topic, partition), record in last.items()
    ]


class Offsets:
    """The table `<schema>.offsets`. Every method is one round trip."""

    def __init__(self, schema: str) -> None:
        table = f"{schema}.offsets"
        self.move_sql = statement(
            "UPDATE {table} o SET next_offset = m.n, last_id = m.i"
            " FROM unnest(%b::text[], %b::int[], %b::bigint[], %b::bigint[], %b::text[]) m (t, p, e, n, i)"
            " WHERE o.topic = m.t AND o.partition = m.p AND o.next_offset = m.e",
            table=table,
        )
        """The compare-and-set, to embed as `WITH moved AS (… RETURNING 1)`; moved rows must equal the moves."""
        self._create = statement(
            "CREATE TABLE IF NOT EXISTS {table} (topic text, partition int, next_offset bigint NOT NULL,"
            " last_id text NOT NULL, dead_in_a_row int NOT NULL DEFAULT 0,"
            " PRIMARY KEY (topic, partition)) WITH (fillfactor = 50)",
            table=table,
        )
        self._ensure = statement(
            "INSERT INTO {table} (topic, partition, next_offset, last_id)"
            " SELECT t, p, o, '' FROM unnest(%s::text[], %s::int[], %s::bigint[]) n (t, p, o) ON CONFLICT DO NOTHING",
            table=table,
        )
        self._load = statement("SELECT topic, partition, next_offset, last_id FROM {table}", table=table)
        self._accept = statement(
            "UPDATE {table} o SET next_offset = n.o, last_id = ''"
            " FROM unnest(%s::text[], %s::int[], %s::bigint[]) n (t, p, o) WHERE o.topic = n.t AND o.partition = n.p",
            table=table,
        )

    def create(self, cursor: Cursor) -> None:
        cursor.execute(self._create)

    def ensure(self, cursor: Cursor, starts: Mapping[TopicPartition, int]) -> None:
        """Rows for partitions that have none, to begin where the log begins."""
        cursor.execute(self._ensure, _columns(starts))

    def load(self, cursor: Cursor) -> dict[TopicPartition, StoredOffset]:
        cursor.execute(self._load)
        return {(row[0], row[1]): StoredOffset(row[2], row[3]) for row in cursor.fetchall()}

    def move(self, cursor: Cursor, moves: Sequence[Move]) -> None:
        """Raises StaleOffsets when a row is not where its batch begins: roll back, re-read, seek."""
        cursor.execute(self.move_sql, self.move_args(moves))
        if cursor.rowcount != len(moves):
            raise StaleOffsets(f"{len(moves) - cursor.rowcount} of {len(moves)} stored offsets had been moved already")

    @staticmethod
    def move_args(moves: Sequence[Move]) -> tuple[list[Any], ...]:
        """The five arrays of `move_sql`."""
        columns = tuple(list(column) for column in zip(*moves, strict=True))
        return columns or ([], [], [], [], [])

    def accept(self, cursor: Cursor, offsets: Mapping[TopicPartition, int]) -> None:
        """Sets offsets by decision of a person; the record before is not known then and will not be compared."""
        cursor.execute(self._accept, _columns(offsets))


def _columns(offsets: Mapping[TopicPartition, int]) -> tuple[list[Any], ...]:
    return [topic for topic, _ in offsets], [partition for _, partition in offsets], list(offsets.values())


def judge(place: TopicPartition, stored: StoredOffset, start: int, end: int, id_before: str | None) -> str | None:
    """Why a stored offset does not fit its log (first offset `start`, next one `end`), or None if it does.

    `id_before` is the id of the record at next_offset - 1, None if there is none.
    """
    topic, partition = place
    where = f"{topic}/{partition}: the stored offset is {stored.next_offset}"
    if start > stored.next_offset:
        return f"{where}, the log begins at {start}: what lies between is gone"
    if end < stored.next_offset:
        return f"{where}, the log ends at {end}: the topic was re-created or cut"
    if start == stored.next_offset or not stored.last_id:
        return None
    if id_before != stored.last_id:
        return f"{where}, the record before it is {id_before}, read was {stored.last_id}: the topic was re-created"
    return None


def explained(reasons: Sequence[str], remedy: str) -> OffsetsDoNotFit:
    return OffsetsDoNotFit("; ".join(reasons) + ". " + remedy)
