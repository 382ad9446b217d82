"""The projector process over real Kafka and PostgreSQL: it shows what was logged, waits for keys, and is rebuilt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer

from events.sealing import DataKey
from inbox_projection import project as process
from inbox_projection.compare import compare
from inbox_projection.projector import Views
from inbox_projection.rebuild import rebuild_beside
from inbox_projection.tables import schema
from inbox_projection.testing import Actions, Replay, Story
from local_runtime.kafka import KafkaBroker
from service_kit import keyring, topics
from service_kit.database import Connection, connect
from service_kit.health import Health
from service_kit.keyring import Keyring
from service_kit.metrics import Metrics
from service_kit.projector import Projector
from service_kit.settings import Settings

pytestmark = pytest.mark.real


class Inbox:
    """A story with a real keyring, its publishing, and a look at the views."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self.settings, self.connection = settings, connection
        self.health = Health("inbox-projection.views")
        self._keyring = Keyring(settings.secret_key)
        self.story = Story(11, make_key=self._make_key)
        self._published = 0

    def _make_key(self, key_id: UUID) -> DataKey:
        keys, rows = self._keyring.make([key_id])
        self.connection.execute("insert into keyring.keys (key_id, wrapped) values (%s, %s)", rows[0])
        return keys[key_id]

    def projectors(self) -> list[Projector]:
        shells = process.build(self.settings, health=self.health, metrics=Metrics())
        shells[0].create()
        return shells

    async def publish(self) -> None:
        """Everything of the story that is not in Kafka yet; who is erased loses the key first."""
        self._keyring.erase(self.connection.cursor(), self.story.erased_at, self.story.now)
        servers = self.settings.kafka_bootstrap_servers
        producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True, acks="all")
        await producer.start()
        try:
            for record in self.story.records[self._published :]:
                await producer.send(
                    record.topic, record.value, key=b"k", partition=record.partition, headers=record.headers
                )
            await producer.flush()
        finally:
            await producer.stop()
        self._published = len(self.story.records)

    def is_shown(self) -> bool:
        rows = self.connection.execute("select topic, partition, next_offset from inbox.offsets").fetchall()
        stored = {(topic, partition): offset for topic, partition, offset in rows}
        ends = {(record.topic, record.partition): record.offset + 1 for record in self.story.records[: self._published]}
        return all(stored.get(place) == end for place, end in ends.items())

    def equals_a_replay(self) -> bool:
        with self.connection.transaction():
            schema.drop(self.connection)
            schema.create_tables(self.connection, schema.NEXT)
        replay = Replay(self.connection, Views(schema.NEXT, live=False))
        replay.take(self.story.records, self.story.keys_at(len(self.story.records)))
        found = compare(self.connection)
        schema.drop(self.connection)
        assert found.same, found.differences
        return sum(found.rows.values()) > 0

    def count(self, query: str) -> int:
        row = self.connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


async def until(condition: Callable[[], bool], projecting: asyncio.Task[None]) -> None:
    """Raises what ended the projector, if it ended."""
    async with asyncio.timeout(60):
        while not condition():
            if projecting.done():
                raise AssertionError("the projector has ended") from projecting.exception()
            await asyncio.sleep(0.02)


