"""Offsets move by compare-and-set, and are held against the log at start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from service_kit.database import connect
from service_kit.faults import OffsetsDoNotFit, StaleOffsets
from service_kit.log_probe import fit, log_bounds, misfits
from service_kit.offsets import Move, Offsets, StoredOffset, judge, moves_of, record_id
from service_kit.testing import create_topics, delete_topics


@dataclass
class Given:
    offset: int
    topic: str = "t"
    partition: int = 0
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def test_a_batch_gives_one_move_for_each_partition() -> None:
    records = [Given(5), Given(6, headers=[("ce_id", b"six")]), Given(1, partition=1, headers=[("ce_id", b"one")])]
    assert moves_of(records) == [Move("t", 0, 5, 7, "six"), Move("t", 1, 1, 2, "one")]


def test_offsets_of_a_batch_that_are_not_consecutive_are_refused() -> None:
    with pytest.raises(ValueError, match="from offset 5 to 7"):
        moves_of([Given(5), Given(7)])


def test_a_record_without_an_id_is_known_by_its_bytes() -> None:
    assert record_id(Given(1)) == record_id(Given(2)) != record_id(Given(1, value=b"w"))
    assert record_id(Given(1, headers=[("ce_id", b"a\x00b")])) == "ab"


@pytest.mark.parametrize(
    ("stored", "start", "end", "before", "fits"),
    [
        (StoredOffset(0, ""), 0, 0, None, True),
        (StoredOffset(5, "five"), 0, 9, "five", True),
        (StoredOffset(5, "five"), 0, 5, "five", True),
        (StoredOffset(5, "five"), 5, 9, None, True),
        (StoredOffset(5, ""), 0, 9, "any", True),
        (StoredOffset(5, "five"), 0, 9, "other", False),
        (StoredOffset(5, "five"), 6, 9, None, False),
        (StoredOffset(5, "five"), 0, 4, None, False),
        (StoredOffset(5, ""), 0, 4, None, False),
    ],
)
def test_stored_offsets_fit_a_log_whose_record_before_them_is_the_one_that_was_read(
    stored: StoredOffset, start: int, end: int, before: str | None, fits: bool
) -> None:
    assert (judge(("t", 0), stored, start, end, before) is None) is fits


@pytest.mark.real
def test_a_stale_batch_moves_nothing(fresh_database: str) -> None:
    offsets = Offsets("public")
    with connect(fresh_database, "test") as connection:
        cursor = connection.cursor(binary=True)
        offsets.create(cursor)
        offsets.ensure(cursor, {("t", 0): 0, ("t", 1): 0})
        offsets.move(cursor, [Move("t", 0, 0, 3, "c"), Move("t", 1, 0, 1, "x")])
        with pytest.raises(StaleOffsets), connection.transaction():
            offsets.move(cursor, [Move("t", 0, 3, 4, "d"), Move("t", 1, 0, 1, "x")])
        assert offsets.load(cursor) == {("t", 0): StoredOffset(3, "c"), ("t", 1): StoredOffset(1, "x")}
        offsets.ensure(cursor, {("t", 0): 0})
        offsets.accept(cursor, {("t", 0): 1})
        assert offsets.load(cursor)["t", 0] == StoredOffset(1, "")


async def filled(bootstrap: str, topic: str, *ids: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for each in ids:
            await producer.send_and_wait(topic, b"v", key=b"k", headers=[("ce_id", each.encode())])


@pytest.mark.real
@pytest.mark.faults
async def test_a_topic_created_again_under_stored_offsets_is_noticed_and_explained(kafka: Any, suffix: str) -> None:
    topic, bootstrap = f"offsets-{suffix}", kafka.bootstrap_servers
    await create_topics(bootstrap, {topic: 1})
    await filled(bootstrap, topic, "a", "b", "c")
    stored = {(topic, 0): StoredOffset(2, "b")}
    await fit(bootstrap, stored, remedy="")

    await delete_topics(bootstrap, topic)
    assert "does not exist" in (await misfits(bootstrap, stored))[topic, 0]
    await create_topics(bootstrap, {topic: 1})
    assert "the log ends at 0" in (await misfits(bootstrap, stored))[topic, 0]
    await filled(bootstrap, topic, "x", "y", "z")
    with pytest.raises(OffsetsDoNotFit, match=r"read was b: the topic was re-created\. Accept them\."):
        await fit(bootstrap, stored, remedy="Accept them.")
    assert await log_bounds(bootstrap, [topic]) == {(topic, 0): (0, 3)}
