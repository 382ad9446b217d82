"""Pump, replica, publisher and leadership, with real Kafka and PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from events.codec import encode
from local_runtime.kafka import KafkaBroker
from service_kit.consumer import COMMIT_SECONDS, Pump, first_of
from service_kit.database import connect
from service_kit.faults import KafkaAway, LeadershipLost, OffsetsDoNotFit, RecordRefused
from service_kit.ids import new_id
from service_kit.leadership import Leadership
from service_kit.offsets import moves_of
from service_kit.producer import Publisher
from service_kit.replica import TopicReplica
from service_kit.testing import an_event, create_topics, letters, put, until

pytestmark = pytest.mark.real


def numbered(*numbers: int) -> list[tuple[list[tuple[str, bytes]], bytes]]:
    return [([], b"%d" % number) for number in numbers]


async def taken(pump: Pump, wake: asyncio.Event) -> list[Any]:
    while (records := pump.take()) is None:
        wake.clear()
        await first_of(wake)
    return records


@asynccontextmanager
async def pumping(pump: Pump) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(pump.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait({task})


async def test_a_pump_gives_batches_that_begin_where_they_must_and_goes_back_when_told(kafka: Any, suffix: str) -> None:
    topic, wake = f"pump-{suffix}", asyncio.Event()
    await create_topics(kafka.bootstrap_servers, {topic: 1})
    await put(kafka.bootstrap_servers, topic, *numbered(*range(12)))
    pump = Pump(kafka.bootstrap_servers, [topic], wake=wake, group=f"pump-{suffix}", max_records=5)
    await pump.start({(topic, 0): 2})
    async with pumping(pump):
        assert pump.topics == {topic}
        first = await taken(pump, wake)
        assert [record.offset for record in first] == [2, 3, 4, 5, 6]
        pump.commit_later(moves_of(first))
        await pump.rewind({(topic, 0): 4, ("another", 0): 9})
        offsets: list[int] = []
        while len(offsets) < 8:
            offsets += [record.offset for record in await taken(pump, wake)]
        assert offsets == list(range(4, 12))
        assert pump.take() is None
        assert await pump.lag() == 0


async def test_a_pump_whose_offset_is_gone_stops_with_an_explanation(kafka: Any, suffix: str) -> None:
    topic = f"gone-{suffix}"
    await create_topics(kafka.bootstrap_servers, {topic: 1})
    pump = Pump(kafka.bootstrap_servers, [topic], wake=asyncio.Event())
    await pump.start({(topic, 0): 99})
    with pytest.raises(OffsetsDoNotFit, match="no longer holds"):
        await pump.run(asyncio.Event())


async def test_a_pump_that_is_given_up_while_kafka_is_frozen_leaves_no_connection(
    fresh_kafka: KafkaBroker, suffix: str
) -> None:
    def connections() -> int:
        mine = psutil.Process().net_connections("tcp")
        return sum(bool(one.raddr) and one.raddr.port == fresh_kafka.port for one in mine)

    topic, wake = f"given-up-{suffix}", asyncio.Event()
    await create_topics(fresh_kafka.bootstrap_servers, {topic: 1})
    await put(fresh_kafka.bootstrap_servers, topic, *numbered(1))
    await until(lambda: not connections())
    pump = Pump(fresh_kafka.bootstrap_servers, [topic], wake=wake, group=f"given-up-{suffix}")
    await pump.start({(topic, 0): 0})
    stop = asyncio.Event()
    running = asyncio.create_task(pump.run(stop))
    records = await taken(pump, wake)
    fresh_kafka.freeze()
    try:
        pump.commit_later(moves_of(records))
        stop.set()
        await asyncio.wait({running}, timeout=COMMIT_SECONDS + 1)
        assert not running.done() and connections()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    finally:
        fresh_kafka.thaw()
    await until(lambda: not connections())


async def test_what_comes_while_a_batch_is_handled_is_one_batch(kafka: Any, suffix: str) -> None:
    topic, wake = f"turns-{suffix}", asyncio.Event()
    await create_topics(kafka.bootstrap_servers, {topic: 1})
    pump = Pump(kafka.bootstrap_servers, [topic], wake=wake)
    await pump.start({(topic, 0): 0})
    async with pumping(pump):
        await put(kafka.bootstrap_servers, topic, *numbered(0))
        assert len(await taken(pump, wake)) == 1
        for number in range(1, 8):
            await put(kafka.bootstrap_servers, topic, *numbered(number))
        assert len(await taken(pump, wake)) == 7


async def test_batches_keep_their_pace(kafka: Any, suffix: str) -> None:
    topic, wake, pace = f"pace-{suffix}", asyncio.Event(), 0.4
    await create_topics(kafka.bootstrap_servers, {topic: 1})
    await put(kafka.bootstrap_servers, topic, *numbered(0, 1, 2))
    pump = Pump(kafka.bootstrap_servers, [topic], wake=wake, pace=pace, max_records=1)
    await pump.start({(topic, 0): 0})
    async with pumping(pump):
        assert len(await taken(pump, wake)) == 1
        began = time.monotonic()
        for _ in range(2):
            assert len(await taken(pump, wake)) == 1
        assert time.monotonic() - began >= pace


async def test_a_full_slot_of_one_pump_does_not_hold_up_another(kafka: Any, suffix: str) -> None:
    wake, bulk, urgent = asyncio.Event(), f"bulk-{suffix}", f"urgent-{suffix}"
    await create_topics(kafka.bootstrap_servers, {bulk: 1, urgent: 1})
    await put(kafka.bootstrap_servers, bulk, *numbered(*range(100)))
    pumps = [Pump(kafka.bootstrap_servers, [topic], wake=wake, max_records=10) for topic in (bulk, urgent)]
    for pump, topic in zip(pumps, (bulk, urgent), strict=True):
        await pump.start({(topic, 0): 0})
    async with pumping(pumps[0]), pumping(pumps[1]):
        await put(kafka.bootstrap_servers, urgent, *numbered(1))
        assert len(await taken(pumps[1], wake)) == 1


async def test_a_replica_that_says_it_has_caught_up_holds_what_was_there_when_asked(kafka: Any, suffix: str) -> None:
    topic, seen, stop = f"replica-{suffix}", list[bytes](), asyncio.Event()
    await create_topics(kafka.bootstrap_servers, {topic: 2})
    await put(kafka.bootstrap_servers, topic, *numbered(0))
    replica = TopicReplica(kafka.bootstrap_servers, [topic], lambda records: seen.extend(r.value for r in records))
    with pytest.raises(KafkaAway):
        await replica.caught_up(timeout=0.1)
    task = asyncio.create_task(replica.run(stop))
    await until(lambda: seen)
    for number in range(1, 20):
        await put(kafka.bootstrap_servers, topic, *numbered(number), partition=number % 2)
        await asyncio.gather(*[replica.caught_up() for _ in range(5)])
        assert len(seen) == number + 1
    stop.set()
    await task


async def test_a_replica_does_not_say_that_it_has_caught_up_when_kafka_does_not_answer(
    fresh_kafka: Any, suffix: str
) -> None:
    topic, stop = f"replica-{suffix}", asyncio.Event()
    await create_topics(fresh_kafka.bootstrap_servers, {topic: 1})
    replica = TopicReplica(fresh_kafka.bootstrap_servers, [topic], lambda records: None)
    task = asyncio.create_task(replica.run(stop))

    async def asked() -> bool:
        try:
            await replica.caught_up(timeout=1)
        except KafkaAway:
            return False
        return True

    await until(asked)
    fresh_kafka.freeze()
    assert not await asked()
    fresh_kafka.thaw()
    await until(asked)
    stop.set()
    await task


@pytest.mark.faults
async def test_a_publisher_says_when_kafka_is_away_and_goes_on_with_a_new_producer(
    fresh_kafka: Any, suffix: str
) -> None:
    topic, bootstrap = f"published-{suffix}", fresh_kafka.bootstrap_servers
    await create_topics(bootstrap, {topic: 1})
    publisher = Publisher(bootstrap)
    await publisher.start()
    record = encode(an_event(new_id(), 1))
    assert (await publisher.publish(topic, b"key", record)).offset == 0
    fresh_kafka.freeze()
    refused = await asyncio.gather(
        *[publisher.publish(topic, b"key", record, timeout=1.0) for _ in range(20)], return_exceptions=True
    )
    assert all(isinstance(each, KafkaAway) for each in refused)
    fresh_kafka.thaw()
    stored = await publisher.publish(topic, b"key", record)
    await publisher.stop()
    found = await letters(bootstrap, topic)
    assert found[stored.offset].value == record.value


async def test_a_record_too_large_is_refused_and_the_next_is_published(kafka: Any, suffix: str) -> None:
    topic = f"large-{suffix}"
    await create_topics(kafka.bootstrap_servers, {topic: 1})
    publisher = Publisher(kafka.bootstrap_servers)
    with pytest.raises(RecordRefused, match="too large"):
        await publisher.publish_raw(topic, b"k", b"x" * 3_000_000, [])
    await publisher.publish_raw(topic, b"k", b"small", [])
    await publisher.stop()
    assert [record.value for record in await letters(kafka.bootstrap_servers, topic)] == [b"small"]


async def test_only_one_leads_and_the_next_leads_when_its_session_ends(fresh_database: str) -> None:
    stop = asyncio.Event()
    second = Leadership(fresh_database, "one", process="second")
    async with Leadership(fresh_database, "one", process="first") as first:
        keeping = asyncio.create_task(first.keep(stop))
        entering = asyncio.create_task(second.__aenter__())
        with connect(fresh_database, "test") as connection:
            waiting = (
                b"SELECT 1 FROM pg_stat_activity WHERE application_name LIKE '%second' AND wait_event = 'advisory'"
            )
            await until(lambda: connection.execute(waiting).fetchone())
            assert not second.held
            ending = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%first'"
            connection.execute(ending)
        with pytest.raises(LeadershipLost):
            await keeping
        await entering
        assert second.held
        await second.__aexit__(None, None, None)


async def test_a_holder_that_is_silent_too_long_loses_the_lock(fresh_database: str) -> None:
    async with Leadership(fresh_database, "one", process="silent") as silent:
        async with Leadership(fresh_database, "one", process="next") as following:
            assert following.held
        with pytest.raises(LeadershipLost):
            await silent.beat()


async def test_one_who_waits_for_the_lock_can_be_stopped(fresh_database: str) -> None:
    stop = asyncio.Event()
    async with Leadership(fresh_database, "one", process="first") as first:
        keeping = asyncio.create_task(first.keep(stop))
        waiting = asyncio.create_task(Leadership(fresh_database, "one", process="second", stop=stop).__aenter__())
        stop.set()
        assert not (await waiting).held
        await keeping