async def _all(projectors: list[Projector], stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        for projector in projectors:
            group.create_task(projector.run(stop))


@asynccontextmanager
async def running(projectors: list[Projector]) -> AsyncIterator[asyncio.Task[None]]:
    """The first task that ends, ends with what ended a projector."""
    stop = asyncio.Event()
    task = asyncio.create_task(_all(projectors, stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def inbox(empty_kafka: KafkaBroker, fresh_database: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    await topics.apply(empty_kafka.bootstrap_servers)
    settings = Settings(
        kafka_bootstrap_servers=empty_kafka.bootstrap_servers,
        database_url=fresh_database,
        blob_url=f"file://{tmp_path}",
        secret_key="a secret of thirty-two characters, or more",
    )
    keyring.install(settings.database_url)
    assert process.prepare(settings)
    with connect(fresh_database, "tests") as connection:
        yield Inbox(settings, connection)


def live_a_while(story: Story, actions: int) -> None:
    doing = Actions(story)
    for number in range(actions):
        doing.run(story.random.randrange(20), story.random.randrange(40), story.random.randrange(40))
        if number % 3 == 0:
            doing.first_mail(number, number + 1)


async def test_what_was_logged_is_shown_and_a_rebuild_switches_under_the_living_projector(inbox: Inbox) -> None:
    live_a_while(inbox.story, 120)
    await inbox.publish()
    async with running(inbox.projectors()) as task:
        await until(inbox.is_shown, task)
        assert inbox.equals_a_replay()
        lines = inbox.count("select max(feed_id) from inbox.feed")

        report = await rebuild_beside(inbox.settings)
        assert report.events > 0
        assert inbox.count("select max(feed_id) from inbox.feed where kind = 'reset'") == lines + 1

        inbox.story.mail(inbox.story.person(), "After the switch")
        await inbox.publish()
        await until(inbox.is_shown, task)
        assert inbox.equals_a_replay()
        assert inbox.count("select count(*) from inbox.conversations where subject = 'After the switch'") == 1
        assert inbox.count("select max(feed_id) from inbox.feed where kind = 'conversation'") > lines + 1
        assert not task.done()


async def test_a_missing_key_is_waited_for_and_never_projected_as_erased(inbox: Inbox) -> None:
    person = inbox.story.person("Zofia Nowak")
    inbox.story.mail(person, "Sealed")
    row = inbox.connection.execute("delete from keyring.keys where key_id = %s returning *", (person,)).fetchone()
    await inbox.publish()
    async with running(inbox.projectors()) as task:
        await until(lambda: "keyring" in str(inbox.health.report().values()), task)
        assert inbox.count("select count(*) from inbox.conversations") == 0
        assert inbox.count("select count(*) from inbox.contacts") == 0
        inbox.connection.execute("insert into keyring.keys values (%s, %s, %s, %s)", row)
        await until(inbox.is_shown, task)
    assert inbox.count("select count(*) from inbox.conversations where subject = 'Sealed'") == 1
    assert inbox.count("select count(*) from inbox.contacts where name = 'Zofia Nowak'") == 1


async def test_a_dead_letter_leaves_a_known_hole_and_a_missing_event_stops_the_projector(inbox: Inbox) -> None:
    thread = inbox.story.mail(inbox.story.person(), "Holes")
    inbox.story.comment(thread, "first")
    poisoned = inbox.story.records[-1]
    inbox.story.records[-1] = poisoned.with_value(b'{"data": 5}')
    inbox.story.comment(thread, "second")
    await inbox.publish()
    async with running(inbox.projectors()) as task:
        await until(inbox.is_shown, task)
    assert inbox.count("select count(*) from inbox.skipped") == 1
    assert inbox.count("select count(*) from inbox.messages where kind = 'comment'") == 1

    thread.sequence += 1
    inbox.story.comment(thread, "after a loss")
    await inbox.publish()
    projector: Any = inbox.projectors()[0]
    with pytest.raises(Exception, match="goes on with"):
        async with asyncio.timeout(60):
            await projector.run(asyncio.Event())
    assert inbox.count("select count(*) from inbox.messages where kind = 'comment'") == 1


async def test_views_that_show_what_a_restored_store_cut_off_are_rebuilt_without_it(inbox: Inbox) -> None:
    inbox.story.mail(inbox.story.person(), "Lost with the newer copy of the store")
    await inbox.publish()
    await rebuild_beside(inbox.settings)
    [(store,)] = inbox.connection.execute("select distinct store from inbox.positions").fetchall()
    at_its_end = replace(inbox.settings, store_cuts={store: inbox.count("select max(position) from inbox.positions")})
    assert process.prepare(inbox.settings) and process.prepare(at_its_end)

    before_all = replace(inbox.settings, store_cuts={store: 0})
    assert not process.prepare(before_all)
    await rebuild_beside(before_all)
    assert process.prepare(before_all)
    assert inbox.count("select count(*) from inbox.messages") == 0


async def test_views_of_another_version_are_rebuilt_before_they_are_shown(inbox: Inbox) -> None:
    inbox.story.mail(inbox.story.person(), "Before the upgrade")
    await inbox.publish()
    inbox.connection.execute(f"comment on schema inbox is '{schema.VERSION_COMMENT}1'".encode())
    assert not process.prepare(inbox.settings)
    await rebuild_beside(inbox.settings)
    assert process.prepare(inbox.settings)
    assert inbox.is_shown()
    assert inbox.equals_a_replay()
