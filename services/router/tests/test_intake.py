"""The router on a real log: batches as they come, commands first, one active at a time, and no quiet loss."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from events import codec
from events.commands import CreateTeam
from events.envelope import AnyEnvelope
from local_runtime.children import Child
from local_runtime.kafka import KafkaBroker
from local_runtime.ports import free_ports
from local_runtime.postgres import PostgresServer
from router import offsets_command
from router.errors import StillActive
from router.intake import Intake
from router.observation import Observation
from router.offsets_command import LOCK
from router.testing import AS_ANNA, COMMANDS, EMAIL, Workbench, envelope, mail
from service_kit import topics
from service_kit.faults import OffsetsDoNotFit
from service_kit.health import Health
from service_kit.ids import new_id
from service_kit.leadership import Leadership
from service_kit.metrics import Metrics
from service_kit.producer import Publisher
from service_kit.settings import DEFAULT_WORKSPACE_ID
from service_kit.testing import delete_topics, until

pytestmark = pytest.mark.real


class Log:
    """Publishes what ingest and the API would."""

    def __init__(self, broker: KafkaBroker) -> None:
        self.bootstrap = broker.bootstrap_servers
        self.publisher = Publisher(self.bootstrap, linger_ms=5)

    async def mails(self, count: int) -> list[AnyEnvelope]:
        made = [mail(f"{new_id().hex}@c.example") for _ in range(count)]
        await asyncio.gather(*[self._publish(EMAIL, one) for one in made])
        return made

    async def command(self) -> AnyEnvelope:
        asked = envelope(CreateTeam(team_id=new_id(), name=new_id().hex), stream=DEFAULT_WORKSPACE_ID, actor=AS_ANNA)
        await self._publish(COMMANDS, asked)
        return asked

    async def _publish(self, topic: str, one: AnyEnvelope) -> None:
        await self.publisher.publish(topic, str(one.stream).encode(), codec.encode(one))


class Running:
    """An intake in this process, with its lock."""

    def __init__(self, bench: Workbench, log: Log, max_records: int = 500) -> None:
        self.stop = asyncio.Event()
        self.metrics, self.health = Metrics(), Health("intake")
        self.observation = Observation(self.metrics, self.health)
        self.intake = Intake(
            bootstrap=log.bootstrap,
            dsn=bench.dsn,
            handler=bench.built(settled=self.observation.settled).handler,
            observation=self.observation,
            max_records=max_records,
        )
        self._dsn = bench.dsn
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with Leadership(self._dsn, LOCK, process="router lock", stop=self.stop) as leader:
            if leader.held:
                await self.intake.run(self.stop, leader)

    async def end(self) -> None:
        self.stop.set()
        await self.task


def appended(bench: Workbench) -> int:
    found = bench.rows("SELECT count(*) FROM router.stored_events WHERE topic = 'ConversationOpened'")
    return int(found[0][0])


def handled_once(bench: Workbench, mails: list[AnyEnvelope]) -> None:
    """Each mail has become exactly one conversation, in streams without holes."""
    opened = [event for event in bench.events() if event.type == "ConversationOpened"]
    assert sorted(event.causation_id for event in opened) == sorted(one.id for one in mails)  # type: ignore[type-var]
    holes = bench.rows(
        "SELECT originator_id FROM router.stored_events GROUP BY 1 HAVING count(*) <> max(originator_version)"
    )
    assert holes == []


@pytest.fixture
async def log(empty_kafka: KafkaBroker) -> AsyncIterator[Log]:
    await topics.apply(empty_kafka.bootstrap_servers)
    log = Log(empty_kafka)
    yield log
    await log.publisher.stop()


@pytest.fixture
def processes() -> Iterator[list[Child]]:
    children: list[Child] = []
    yield children
    for child in children:
        if child.alive:
            child.kill()


def started(bench: Workbench, log: Log, folder: Path, name: str, port: int = 0) -> Child:
    """`python -m router run` as a process."""
    return Child.start(
        name,
        [sys.executable, "-m", "router", "run"],
        log=folder / f"{name}.log",
        environment={
            "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": log.bootstrap,
            "POSTROOM_DATABASE_URL": bench.dsn,
            "POSTROOM_BLOB_URL": (folder / "blobs").as_uri(),
            "POSTROOM_SECRET_KEY": bench.settings.secret_key,
            "POSTROOM_METRICS_PORT": str(port),
            "PATH": "/usr/bin:/bin",
        },
    )


async def test_what_is_published_is_handled_and_shown_in_the_metrics(bench: Workbench, log: Log) -> None:
    running = Running(bench, log)
    mails = await log.mails(120)
    await until(lambda: appended(bench) == 120)
    await running.end()
    handled_once(bench, mails)
    page = running.metrics.page()[1].decode()
    assert 'postroom_router_records_total{outcome="appended"} 120.0' in page
    assert "postroom_router_batch_seconds_count" in page
    assert running.health.is_ready


async def test_a_command_does_not_wait_behind_waiting_mails(bench: Workbench, log: Log) -> None:
    await log.mails(400)
    asked = await log.command()
    running = Running(bench, log, max_records=20)
    await until(lambda: appended(bench) == 400)
    await running.end()
    outcome = bench.events(stream=asked.id)[0]
    position = bench.rows("SELECT notification_id FROM router.stored_events WHERE originator_id = %s", asked.id)[0][0]
    before = bench.rows(
        "SELECT count(*) FROM router.stored_events WHERE topic = 'ConversationOpened' AND notification_id < %s",
        position,
    )
    assert outcome.data.state == "done"
    assert before[0][0] <= 100, "at most the batches that were taken before the command had been fetched"


async def test_a_standby_takes_over(bench: Workbench, log: Log) -> None:
    active = Running(bench, log)
    mails = await log.mails(10)
    await until(lambda: appended(bench) == 10)
    standby = Running(bench, log)
    mails += await log.mails(10)
    await until(lambda: appended(bench) == 20)
    assert not standby.health.is_ready
    await active.end()
    mails += await log.mails(10)
    await until(lambda: appended(bench) == 30)
    await standby.end()
    handled_once(bench, mails)


async def test_a_lost_database_is_waited_out(fresh_postgres: PostgresServer, log: Log) -> None:
    bench = Workbench(fresh_postgres.create_database("lost"))
    running = Running(bench, log)
    mails = await log.mails(5)
    await until(lambda: appended(bench) == 5)
    bench.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'postroom router'"
    )
    mails += await log.mails(5)
    await until(lambda: appended(bench) == 10)
    await running.end()
    handled_once(bench, mails)
    bench.close()


async def test_a_recreated_topic_stops_the_router_until_a_person_accepts_it(bench: Workbench, log: Log) -> None:
    running = Running(bench, log)
    mails = await log.mails(30)
    await until(lambda: appended(bench) == 30)
    with pytest.raises(StillActive):
        await offsets_command.accept(log.bootstrap, bench.dsn)
    await running.end()
    assert not [one for one in await offsets_command.standings(log.bootstrap, bench.dsn) if one.misfit or one.waiting]

    await delete_topics(log.bootstrap, EMAIL)
    await topics.apply(log.bootstrap)
    mails += await log.mails(30)
    again = Running(bench, log)
    with pytest.raises(OffsetsDoNotFit, match="offsets accept"):
        await again.task
    assert appended(bench) == 30
    changed = await offsets_command.accept(log.bootstrap, bench.dsn)
    assert {one.topic for one in changed} == {EMAIL}
    running = Running(bench, log)
    await until(lambda: appended(bench) == 60)
    await running.end()
    handled_once(bench, mails)


@pytest.mark.faults
async def test_a_killed_router_is_replaced_at_once_and_nothing_is_lost_or_twice(
    bench: Workbench, log: Log, tmp_path: Path, processes: list[Child]
) -> None:
    processes += [started(bench, log, tmp_path, name) for name in ("first", "second")]
    mails = await log.mails(300)
    await until(lambda: appended(bench) > 0)
    processes[0].kill()
    processes.append(started(bench, log, tmp_path, "third"))
    mails += await log.mails(300)
    await until(lambda: appended(bench) > 300)
    processes[1].kill()
    mails += await log.mails(50)
    await until(lambda: appended(bench) == 650)
    handled_once(bench, mails)


@pytest.mark.faults
async def test_a_frozen_router_that_wakes_up_beside_its_successor_ends_and_writes_nothing(
    bench: Workbench, log: Log, tmp_path: Path, processes: list[Child]
) -> None:
    frozen = started(bench, log, tmp_path, "frozen")
    processes.append(frozen)
    mails = await log.mails(20)
    await until(lambda: appended(bench) == 20)
    await asyncio.to_thread(frozen.send, 19)
    successor = started(bench, log, tmp_path, "successor")
    processes.append(successor)
    mails += await log.mails(20)
    await until(lambda: appended(bench) == 40)
    await asyncio.to_thread(frozen.send, 18)
    mails += await log.mails(20)
    await until(lambda: not frozen.alive)
    assert frozen.exit_code != 0
    await until(lambda: appended(bench) == 60)
    handled_once(bench, mails)


@pytest.mark.faults
async def test_the_process_says_when_it_is_ready_and_drains_on_sigterm(
    bench: Workbench, log: Log, tmp_path: Path, processes: list[Child]
) -> None:
    [port] = free_ports(1)
    child = started(bench, log, tmp_path, "only", port)
    processes.append(child)

    async def ready() -> bool:
        return (await get(port, "/readyz")).startswith(b"HTTP/1.1 200")

    await until(ready)
    assert b"postroom_router_active 1.0" in await get(port, "/metrics")
    await log.mails(50)
    await asyncio.to_thread(child.send, 15)
    await until(lambda: not child.alive, seconds=12)
    assert child.exit_code == 0, (tmp_path / "only.log").read_text()


async def get(port: int, path: str) -> bytes:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return b""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer: Any = await reader.read()
    writer.close()
    return bytes(answer)
