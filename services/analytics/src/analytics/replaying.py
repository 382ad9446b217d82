"""Facts recomputed from records of the log in bounded memory: states of conversations are spilled to a file."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from analytics import facts
from analytics.facts import Known, Stream
from analytics.measures.definitions import Definition
from analytics.measures.measure import Kind
from analytics.packing import Block, Row, pack, row_of, unpack
from analytics.reports.periods import Period
from analytics.workspace import EMPTY
from service_kit.faults import check_sequence
from service_kit.offsets import Record
from service_kit.view_batch import holes, opened, sift

MOST_STATES: Final = 50_000
MOST_ROWS: Final = 50_000


class States:
    """Conversations by id: the latest used in memory, all others in a file that is removed with its folder."""

    def __init__(self, folder: Path, most: int = MOST_STATES) -> None:
        self._most = most
        self._recent: OrderedDict[UUID, Stream] = OrderedDict()
        self._spilled = sqlite3.connect(folder / "states.sqlite", isolation_level=None, check_same_thread=False)
        self._spilled.execute("PRAGMA synchronous = OFF")
        self._spilled.execute("PRAGMA journal_mode = OFF")
        self._spilled.execute("CREATE TABLE states (id BLOB PRIMARY KEY, state BLOB) WITHOUT ROWID")
        self._decode = msgspec.msgpack.Decoder(Stream).decode
        self._encode = msgspec.msgpack.Encoder().encode

    def get(self, ids: Iterable[UUID]) -> dict[UUID, Stream]:
        """Those that are known."""
        found: dict[UUID, Stream] = {}
        for each in ids:
            known = self._recent.get(each)
            if known is None:
                row = self._spilled.execute("SELECT state FROM states WHERE id = ?", (each.bytes,)).fetchone()
                known = None if row is None else self._decode(row[0])
            if known is not None:
                found[each] = known
        return found

    def put(self, streams: Mapping[UUID, Stream]) -> None:
        for key, stream in streams.items():
            self._recent[key] = stream
            self._recent.move_to_end(key)
        gone = [self._recent.popitem(last=False) for _ in range(len(self._recent) - self._most)]
        self._spilled.execute("BEGIN")
        self._spilled.executemany(
            "INSERT OR REPLACE INTO states VALUES (?, ?)", [(key.bytes, self._encode(stream)) for key, stream in gone]
        )
        self._spilled.execute("COMMIT")

    def close(self) -> None:
        self._spilled.close()


class Replaying:
    """Takes records of conversations.v1 (and for business hours of workspace.v1), each partition in order; keeps some
    25 bytes of each fact in the period."""

    def __init__(self, definition: Definition, period: Period, states: States, cuts: Mapping[str, int]) -> None:
        self.events = self.dead = 0
        self.workspace = EMPTY
        self._definition, self._period, self._states, self._cuts = definition, period, states, dict(cuts)
        self._positions: dict[tuple[str, int, str], int] = {}
        self._holes: dict[UUID, set[int]] = defaultdict(set)
        self._rows: dict[tuple[Kind, int], list[Row]] = defaultdict(list)
        self._waiting = 0
        self._blocks: dict[Kind, list[tuple[int, Block]]] = defaultdict(list)

    def take(self, records: Sequence[Record]) -> None:
        """Raises StreamGap, StreamRepeated. What cannot be read is left out and counted, as live facts leave it out."""
        sifted = sift(records, self._positions, cuts=self._cuts)
        batch = opened(sifted, None)
        for hole in holes(records, sifted.dead):
            self._holes[hole.stream].add(hole.sequence)
        streams = {record.envelope.stream for record in batch if record.envelope is not None}
        changes = facts.fold(batch, Known(self._states.get(streams), self.workspace), self._check, self._definition)
        self._states.put(changes.streams)
        self.workspace = changes.workspace or self.workspace
        for fact in changes.facts:
            if self._period.begin <= fact.stopped_at < self._period.end:
                self._rows[fact.kind, fact.day].append(row_of(fact))
                self._waiting += 1
        if self._waiting > MOST_ROWS:
            self._pack()
        self._positions.update(sifted.positions)
        self.events += len(batch)
        self.dead += len(sifted.dead)

    def blocks(self, kind: Kind) -> list[tuple[int, Block]]:
        """The (day, block)s of a kind so far."""
        self._pack()
        return self._blocks[kind]

    def _pack(self) -> None:
        for (kind, day), rows in self._rows.items():
            self._blocks[kind].append((day, unpack(pack(kind, day, rows))))
        self._rows.clear()
        self._waiting = 0

    def _check(self, stream: UUID, last: int, sequence: int) -> None:
        missing = range(last + 1, sequence)
        if not missing or not self._holes.get(stream, set()).issuperset(missing):
            check_sequence(stream, last, sequence)
