"""Reads and writes the facts in one schema: two round trips for a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from analytics import facts
from analytics.facts import Changes, Fact, Known, Stream
from analytics.measures.conversation import Conversation
from analytics.workspace import Workspace
from events.topics import CONVERSATIONS, WORKSPACE
from service_kit.database import Cursor
from service_kit.faults import StreamGap, check_sequence
from service_kit.view_batch import Arrived

FACT_COLUMNS: Final = (
    "kind text, stopped_at bigint, conversation_id uuid, sequence integer, number bigint, inbox_id uuid, channel text,"
    " team_id uuid, agent_id uuid, duration bigint, parts bigint[], event_id uuid, start_event_id uuid,"
    " started_at bigint"
)
_STREAMS: Final = (
    "select conversation_id, sequence, state::text from {schema}.conversations where conversation_id = any(%s)"
)
_WORKSPACE: Final = "select state::text from {schema}.workspace"
_HOLES: Final = "select stream_id, sequence from {schema}.skipped where stream_id = any(%s)"
_SKIP: Final = (
    "insert into {schema}.skipped (stream_id, sequence) select * from unnest(%s::uuid[], %s::integer[])"
    " on conflict do nothing"
)
_PUT_STREAMS: Final = (
    "insert into {schema}.conversations (conversation_id, sequence, state) select conversation_id, sequence, state"
    " from json_to_recordset(%s::json) as r (conversation_id uuid, sequence integer, state json)"
    " on conflict (conversation_id) do update set sequence = excluded.sequence, state = excluded.state"
)
_NAMES: Final = ", ".join(Fact.__struct_fields__)
_PUT_FACTS: Final = "insert into {schema}.facts (%s) select %s from json_to_recordset(%%s::json) as r (%s)" % (  # noqa: S608, UP031
    _NAMES,
    _NAMES,
    FACT_COLUMNS,
)
_PUT_DAYS: Final = (
    "insert into {schema}.days (kind, day) select kind, day from json_to_recordset(%s::json) as r (kind text,"
    " day integer) order by kind, day on conflict (kind, day) do update set packed = null"
)
_PUT_WORKSPACE: Final = (
    "insert into {schema}.workspace (state) values (%s::json)"
    " on conflict (only_one) do update set state = excluded.state"
)
_encode: Final = msgspec.json.Encoder().encode
_conversation: Final = msgspec.json.Decoder(Conversation).decode
_workspace: Final = msgspec.json.Decoder(Workspace).decode


class Facts:
    """The facts in one schema. Holds nothing that a rolled back transaction could falsify."""

    def __init__(self, schema: str) -> None:
        self.schema = schema

    def apply(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        """Adds what the batch says, in the caller's transaction.

        Raises StreamGap where a stream has a hole that no dead letter explains, StreamRepeated.
        """
        known = self._known(cursor, batch)
        try:
            changes = facts.fold(batch, known, check_sequence)
        except StreamGap:
            streams = {record.envelope.stream for record in batch if record.envelope is not None}
            changes = facts.fold(batch, known, self._holes(cursor, streams).check)
        self.write(cursor, changes)

    def skipped(self, cursor: Cursor, events: Iterable[tuple[UUID, int]]) -> None:
        """Events that went to the dead-letter topic: the holes they leave in their streams are known ones."""
        streams, sequences = zip(*events, strict=True)
        self._execute(cursor, _SKIP, (list(streams), list(sequences)))

    def write(self, cursor: Cursor, changes: Changes) -> None:
        """Everything in one statement; days that get facts are no longer packed."""
        parts: list[tuple[str, str]] = []
        if changes.streams:
            parts.append((_PUT_STREAMS, _text(list(changes.streams.values()))))
        if changes.facts:
            days = sorted({(fact.kind, fact.day) for fact in changes.facts})
            parts.append((_PUT_FACTS, _text(changes.facts)))
            parts.append((_PUT_DAYS, _text([{"kind": kind, "day": day} for kind, day in days])))
        if parts:
            steps = [f"s{number} as ({text})" for number, (text, _) in enumerate(parts[:-1])]
            whole = f"with {', '.join(steps)} {parts[-1][0]}" if steps else parts[-1][0]
            self._execute(cursor, whole, [parameter for _, parameter in parts])
        if changes.workspace is not None:
            self._execute(cursor, _PUT_WORKSPACE, (_text(changes.workspace),))

    def _known(self, cursor: Cursor, batch: Iterable[Arrived]) -> Known:
        known, streams, with_workspace = Known(), set[UUID](), False
        for record in batch:
            if record.envelope is not None and record.topic == CONVERSATIONS.name:
                streams.add(record.envelope.stream)
            with_workspace = with_workspace or record.topic == WORKSPACE.name
        if streams:
            self._execute(cursor, _STREAMS, (list(streams),))
            known.streams = {row[0]: Stream(row[0], row[1], _conversation(row[2])) for row in cursor.fetchall()}
        if with_workspace:
            self._execute(cursor, _WORKSPACE, ())
            row = cursor.fetchone()
            if row is not None:
                known.workspace = _workspace(row[0])
        return known

    def _holes(self, cursor: Cursor, streams: Collection[UUID]) -> _Holes:
        self._execute(cursor, _HOLES, (list(streams),))
        holes: dict[UUID, set[int]] = {}
        for stream, sequence in cursor.fetchall():
            holes.setdefault(stream, set()).add(sequence)
        return _Holes(holes)

    def _execute(self, cursor: Cursor, text: str, parameters: Sequence[Any]) -> None:
        cursor.execute(text.format(schema=self.schema).encode(), parameters)


class _Holes:
    """Sequences by stream that will never come: their records went to the dead-letter topic."""

    def __init__(self, holes: dict[UUID, set[int]]) -> None:
        self._holes = holes

    def check(self, stream: UUID, last: int, sequence: int) -> None:
        """Raises StreamGap, StreamRepeated."""
        missing: Collection[int] = range(last + 1, sequence)
        if not missing or not self._holes.get(stream, set()).issuperset(missing):
            check_sequence(stream, last, sequence)


def _text(value: Any) -> str:
    return _encode(value).decode()
