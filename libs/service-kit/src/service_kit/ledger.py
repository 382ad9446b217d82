"""The test ledger: what was sent against what arrived at each place; finds what is lost, twice or swapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from events.frame import unpack
from events.topics import BY_NAME
from service_kit import database
from service_kit.event_store import TABLE
from service_kit.log_probe import probing
from service_kit.statements import statement

Lanes = Mapping[Hashable, Sequence[str]]
"""Ids in the order in which they must stay, by lane: a conversation, a sender, a stream."""


@dataclass(frozen=True)
class Verdict:
    """Each entry is (lane, id); `swapped` names the one that came after a later one of its lane."""

    lost: list[tuple[Hashable, str]] = field(default_factory=list)
    twice: list[tuple[Hashable, str]] = field(default_factory=list)
    swapped: list[tuple[Hashable, str]] = field(default_factory=list)
    unknown: list[tuple[Hashable, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.lost or self.twice or self.swapped or self.unknown)

    def __str__(self) -> str:
        return ", ".join(f"{len(getattr(self, name))} {name}" for name in ("lost", "twice", "swapped", "unknown"))


def compare(expected: Lanes, seen: Lanes) -> Verdict:
    """Holds what was seen against what was expected, lane by lane."""
    verdict = Verdict()
    for lane in dict.fromkeys([*expected, *seen]):
        wanted = list(expected.get(lane, ()))
        order = {one: number for number, one in enumerate(wanted)}
        counts = Counter(seen.get(lane, ()))
        verdict.lost.extend((lane, one) for one in wanted if not counts[one])
        verdict.twice.extend((lane, one) for one, count in counts.items() if one in order and count > 1)
        verdict.unknown.extend((lane, one) for one in counts if one not in order)
        latest = -1
        met: set[str] = set()
        for one in seen.get(lane, ()):
            if one not in order or one in met:
                continue
            met.add(one)
            if order[one] < latest:
                verdict.swapped.append((lane, one))
            latest = max(latest, order[one])
    return verdict


@dataclass(frozen=True)
class Entry:
    """An event as found in the store or in the log."""

    event_id: str
    stream: str
    sequence: int
    store: str
    position: int


def by_stream(entries: Iterable[Entry]) -> dict[Hashable, list[str]]:
    """Ids by stream, in the order in which they lie."""
    lanes: dict[Hashable, list[str]] = {}
    for entry in entries:
        lanes.setdefault(entry.stream, []).append(entry.event_id)
    return lanes


def as_consumed(entries: Iterable[Entry]) -> list[Entry]:
    """A partition's records as a consumer sees them that skips positions not greater than the last."""
    greatest: dict[str, int] = {}
    kept: list[Entry] = []
    for entry in entries:
        if entry.position > greatest.get(entry.store, 0):
            greatest[entry.store] = entry.position
            kept.append(entry)
    return kept


def read_store(dsn: str, schema: str = "router") -> dict[str, list[Entry]]:
    """All events of the store by topic, in order of position."""
    found: dict[str, list[Entry]] = {}
    query = statement(
        "SELECT originator_id, originator_version, notification_id, state FROM {events} ORDER BY notification_id",
        events=f"{schema}.{TABLE}",
    )
    with database.connect(dsn, "ledger") as connection:
        for stream, sequence, position, state in connection.execute(query):
            frame = unpack(bytes(state))
            entry = Entry(_id(frame.headers), str(stream), sequence, "", position)
            for topic in frame.topics:
                found.setdefault(topic, []).append(entry)
    return found


async def read_log(bootstrap: str, topics: Iterable[str] = BY_NAME) -> dict[str, list[list[Entry]]]:
    """All records of a store in the log, by topic and partition, in order of offset, repeated ones too."""
    found: dict[str, list[list[Entry]]] = {}
    async with probing(bootstrap) as probe:
        tails = await probe.tails(await probe.partitions(topics), most=2**40)
    for (topic, _), records in tails.items():
        entries: list[Entry] = []
        for record in records:
            headers = dict(record.headers)
            if "ce_store" in headers:
                entries.append(
                    Entry(
                        _id(record.headers),
                        headers["ce_stream"].decode(),
                        int(headers["ce_sequence"]),
                        headers["ce_store"].decode(),
                        int(headers["ce_position"]),
                    )
                )
        found.setdefault(topic, []).append(entries)
    return found


async def check_log(dsn: str, bootstrap: str, schema: str = "router") -> Verdict:
    """Promise 4: every event of the store is in the log once and in order, for consumers who skip by position."""
    store = read_store(dsn, schema)
    log = await read_log(bootstrap, store)
    expected: dict[Hashable, list[str]] = {
        (topic, lane): ids for topic, entries in store.items() for lane, ids in by_stream(entries).items()
    }
    seen: dict[Hashable, list[str]] = {}
    for topic, partitions in log.items():
        for entries in partitions:
            for lane, ids in by_stream(as_consumed(entries)).items():
                seen.setdefault((topic, lane), []).extend(ids)
    return compare(expected, seen)


def _id(headers: Iterable[tuple[str, bytes]]) -> str:
    return next((value.decode() for name, value in headers if name == "ce_id"), "")
