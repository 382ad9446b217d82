"""Dead letters: raw records that could not be handled, with the reason, and a limit on how many come in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from events.codec import Header
from events.topics import MAX_RECORD_BYTES, dead_letters
from service_kit.faults import TooManyDeadLetters
from service_kit.offsets import Record, TopicPartition
from service_kit.producer import Publisher

DEFAULT_LIMIT = 10
REASON_BYTES = 1_000
HEADERS_ROOM = 64 * 1024

Place = tuple[str, int, int]
"""Topic, partition, offset."""


def place_of(record: Record) -> Place:
    return record.topic, record.partition, record.offset


class DeadLetters:
    """The dead-letter topic of a consumer group.

    `limit` is how many consecutive records of a partition may end here; one more stops the consumer, because then the
    consumer itself is suspect, and a bad deploy must not drain the topic. The count is kept beside the offsets.
    """

    def __init__(self, bootstrap: str, group: str, limit: int = DEFAULT_LIMIT) -> None:
        self.topic, self.limit = dead_letters(group).name, limit
        self._publisher = Publisher(bootstrap)

    async def put(self, letters: Sequence[tuple[Record, str]]) -> None:
        """Returns when all are acknowledged. Raises KafkaAway; then some may be there, and come again."""
        for record, reason in letters:
            value, headers = letter(record, reason)
            await self._publisher.publish_raw(self.topic, record.key, value, headers)

    async def stop(self) -> None:
        await self._publisher.stop()


def letter(record: Record, reason: str) -> tuple[bytes | None, list[Header]]:
    """The record's own value and headers, with where it came from and why it is here.

    Of a value or headers that would not fit with this into a record, only the beginning is kept (`dl_cut`: bytes left
    out); the original stays where it was for its topic's retention.
    """
    value = record.value
    added: list[Header] = [
        ("dl_reason", reason.encode()[:REASON_BYTES]),
        ("dl_topic", record.topic.encode()),
        ("dl_partition", str(record.partition).encode()),
        ("dl_offset", str(record.offset).encode()),
    ]
    headers: list[Header] = []
    room = HEADERS_ROOM // 2
    for name, content in record.headers:
        room -= len(name) * 4 + len(content or b"") + 16
        if room < 0:
            break
        headers.append((name, content))
    most = MAX_RECORD_BYTES - HEADERS_ROOM - len(record.key or b"")
    if value is not None and len(value) > most:
        added.append(("dl_cut", str(len(value) - most).encode()))
        value = value[:most]
    return value, headers + added


def counted(
    records: Sequence[Record], dead: Mapping[Place, str], before: Mapping[TopicPartition, int], limit: int
) -> dict[TopicPartition, int]:
    """How many in a row are dead at the end of each partition's records, after `before`.

    Raises TooManyDeadLetters when the limit is passed on the way.
    """
    runs: dict[TopicPartition, int] = {}
    for record in records:
        at = (record.topic, record.partition)
        reason = dead.get(place_of(record))
        run = runs.get(at, before.get(at, 0)) + 1 if reason is not None else 0
        if run > limit:
            raise TooManyDeadLetters(
                f"{record.topic}/{record.partition} offset {record.offset} would be dead letter number {run} in a row"
                f" ({reason}), the limit is {limit}: mend the consumer, or raise the limit if the records are at fault"
            )
        runs[at] = run
    return runs
