"""What arrived, pure: records sifted by position, opened with keys, and told apart from what cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import msgspec

from events.codec import Header, Parsed, open_, parse
from events.contacts import ContactErased
from events.conversations import PersonalDataErased
from events.envelope import AnyEnvelope
from events.errors import EventError, KeyNotHeld
from events.sealing import Keys
from service_kit.dead_letters import Place, place_of
from service_kit.offsets import Record, TopicPartition


@dataclass(slots=True)
class Arrived:
    """A record as a projection gets it.

    `position` is None outside of an event store. Of topics of which only headers count, `envelope` is None. `key_id`
    is the key of the sealed half, whether or not it was erased. `value` is what lay in the log.
    """

    topic: str
    partition: int
    offset: int
    position: int | None
    envelope: AnyEnvelope | None
    key_id: UUID | None
    headers: Sequence[Header]
    value: bytes | None


@dataclass
class Progress:
    """How far a view is: next offsets and dead letters in a row, positions of each store."""

    next_offsets: dict[TopicPartition, int] = field(default_factory=dict)
    dead_in_a_row: dict[TopicPartition, int] = field(default_factory=dict)
    positions: dict[tuple[str, int, str], int] = field(default_factory=dict)


@dataclass
class Sifted:
    """New records of a batch, with what they say when parsed; why others can't be; and the positions reached."""

    fresh: list[tuple[Record, Parsed | None]] = field(default_factory=list)
    dead: dict[Place, str] = field(default_factory=dict)
    positions: dict[tuple[str, int, str], int] = field(default_factory=dict)

    def key_ids(self) -> set[UUID]:
        return {parsed.box.key_id for _, parsed in self.fresh if parsed is not None and parsed.box is not None}

    def erased_ids(self) -> set[UUID]:
        """Contacts whom the batch erases: a contact's id is the id of its key."""
        found: set[UUID] = set()
        for _, parsed in self.fresh:
            if parsed is None or parsed.cls not in (ContactErased, PersonalDataErased):
                continue
            with suppress(ValueError, msgspec.DecodeError):
                if parsed.cls is ContactErased:
                    found.add(UUID(parsed.attributes.get("ce_stream", "")))
                else:
                    found.add(msgspec.json.decode(parsed.data, type=PersonalDataErased).contact_id)
        return found


def sift(
    records: Sequence[Record],
    known: Mapping[tuple[str, int, str], int],
    header_topics: Collection[str] = (),
    cuts: Mapping[str, int] | None = None,
    dead: Mapping[Place, str] | None = None,
) -> Sifted:
    """Parses what is new: positions not greater than the known one of their (topic, partition, store) are left out.

    `cuts` names the last valid position of stores that were restored from an older copy; later ones are left out.
    `dead` are records already known to be at fault.
    """
    sifted = Sifted(dead=dict(dead or {}))
    for record in records:
        if record.topic in header_topics:
            sifted.fresh.append((record, None))
            continue
        try:
            parsed = parse(record.headers, record.value)
            where = _where(parsed.attributes)
        except (EventError, ValueError) as error:
            parsed, where = None, _where_raw(record.headers)
            sifted.dead.setdefault(place_of(record), f"{type(error).__name__}: {error}")
        if where is not None:
            (store, position), at = where, (record.topic, record.partition, where[0])
            if position <= max(known.get(at, 0), sifted.positions.get(at, 0)):
                sifted.dead.pop(place_of(record), None)
                continue
            if cuts and position > cuts.get(store, position):
                sifted.dead.pop(place_of(record), None)
                continue
            sifted.positions[at] = position
        if place_of(record) not in sifted.dead:
            sifted.fresh.append((record, parsed))
    return sifted


def _where(attributes: Mapping[str, str]) -> tuple[str, int] | None:
    """Store and position, None outside of a store. Raises ValueError when the position is no number."""
    store = attributes.get("ce_store")
    return (store, int(attributes.get("ce_position", ""))) if store else None


def _where_raw(headers: Sequence[Header]) -> tuple[str, int] | None:
    """Store and position of a record that may be anything."""
    with suppress(ValueError, AttributeError):
        return _where({name: value.decode() for name, value in headers if name in ("ce_store", "ce_position")})
    return None


def opened(sifted: Sifted, keys: Keys | None) -> list[Arrived]:
    """What the projection gets; records whose box or data do not open are added to `sifted.dead`.

    Raises KeyNotHeld: a fault, never a dead letter.
    """
    batch: list[Arrived] = []
    for record, parsed in sifted.fresh:
        envelope = None
        if parsed is not None:
            try:
                envelope = open_(parsed, keys)
            except KeyNotHeld:
                raise
            except EventError as error:
                sifted.dead[place_of(record)] = f"{type(error).__name__}: {error}"
                continue
        batch.append(
            Arrived(
                record.topic,
                record.partition,
                record.offset,
                None if envelope is None else envelope.position,
                envelope,
                None if parsed is None else parsed.key_id,
                record.headers,
                record.value,
            )
        )
    return batch


class Hole(NamedTuple):
    """Where an event is left out of its stream, and the record that would have brought it."""

    place: Place
    stream: UUID
    sequence: int


def holes(records: Sequence[Record], dead: Collection[Place]) -> list[Hole]:
    """The known holes that dead records leave, of those that say their stream and sequence."""
    found: list[Hole] = []
    for record in records:
        if place_of(record) in dead:
            headers = dict(record.headers)
            with suppress(KeyError, ValueError, AttributeError):
                hole = Hole(place_of(record), UUID(headers["ce_stream"].decode()), int(headers["ce_sequence"]))
                if hole.sequence > 0:
                    found.append(hole)
    return found


def parts(batch: Sequence[Arrived], lost: Sequence[Hole]) -> list[Sequence[Arrived] | Hole]:
    """The batch cut at the holes, so that each hole comes where its event would have; one part when there is none."""
    ordered: list[Sequence[Arrived] | Hole] = []
    waiting = list(batch)
    for hole in lost:
        topic, partition, offset = hole.place
        number = next(
            (
                n
                for n, each in enumerate(waiting)
                if (each.topic, each.partition) == (topic, partition) and each.offset > offset
            ),
            len(waiting),
        )
        if number:
            ordered.append(waiting[:number])
        ordered.append(hole)
        waiting = waiting[number:]
    if waiting:
        ordered.append(waiting)
    return ordered
