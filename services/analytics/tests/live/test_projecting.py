"""The projector over real Kafka and PostgreSQL: it counts what was logged, and so does a replay of the log alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from msgspec.structs import replace as replaced

from analytics import project, queries, schema
from analytics.project import pack_some
from analytics.rebuild import rebuild_beside
from analytics.replay import Replayed, ReplayRefused
from analytics.replay import replay as run_replay
from analytics.reports.report import answer, as_csv
from events.business_hours import BusinessHours, BusinessHoursSet, OpenHours
from events.codec import encode, with_position
from events.topics import CONVERSATIONS, WORKSPACE, Topic
from local_runtime.kafka import KafkaBroker
from service_kit import topics
from service_kit.database import Connection, connect
from service_kit.faults import StreamGap
from service_kit.settings import Settings
from service_kit.testing import letters, until
from service_kit.web.pool import Database

pytestmark = pytest.mark.real
Talks = Callable[..., Any]
A, B = uuid4(), uuid4()
JUNE = ("2026-06-01", "2026-07-01")


class Log:
    """Publishes conversations as the relay does."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self.settings, self.connection = settings, connection
        self.ends: dict[int, int] = {}
        self._position = 0

    async def publish(self, *talks: Any, damaged: UUID | None = None, topic: Topic = CONVERSATIONS) -> None:
        """All their events, in turns; the value of the one with the damaged id is spoilt on the way."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_bootstrap_servers)
        await producer.start()
        lanes = [list(told.events) for told in talks]
        try:
            while any(lanes):
                for lane in filter(None, lanes):
                    envelope = lane.pop(0)
                    self._position += 1
                    record = encode(envelope)
                    partition = envelope.stream.int % topic.partitions
                    await producer.send(
                        topic.name,
                        b'{"data": 5}' if envelope.id == damaged else record.value,
                        key=str(envelope.stream).encode(),
                        partition=partition,
                        headers=with_position(record.headers, "main/1", self._position),
                    )
                    if topic is CONVERSATIONS:
                        self.ends[partition] = self.ends.get(partition, 0) + 1
            await producer.flush()
        finally:
            await producer.stop()

    def is_counted(self) -> bool:
        rows = self.connection.execute(
            "select partition, next_offset from analytics.offsets where topic = %s", (CONVERSATIONS.name,)
        ).fetchall()
        return dict(rows) | self.ends == dict(rows)

    def number(self, query: str) -> int:
        row = self.connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])

    @asynccontextmanager
    async def projecting(self) -> AsyncIterator[asyncio.Task[None]]:
        shell, stop = project.build(self.settings), asyncio.Event()
        await asyncio.to_thread(shell.create)
        task = asyncio.create_task(shell.run(stop))
        try:
            yield task
        finally:
            stop.set()
            await asyncio.gather(task, return_exceptions=True)

    async def counted(self) -> None:
        async with self.projecting():
            await until(self.is_counted)


@pytest.fixture
async def log(empty_kafka: KafkaBroker, fresh_database: str, tmp_path: Path) -> AsyncIterator[Log]:
    await topics.apply(empty_kafka.bootstrap_servers)
    settings = Settings(
        kafka_bootstrap_servers=empty_kafka.bootstrap_servers,
        database_url=fresh_database,
        blob_url=tmp_path.as_uri(),
        secret_key="a secret of thirty-two characters, or more",
    )
    assert project.prepare(settings)
    with connect(fresh_database, "tests") as connection:
        yield Log(settings, connection)


def a_day(talk: Talks) -> list[Any]:
    told = [talk(number).opens(number) for number in range(1, 9)]
    for number, each in enumerate(told, start=1):
        each.answers(20 + 7 * number, A if number % 3 else B).writes(100 + number)
        if number % 2:
            each.answers(200 + number, B).resolves(300, B).writes(5_000).reopens(5_000).answers(5_030, A)
    return told


async def reported(log: Log, wanted: Replayed) -> dict[str, str]:
    """What the API says of the same questions, as CSV."""
    database = Database(log.settings.database_url, "tests", size=2)
    await database.open()
    try:
        found: dict[str, str] = {}
        for question in wanted.questions:
            days = await queries.blocks(database, question.kinds, question.period)
            if wanted.definition.business_hours and question.report.timed:
                question = replaced(question, calendars=await queries.calendars(database))
            found[question.report.name] = as_csv(question, answer(question, days.__getitem__))
        return found
    finally:
        await database.close()


async def replayed(log: Log, wanted: Replayed, folder: Path) -> dict[str, str]:
    await run_replay(log.settings, replace(wanted, out=folder))
    return {path.stem: path.read_bytes().decode() for path in folder.iterdir()}


async def test_a_replay_of_the_log_equals_the_live_reports_packed_or_not(log: Log, talk: Talks, tmp_path: Path) -> None:
    await log.publish(*a_day(talk))
    await log.counted()
    for number, group in enumerate((None, "agent", "day", "agent,hour")):
        wanted = Replayed.asked(*JUNE, group_by=group, tz="Europe/Warsaw")
        live = await reported(log, wanted)
        assert await replayed(log, wanted, tmp_path / str(number)) == live
        assert len(live["first-response-time"].splitlines()) > 1
        if number == 1:
            while pack_some(log.settings.database_url):
                pass
            assert log.number("select count(*) from analytics.days where packed is null") == 0
            assert await reported(log, wanted) == live


async def test_who_waits_in_what_is_merged_is_counted_with_the_reply_in_the_survivor(
    log: Log, talk: Talks, tmp_path: Path
) -> None:
    """Asked at 9:00, merged at 9:30, the reply there at 10:00; into one that was answered, and one that was not."""
    asked, survivor = talk(1).opens(0), talk(2).opens(-60).answers(-50, A)
    survivor.stands_for(30, asked, 0, 0).answers(60, B)
    another, unanswered = talk(3).opens(0), talk(4).opens(15)
    unanswered.stands_for(30, another, 0, 0).answers(60, B)
    await log.publish(asked, survivor, another, unanswered)
    await log.counted()
    facts = log.connection.execute(
        "select number, kind, duration / 60000 from analytics.facts where duration is not null order by 1, 2"
    ).fetchall()
    assert facts == [
        (2, "first_response", 10),
        (2, "reply_time", 10),
        (2, "reply_time", 60),
        (4, "first_response", 60),
        (4, "reply_time", 60),
    ]
    wanted = Replayed.asked(*JUNE, group_by="agent")
    assert await replayed(log, wanted, tmp_path / "out") == await reported(log, wanted)


@pytest.mark.parametrize("definition", ["v1-first-resolve", "v1-whole-resolution"])
async def test_the_times_to_the_first_and_the_last_resolve_are_live_and_replayed(
    log: Log, talk: Talks, tmp_path: Path, definition: str
) -> None:
    told = a_day(talk)
    for each in told:
        each.resolves(6_000, A)
    await log.publish(*told)
    await log.counted()
    wanted = Replayed.asked(*JUNE, definition=definition)
    live = await reported(log, wanted)
    assert await replayed(log, wanted, tmp_path / "out") == live
    usual = await reported(log, Replayed.asked(*JUNE))
    assert usual.keys() - live.keys() == {"time-in-state"}, "it has no such definition"
    assert {name for name, text in live.items() if text != usual[name]} == {"resolution-time"}


def test_a_replay_of_a_report_that_the_definition_does_not_measure_is_refused() -> None:
    with pytest.raises(ReplayRefused, match="time-in-state is not measured by v1-business-hours"):
        Replayed.asked(*JUNE, definition="v1-business-hours", reports=("volume", "time-in-state"))


async def test_within_business_hours_replay_and_live_reports_agree_whichever_came_first(
    log: Log, talk: Talks, tmp_path: Path
) -> None:
    told, house = a_day(talk), talk()
    short = BusinessHours(zone="Europe/Warsaw", weekdays=((OpenHours(10 * 60, 11 * 60),),) * 7)
    house.tell(-60, BusinessHoursSet(inbox_id=told[0].inbox_id, hours=short))
    house.tell(1_440, BusinessHoursSet(inbox_id=told[0].inbox_id))
    async with log.projecting():
        await log.publish(*told)
        await until(log.is_counted)
        await log.publish(house, topic=WORKSPACE)
        await until(lambda: log.number("select count(*) from analytics.workspace where state->'hours' is not null") > 0)
    wanted = Replayed.asked(*JUNE, definition="v1-business-hours", group_by="agent")
    live = await reported(log, wanted)
    assert await replayed(log, wanted, tmp_path / "out") == live
    around_the_clock = await reported(log, Replayed.asked(*JUNE, group_by="agent"))
    assert (
        live["resolution-time"] != around_the_clock["resolution-time"] and live["volume"] == around_the_clock["volume"]
    )


async def test_a_rebuild_switches_under_the_living_projector(log: Log, talk: Talks) -> None:
    told = a_day(talk)
    await log.publish(*told)
    async with log.projecting() as task:
        await until(log.is_counted)
        before = log.connection.execute("select t::text from analytics.facts t order by 1").fetchall()
        log.connection.execute(f"comment on schema analytics is '{schema.VERSION_COMMENT}0'".encode())
        assert not project.prepare(log.settings)

        report = await rebuild_beside(log.settings)
        assert report.events == sum(len(each.events) for each in told)
        assert project.prepare(log.settings)
        assert log.connection.execute("select t::text from analytics.facts t order by 1").fetchall() == before
        assert log.number("select count(*) from analytics.days where packed is null") == 0

        another = talk(99).opens().answers(3, A)
        await log.publish(another)
        await until(log.is_counted)
        assert log.number("select count(*) from analytics.facts where number = 99") == 5
        assert not task.done()


async def test_a_poison_record_becomes_a_dead_letter_and_the_next_is_counted(
    log: Log, talk: Talks, tmp_path: Path
) -> None:
    told = talk().opens().writes(1).writes(2)
    await log.publish(told, damaged=told.events[1].id)
    await log.counted()
    assert log.number("select count(*) from analytics.facts where kind = 'received'") == 2
    assert log.number("select count(*) from analytics.skipped") == 1
    (letter,) = await letters(log.settings.kafka_bootstrap_servers, "dead-letters.analytics.facts.v1")
    assert b"MalformedEvent" in dict(letter.headers)["dl_reason"]
    wanted = Replayed.asked(*JUNE, reports=("volume",))
    assert await replayed(log, wanted, tmp_path / "out") == await reported(log, wanted)


async def test_a_missing_event_stops_the_projector_and_the_replay(log: Log, talk: Talks) -> None:
    told = talk().opens().writes(1).writes(2)
    del told.events[1]
    await log.publish(told)
    shell = project.build(log.settings)
    await asyncio.to_thread(shell.create)
    with pytest.raises(StreamGap):
        async with asyncio.timeout(60):
            await shell.run(asyncio.Event())
    with pytest.raises(ReplayRefused, match="missing from the log"):
        await run_replay(log.settings, Replayed.asked(*JUNE))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"begin": "June", "end": "2026-07-01"}, "from: Must be an instant"),
        ({"begin": "2026-07-01", "end": "2026-06-01"}, "from: Must be before"),
        ({"definition": "v9"}, "there is no definition 'v9'"),
        ({"reports": ("gossip",)}, "no such report"),
        ({"tz": "Mars/Olympus"}, "tz: There is no such IANA time zone"),
        ({"group_by": "colour"}, "group_by: At most one of agent"),
    ],
)
def test_a_replay_that_cannot_be_says_why(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ReplayRefused, match=reason):
        Replayed.asked(**{"begin": JUNE[0], "end": JUNE[1], **given})
