"""Pages of the notification log become one closed batch for each partition; frames are opened, bodies never."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from events.codec import with_position
from events.frame import unpack
from service_kit.offsets import TopicPartition
from service_kit.producer import partition_of

Row = tuple[int, bytes]


class Batch(Protocol):
    """aiokafka's BatchBuilder."""

    def append(self, *, timestamp: None, key: bytes, value: bytes, headers: Any) -> Any: ...
    def close(self) -> None: ...


@dataclass
class Page:
    """Batches that hold every record of positions up to `end` (after the page before), in order; rows left over.

    One batch for each partition: Kafka takes a batch whole or not at all, so a page can leave no hole inside a
    partition, whoever sends it and whenever it arrives.
    """

    end: int
    batches: dict[TopicPartition, Any] = field(default_factory=dict)
    rest: list[Row] = field(default_factory=list)
    events: int = 0


def build(
    rows: list[Row], store: str, after: int, partitions: Mapping[str, int], new_batch: Callable[[], Batch], most: int
) -> Page:
    """A page of the first rows: as many as fit where no batch has more than `most` bytes of values and headers.

    A row whose partition is full ends the page, and begins the next.
    """
    page = Page(after)
    sizes: dict[TopicPartition, int] = {}
    for number, (position, state) in enumerate(rows):
        frame = unpack(state)
        places = [(topic, partition_of(frame.key, partitions[topic])) for topic in frame.topics]
        size = len(state) + 64
        if any(place in sizes and sizes[place] + size > most for place in places):
            page.rest = rows[number:]
            break
        headers = with_position(frame.headers, store, position)
        for place in places:
            batch = page.batches.get(place)
            if batch is None:
                batch = page.batches[place] = new_batch()
            if batch.append(timestamp=None, key=frame.key, value=frame.body, headers=headers) is None:
                raise ValueError(f"the batch for {place} refused position {position} of {len(frame.body)} bytes")
            sizes[place] = sizes.get(place, 0) + size
        page.end = position
        page.events += 1
    for batch in page.batches.values():
        batch.close()
    return page


@dataclass(frozen=True)
class Published:
    """An event of a store as the log shows it."""

    place: TopicPartition
    position: int
    event_id: str


def published(tails: Mapping[TopicPartition, Iterable[Any]], store: str) -> list[Published]:
    """The last event of the store in each partition's tail; partitions that show none are absent."""
    found: list[Published] = []
    for place, records in tails.items():
        last: Published | None = None
        for record in records:
            headers = dict(record.headers)
            if headers.get("ce_store") == store.encode():
                position = int(headers["ce_position"])
                if last is None or position > last.position:
                    last = Published(place, position, headers.get("ce_id", b"").decode("utf-8", "replace"))
        if last is not None:
            found.append(last)
    return found


def newest_epoch(tails: Mapping[TopicPartition, Iterable[Any]], store: str) -> int:
    """The greatest epoch of the store that the tails show; 0 when they show none. Whoever published last had it."""
    names = (dict(record.headers).get("ce_store") or b"" for records in tails.values() for record in records)
    shown = (name.rpartition(b"/") for name in names)
    return max((int(epoch) for name, _, epoch in shown if name == store.encode() and epoch.isdigit()), default=0)


def resume_point(relayed: int, since: int, last: Iterable[Published]) -> int:
    """The position after which to go on: the smaller of the stored position and the greatest one of the log."""
    greatest = max((event.position for event in last), default=since)
    return max(since, min(relayed, greatest))


def event_id(state: bytes) -> str:
    """The id of a stored event."""
    return next((value.decode() for name, value in unpack(state).headers if name == "ce_id"), "")
