"""`python -m router import FILE`: a history of events in the clear is sealed and appended, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

import msgspec

from events import catalog
from events.envelope import SYSTEM, Actor, Envelope
from events.errors import EventError
from router import lookups
from router.composition import Parts
from router.drafts import Draft
from router.errors import ImportRefused
from router.lookup_rows import Asked
from router.replay import Replay
from router.sealing import sealed
from router.states import Wanted
from service_kit.database import Cursor
from service_kit.event_store import NewEvent
from service_kit.ids import derived_id

LINES: Final = 1000
NO_PERSONAL: Final = msgspec.Raw(b"null")
CHECKED: Final = 5000


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a history. What is left out is derived: the sequence always; the id from stream and sequence; the
    topics from the type; the key from whom the event is about."""

    stream: UUID
    type: str
    version: int = 1
    data: msgspec.Raw
    personal: msgspec.Raw = NO_PERSONAL
    key_id: UUID | None = None
    topics: tuple[str, ...] = ()
    occurred_at: datetime
    recorded_at: datetime | None = None
    actor: str = ""
    id: UUID | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None


_decoder = msgspec.json.Decoder(Line)


def import_history(parts: Parts, path: Path, progress: Callable[[int], None] = lambda events: None) -> int:
    """Appends the file's events in one transaction and returns their number.

    Look-ups are written with them, keys are made where there are none. Raises ImportRefused when a stream of the file
    exists (so a second import changes nothing) or a line is malformed; then nothing was written.
    """
    with path.open("rb") as file:
        streams = {line.stream for _, line in _lines(file)}
    with parts.store.transaction() as cursor:
        _refuse_existing(cursor, parts, streams)
        importer = _Importer(cursor, parts)
        with path.open("rb") as file:
            lines = _lines(file)
            while page := list(islice(lines, LINES)):
                importer.append(page)
                progress(importer.events)
    parts.memory.forget()
    return importer.events


def _lines(file: BinaryIO) -> Iterator[tuple[int, Line]]:
    for number, raw in enumerate(file, 1):
        if raw.strip():
            try:
                yield number, _decoder.decode(raw)
            except msgspec.DecodeError as error:
                raise ImportRefused(f"line {number} is no event of a history: {error}") from error


def _refuse_existing(cursor: Cursor, parts: Parts, streams: set[UUID]) -> None:
    waiting = iter(sorted(streams))
    while some := list(islice(waiting, CHECKED)):
        existing = parts.store.heads(cursor, some)
        if existing:
            raise ImportRefused(
                f"{len(existing)} of the streams exist already, the first is {next(iter(existing))}: this history was"
                " imported before, or the workspace is not empty"
            )


class _Importer:
    """Turns lines into events, page by page."""

    def __init__(self, cursor: Cursor, parts: Parts) -> None:
        self._cursor, self._parts = cursor, parts
        self._sequences: dict[UUID, int] = {}
        self._replay = Replay(parts.store, parts.decoder.hashes, parts.decoder.conversation_of)
        stored = parts.store.read(cursor, parts.memory.reading(Wanted()))
        states = parts.memory.states(Wanted(), stored)
        self._replay.load(lookups.read(cursor, Asked()), states.workspace)
        self.events = 0

    def append(self, page: list[tuple[int, Line]]) -> None:
        firsts: dict[UUID, int] = {}
        for _, line in page:
            firsts.setdefault(line.stream, self._sequences.get(line.stream, 0) + 1)
        self._replay.prepare(self._cursor, firsts)
        drafts = [self._draft(number, line) for number, line in page]
        needed = {draft.key_id for draft in drafts if draft.key_id is not None}
        keyring = self._parts.keyring
        held = keyring.find(self._cursor, needed)
        new, rows = keyring.make(needed - held.keys())
        keyring.keep(new)
        self._parts.store.append(self._cursor, self._sealed(page, drafts, {**held, **new}))
        self._replay.flush(self._cursor, rows)
        keyring.evict()
        self.events += len(page)

    def _draft(self, number: int, line: Line) -> Draft:
        try:
            cls = catalog.class_of(line.type)
            if line.version != cls.VERSION:
                raise ImportRefused(f"line {number}: {line.type} has version {cls.VERSION}, not {line.version}")
            data = _decoder_of(cls).decode(line.data)
            if bytes(line.personal) != bytes(NO_PERSONAL):
                personal = catalog.personal_type(cls)
                if personal is None:
                    raise ImportRefused(f"line {number}: a {line.type} has no personal half")
                data = msgspec.structs.replace(data, personal=_decoder_of(personal).decode(line.personal))
        except (EventError, msgspec.DecodeError) as error:
            raise ImportRefused(f"line {number}: {error}") from error
        sequence = self._sequences[line.stream] = self._sequences.get(line.stream, 0) + 1
        event_id = line.id or derived_id(line.stream, str(sequence))
        envelope = Envelope(
            id=event_id,
            stream=line.stream,
            sequence=sequence,
            occurred_at=line.occurred_at,
            recorded_at=line.recorded_at or line.occurred_at,
            workspace_id=self._parts.memory.workspace_id,
            actor=_actor(line.actor),
            correlation_id=line.correlation_id or event_id,
            causation_id=line.causation_id,
            data=data,
        )
        key_id = self._replay.apply(self._cursor, envelope, line.key_id)
        return Draft(envelope, line.topics or (cls.TOPIC,), key_id)

    def _sealed(self, page: list[tuple[int, Line]], drafts: list[Draft], keys: dict[UUID, Any]) -> list[NewEvent]:
        events = []
        for (number, line), draft in zip(page, drafts, strict=True):
            try:
                events.append(sealed(draft, keys))
            except (EventError, ValueError) as error:
                raise ImportRefused(f"line {number}: this {line.type} cannot be stored: {error}") from error
        return events


@lru_cache
def _decoder_of(cls: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls)


@lru_cache
def _actor(text: str) -> Actor:
    kind, _, actor_id = text.partition(":")
    return msgspec.convert({"kind": kind, "id": actor_id}, Actor) if kind else SYSTEM
