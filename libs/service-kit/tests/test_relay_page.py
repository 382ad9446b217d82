"""Pages, pure: what goes into which batch, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from aiokafka.partitioner import murmur2 as kafkas_murmur2
from hypothesis import given
from hypothesis import strategies as st

from service_kit.ids import new_id
from service_kit.producer import murmur2, partition_of
from service_kit.relay_page import Published, build, event_id, newest_epoch, published, resume_point
from service_kit.testing import an_event, stored


@dataclass
class Sent:
    records: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    closed: bool = False

    def append(self, *, timestamp: None, key: bytes, value: bytes, headers: Any) -> object:
        self.records.append((int(dict(headers)["ce_position"]), key, value))
        return object()

    def close(self) -> None:
        self.closed = True


def rows(*streams: UUID, topics: tuple[str, ...] = ("t",), padding: int = 0) -> list[tuple[int, bytes]]:
    return [
        (number + 1, stored(an_event(stream, 1), *topics, padding=padding).state)
        for number, stream in enumerate(streams)
    ]


def test_every_partition_gets_its_events_in_order_of_position() -> None:
    streams = [new_id() for _ in range(50)]
    page = build(rows(*streams), "main/1", 0, {"t": 3}, Sent, 10**6)
    assert (page.end, page.events, page.rest) == (50, 50, [])
    for (_, partition), batch in page.batches.items():
        expected = [n + 1 for n, s in enumerate(streams) if partition_of(str(s).encode(), 3) == partition]
        assert [position for position, _, _ in batch.records] == expected
        assert batch.closed


def test_an_event_of_two_topics_is_copied_to_both() -> None:
    page = build(rows(new_id(), topics=("t", "outbound")), "main/1", 0, {"t": 1, "outbound": 1}, Sent, 10**6)
    assert page.batches["t", 0].records == page.batches["outbound", 0].records


def test_a_full_partition_ends_the_page_and_its_event_begins_the_next() -> None:
    stream = new_id()
    given_rows = rows(*[stream] * 10, padding=1000)
    page = build(given_rows, "main/1", 0, {"t": 1}, Sent, 5000)
    assert 0 < page.events < 10
    assert page.end == page.events
    assert page.rest == given_rows[page.events :]


def test_an_event_larger_than_a_batch_goes_alone() -> None:
    page = build(rows(new_id(), padding=1000), "main/1", 0, {"t": 1}, Sent, 100)
    assert page.events == 1


@dataclass
class Seen:
    headers: list[tuple[str, bytes]]


def test_the_last_position_of_this_store_is_found_among_those_of_others() -> None:
    def record(store: str, position: int) -> Seen:
        headers = [("ce_store", store.encode()), ("ce_position", b"%d" % position), ("ce_id", b"id%d" % position)]
        return Seen(headers)

    tails = {("t", 0): [record("main/1", 7), record("other/1", 90)], ("t", 1): [Seen([])], ("t", 2): []}
    assert published(tails, "main/1") == [Published(("t", 0), 7, "id7")]
    tails["t", 2] = [record("main/2", 3), record("main/x", 4), record("other/9", 5), record("main/1", 6)]
    assert newest_epoch(tails, "main") == 2
    assert newest_epoch({}, "main") == 0


@pytest.mark.parametrize(
    ("relayed", "since", "log", "resume"),
    [(10, 0, [12, 8], 10), (10, 0, [7], 7), (10, 0, [], 0), (10, 9, [], 9), (0, 0, [5], 0)],
    ids=["log is ahead of the row", "log lost its end", "log is empty", "epoch is new", "row was lost"],
)
def test_a_relay_goes_on_at_the_smaller_of_its_row_and_the_log(
    relayed: int, since: int, log: list[int], resume: int
) -> None:
    assert resume_point(relayed, since, [Published(("t", 0), each, "") for each in log]) == resume


def test_a_stored_event_is_known_by_its_id() -> None:
    event = an_event(new_id(), 1)
    assert event_id(stored(event, "t").state) == str(event.id)


@given(st.binary(max_size=64))
def test_keys_are_hashed_as_kafka_does(key: bytes) -> None:
    assert murmur2(key) == kafkas_murmur2(key) & 0xFFFFFFFF
