"""What was received, read from the log when an operator asks for each difference of an hour."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from events.topics import INBOUND_EMAIL
from inbox_projection.commands import BusAway

log = logging.getLogger(__name__)
GROUP: Final = "router.intake"
"""Under which the router commits how far it has come (for lag tools, and for this)."""
MOST: Final = 300_000
"""Records read at most for one answer."""
SLACK: Final = timedelta(minutes=10)
READ_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it lies in the log; `handled` when the router has passed it."""

    topic: str
    partition: int
    offset: int
    at: datetime
    message_id: UUID
    inbox_id: UUID
    channel_id: UUID
    dedupe_key: str
    handled: bool


@dataclass(frozen=True)
class Read:
    """`complete` unless the log begins later than asked, or holds more than is read at once."""

    records: Sequence[Received]
    complete: bool


class InboundLog(Protocol):
    """Where received messages can be looked up."""

    async def received(self, begin: datetime, end: datetime) -> Read:
        """Messages by the time of their event, begin included. Raises BusAway."""
        ...


class _Facts(msgspec.Struct):
    message_id: UUID
    channel_id: UUID


class _Data(msgspec.Struct):
    inbox_id: UUID
    dedupe_key: str
    facts: _Facts


class _Body(msgspec.Struct):
    data: _Data


_body: Final = msgspec.json.Decoder(_Body)


class KafkaInboundLog:
    """Reads the topics of inbound mail without a group, from the offsets of a time."""

    def __init__(self, bootstrap_servers: str, most: int = MOST) -> None:
        self._bootstrap = bootstrap_servers
        self._most = most

    async def received(self, begin: datetime, end: datetime) -> Read:
        try:
            return await self._read(begin, end)
        except (KafkaError, OSError, TimeoutError) as error:
            raise BusAway(f"the log does not answer: {type(error).__name__}") from error

    async def _read(self, begin: datetime, end: datetime) -> Read:
        handled = await self._handled()
        places = [TopicPartition(INBOUND_EMAIL.name, number) for number in range(INBOUND_EMAIL.partitions)]
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, client_id="inbox-projection-reconciliation")
        try:
            await consumer.start()
            consumer.assign(places)
            starts = await consumer.offsets_for_times(dict.fromkeys(places, _millis(begin - SLACK)))
            stops = await consumer.offsets_for_times(dict.fromkeys(places, _millis(end + SLACK)))
            ends = await consumer.end_offsets(places)
            first = await consumer.beginning_offsets(places)
            ranges = {
                place: (
                    ends[place] if starts[place] is None else starts[place].offset,
                    ends[place] if stops[place] is None else stops[place].offset,
                )
                for place in places
            }
            complete = all(begun == 0 or ranges[place][0] > begun for place, begun in first.items())
            found: list[Received] = []
            room = self._most
            for place, (start, stop) in ranges.items():
                room -= await self._partition(consumer, place, start, min(stop, start + room), handled, found)
                complete = complete and (room > 0 or stop <= start)
        finally:
            await consumer.stop()
        return Read([one for one in found if begin <= one.at < end], complete)

    async def _partition(
        self,
        consumer: AIOKafkaConsumer,
        place: TopicPartition,
        start: int,
        stop: int,
        handled: dict[tuple[str, int], int],
        found: list[Received],
    ) -> int:
        """Reads the offsets from start to stop; how many that were."""
        if stop <= start:
            return 0
        others = [other for other in consumer.assignment() if other != place]
        consumer.pause(*others)
        consumer.resume(place)
        consumer.seek(place, start)
        position, passed = start, handled.get((place.topic, place.partition), 0)
        while position < stop:
            batches = await consumer.getmany(place, timeout_ms=READ_MS, max_records=2_000)
            records = batches.get(place, [])
            if not records:
                raise TimeoutError("the log gave no records")
            wanted = [record for record in records if start <= record.offset < stop]
            found.extend(_messages(wanted, passed))
            position = records[-1].offset + 1
        return stop - start

    async def _handled(self) -> dict[tuple[str, int], int]:
        """The router's committed offsets: those before them it has handled."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, client_id="inbox-projection-reconciliation")
        try:
            await admin.start()
            offsets = await admin.list_consumer_group_offsets(GROUP)
        finally:
            await admin.close()
        return {(place.topic, place.partition): found.offset for place, found in offsets.items()}


def _messages(records: Iterable[Any], passed: int) -> Iterable[Received]:
    """Those of the type MessageReceived that can be read; the others are in quarantine, which knows their offsets."""
    for record in records:
        headers = dict(record.headers)
        if headers.get("ce_type") != b"MessageReceived":
            continue
        try:
            at = datetime.fromisoformat(headers.get("ce_time", b"").decode("ascii", "replace"))
            data = _body.decode(record.value or b"").data
        except (ValueError, msgspec.DecodeError):
            continue
        if at.tzinfo is None:
            continue
        yield Received(
            record.topic,
            record.partition,
            record.offset,
            at,
            data.facts.message_id,
            data.inbox_id,
            data.facts.channel_id,
            data.dedupe_key,
            record.offset < passed,
        )


def _millis(moment: datetime) -> int:
    return max(0, int(moment.timestamp() * 1000))
