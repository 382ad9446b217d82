"""The relay, with real Kafka and PostgreSQL: complete, in order, once for those who skip by position (promise 4)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from local_runtime.children import Child
from service_kit.database import connect
from service_kit.event_store import EventStore
from service_kit.faults import LogAheadOfStore
from service_kit.health import Health
from service_kit.ids import new_id
from service_kit.ledger import check_log, read_log
from service_kit.relay import Relay
from service_kit.testing import an_event, create_topics, delete_topics, stored, until

pytestmark = pytest.mark.real
PARTITIONS = 3
PROCESS = Path(__file__).with_name("relay_process.py")


@pytest.fixture
async def topic(kafka: Any, suffix: str) -> str:
    name = f"log-{suffix}"
    await create_topics(kafka.bootstrap_servers, {name: PARTITIONS})
    return name


def append(store: EventStore, topic: str, streams: Sequence[UUID], sequences: Sequence[int], padding: int = 0) -> int:
    """Events of each sequence for every stream, a transaction for each sequence; the last position."""
    last = 0
    for sequence in sequences:
        with store.transaction() as cursor:
            events = [stored(an_event(stream, sequence), topic, padding=padding) for stream in streams]
            last = store.append(cursor, events)[-1]
    return last


def relayed(dsn: str) -> int:
    with connect(dsn, "test") as connection:
        row = connection.execute(b"SELECT relayed FROM router.stores ORDER BY epoch DESC LIMIT 1").fetchone()
    return int(row[0]) if row else -1


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await task


def reached(dsn: str, position: int) -> Callable[[], bool]:
    return lambda: relayed(dsn) >= position


async def test_what_is_appended_before_and_while_it_runs_is_forwarded_with_store_and_position(
    kafka: Any, store: EventStore, fresh_database: str, topic: str
) -> None:
    streams = [new_id() for _ in range(40)]
    append(store, topic, streams, [1, 2])
    async with running(Relay(kafka.bootstrap_servers, fresh_database, partitions={topic: PARTITIONS})):
        last = append(store, topic, streams, [3, 4])
        await until(reached(fresh_database, last))
    assert (await check_log(fresh_database, kafka.bootstrap_servers)).ok
    partitions = (await read_log(kafka.bootstrap_servers, [topic]))[topic]
    assert {entry.store for entries in partitions for entry in entries} == {"main/1"}
    assert sorted(entry.position for entries in partitions for entry in entries) == list(range(1, last + 1))


async def test_a_relay_that_begins_again_after_its_row_was_lost_repeats_only_what_consumers_skip(
    kafka: Any, store: EventStore, fresh_database: str, topic: str
) -> None:
    streams = [new_id() for _ in range(10)]
    last = append(store, topic, streams, [1, 2, 3])
    async with running(Relay(kafka.bootstrap_servers, fresh_database, partitions={topic: PARTITIONS})):
        await until(reached(fresh_database, last))
    with connect(fresh_database, "test") as connection:
        connection.execute(b"UPDATE router.stores SET relayed = 7")
    async with running(Relay(kafka.bootstrap_servers, fresh_database, partitions={topic: PARTITIONS})):
        await until(reached(fresh_database, last))
    assert (await check_log(fresh_database, kafka.bootstrap_servers)).ok
    found = [e for entries in (await read_log(kafka.bootstrap_servers, [topic]))[topic] for e in entries]
    assert len(found) == last + (last - 7)


@pytest.mark.faults
async def test_a_log_that_was_created_again_is_filled_from_the_store(
    kafka: Any, store: EventStore, fresh_database: str, topic: str
) -> None:
    last = append(store, topic, [new_id() for _ in range(10)], [1, 2, 3])
    async with running(Relay(kafka.bootstrap_servers, fresh_database, partitions={topic: PARTITIONS})):
        await until(reached(fresh_database, last))
    await delete_topics(kafka.bootstrap_servers, topic)
    await create_topics(kafka.bootstrap_servers, {topic: PARTITIONS})

    async def complete() -> bool:
        return (await check_log(fresh_database, kafka.bootstrap_servers)).ok

    async with running(Relay(kafka.bootstrap_servers, fresh_database, partitions={topic: PARTITIONS})):
        await until(complete)


@pytest.mark.faults
async def test_a_send_refused_in_the_middle_leaves_no_hole_and_swaps_nothing(
    kafka: Any, store: EventStore, fresh_database: str, suffix: str
) -> None:
    topic, bootstrap = f"tight-{suffix}", kafka.bootstrap_servers
    await create_topics(bootstrap, {topic: PARTITIONS}, {"max.message.bytes": "20000"})
    streams = [new_id() for _ in range(20)]
    append(store, topic, streams, [1, 2])
    append(store, topic, streams[:1], [3], padding=200_000)
    last = append(store, topic, streams[1:], [3, 4])
    last = append(store, topic, streams[:1], [4], padding=0)
    health = Health("relay")
    relay = Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS}, health=health)
    async with running(relay):
        await until(lambda: "MessageSizeTooLarge" in health.report()["relay"])
        early = await check_log(fresh_database, bootstrap)
        assert not early.ok
        assert not early.swapped
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, configs={"max.message.bytes": "2000000"})]
        )
        await admin.close()
        await until(reached(fresh_database, last))
    verdict = await check_log(fresh_database, bootstrap)
    assert verdict.ok, verdict


@pytest.mark.faults
async def test_a_relay_that_slept_and_wakes_beside_its_successor_does_no_harm(
    kafka: Any, store: EventStore, fresh_database: str, topic: str, tmp_path: Path
) -> None:
    bootstrap = kafka.bootstrap_servers
    streams = [new_id() for _ in range(100)]
    arguments = [sys.executable, str(PROCESS), bootstrap, fresh_database, topic, str(PARTITIONS)]
    sleeper = Child.start("sleeper", arguments, log=tmp_path / "sleeper.log", environment=dict(os.environ))
    try:
        first = await asyncio.to_thread(append, store, topic, streams, range(1, 6))
        await until(reached(fresh_database, first))
        writing = asyncio.create_task(asyncio.to_thread(append, store, topic, streams, range(6, 200)))
        await until(reached(fresh_database, first + 300))
        sleeper.send(signal.SIGSTOP)
        asleep_at = relayed(fresh_database)
        async with running(Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS}, page_events=50)):
            await until(reached(fresh_database, asleep_at + 200))
            sleeper.send(signal.SIGCONT)
            last = await writing
            await until(reached(fresh_database, last), seconds=60)
        await until(lambda: "begins again" in (tmp_path / "sleeper.log").read_text())
        more = append(store, topic, streams, [200])
        await until(reached(fresh_database, more))
    finally:
        sleeper.stop()
    verdict = await check_log(fresh_database, bootstrap)
    assert verdict.ok, verdict


@pytest.mark.faults
async def test_killed_relays_leave_no_hole(
    kafka: Any, store: EventStore, fresh_database: str, topic: str, tmp_path: Path
) -> None:
    bootstrap = kafka.bootstrap_servers
    streams = [new_id() for _ in range(100)]
    arguments = [sys.executable, str(PROCESS), bootstrap, fresh_database, topic, str(PARTITIONS)]
    writing = asyncio.create_task(asyncio.to_thread(append, store, topic, streams, range(1, 150)))
    for number in range(3):
        before = relayed(fresh_database)
        child = Child.start(f"relay{number}", arguments, log=tmp_path / f"{number}.log", environment=dict(os.environ))
        await until(reached(fresh_database, before + 200))
        child.kill()
    async with running(Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS})):
        await until(reached(fresh_database, await writing), seconds=60)
    verdict = await check_log(fresh_database, bootstrap)
    assert verdict.ok, verdict


@pytest.mark.faults
async def test_a_relay_of_an_older_copy_of_the_store_refuses_until_a_new_epoch_is_ordered(
    kafka: Any, store: EventStore, fresh_database: str, topic: str
) -> None:
    bootstrap, streams = kafka.bootstrap_servers, [new_id() for _ in range(10)]
    last = append(store, topic, streams, [1, 2, 3, 4])
    async with running(Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS})):
        await until(reached(fresh_database, last))
    with connect(fresh_database, "test") as connection:  # as a copy made after 25 events would be
        connection.execute(b"DELETE FROM router.stored_events WHERE notification_id > 25")
        connection.execute(b"UPDATE router.stores SET relayed = 20")
        connection.execute(b"SELECT setval('router.stored_events_notification_id_seq', 25)")
    with pytest.raises(LogAheadOfStore, match="--new-epoch"):
        await Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS}).run(asyncio.Event())

    others = [new_id() for _ in range(40)]  # even when it has grown past the log meanwhile
    last = append(store, topic, others, [1])
    with pytest.raises(LogAheadOfStore, match="main/1:20"):
        await Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS}).run(asyncio.Event())

    async with running(Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS}, new_epoch=True)):
        await until(reached(fresh_database, last))
    entries = [e for part in (await read_log(bootstrap, [topic]))[topic] for e in part]
    assert sorted(e.position for e in entries if e.store == "main/2") == list(range(21, last + 1))
    async with running(Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS})):
        more = append(store, topic, others, [2])
        await until(reached(fresh_database, more))
    assert store.epoch() == "main/2"

    with connect(fresh_database, "test") as connection:  # the same copy, restored once more
        connection.execute(b"DELETE FROM router.stored_events WHERE notification_id > 25")
        connection.execute(b"DELETE FROM router.stores WHERE epoch = 2")
        connection.execute(b"SELECT setval('router.stored_events_notification_id_seq', 25)")
    with pytest.raises(LogAheadOfStore, match="main/1:20,main/2:20"):
        await Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS}).run(asyncio.Event())
    async with running(Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS}, new_epoch=True)):
        await until(reached(fresh_database, 25))
    assert store.epoch() == "main/3"


@pytest.mark.faults
async def test_a_relay_waits_while_kafka_is_away_and_goes_on(
    fresh_kafka: Any, store: EventStore, fresh_database: str, suffix: str
) -> None:
    topic, bootstrap = f"log-{suffix}", fresh_kafka.bootstrap_servers
    await create_topics(bootstrap, {topic: PARTITIONS})
    streams = [new_id() for _ in range(20)]
    async with running(Relay(bootstrap, fresh_database, partitions={topic: PARTITIONS})):
        await until(reached(fresh_database, append(store, topic, streams, [1])))
        await asyncio.to_thread(fresh_kafka.stop)
        last = append(store, topic, streams, range(2, 10))
        await away(12.0)
        await asyncio.to_thread(fresh_kafka.start)
        await until(reached(fresh_database, last), seconds=60)
    verdict = await check_log(fresh_database, bootstrap)
    assert verdict.ok, verdict


async def away(seconds: float) -> None:
    """An outage has a length; this is it."""
    await asyncio.sleep(seconds)
