"""The router on a real log: batches as they come, commands first, one active at a time, and no quiet loss."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from events.commands import SetAvailability
from local_runtime.postgres import PostgresServer
from router import offsets_command, queues
from router.errors import StillActive
from router.testing import ANNA, BORIS, EMAIL, Workbench, mail
from router.testing_live import Log, Running, appended, end_sessions, handled_once
from service_kit import topics
from service_kit.faults import LeadershipLost, OffsetsDoNotFit, StoodStill
from service_kit.settings import DEFAULT_WORKSPACE_ID
from service_kit.testing import delete_topics, until

pytestmark = pytest.mark.real


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


async def test_a_long_queue_is_handed_out_to_its_end_while_mails_come(
    bench: Workbench, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "SLICE", 5)
    bench.set_up_workspace()
    for agent in (ANNA, BORIS):
        bench.command(SetAvailability(agent_id=agent, state="away"), DEFAULT_WORKSPACE_ID)
    bench.receive(*[mail(f"{number}@c.example") for number in range(42)])
    bench.rows("UPDATE router.offsets SET next_offset = 0, last_id = '' RETURNING 1")
    running = Running(bench, log)
    await log.command(SetAvailability(agent_id=ANNA, state="available"))
    mails = await log.mails(20)
    await until(lambda: appended(bench) == 62 and bench.count("queue_drains") == 0)
    await until(lambda: bench.rows("SELECT count(*) FROM router.conversations WHERE assignee_id = %s", ANNA) == [(62,)])
    await running.end()
    assert len(mails) == 20
    assert bench.rows("SELECT sum(waiting) FROM router.team_load") == [(0,)]


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
    assert end_sessions(bench, "postroom router")
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


class Slow:
    """A batch handler that waits to be released, in its thread."""

    behind = False

    def __init__(self, bench: Workbench) -> None:
        self._handler = bench.built().handler
        self.busy, self.released = threading.Event(), threading.Event()

    def handle(self, records: Any) -> None:
        self.busy.set()
        self.released.wait(60)
        self._handler.handle(records)


async def test_who_has_lost_the_lock_ends_when_the_batch_in_hand_is_done(bench: Workbench, log: Log) -> None:
    slow: Any = Slow(bench)
    running = Running(bench, log, handler=slow)
    mails = await log.mails(1)
    await until(slow.busy.is_set)
    assert end_sessions(bench) == 1
    await until(running.stop.is_set)
    assert not running.task.done()
    slow.released.set()
    with pytest.raises(LeadershipLost):
        await running.task
    handled_once(bench, mails)


async def test_a_batch_that_never_ends_ends_the_process(bench: Workbench, log: Log) -> None:
    slow: Any = Slow(bench)
    running = Running(bench, log, handler=slow, drain_seconds=0.1)
    await log.mails(1)
    await until(slow.busy.is_set)
    assert end_sessions(bench) == 1
    with pytest.raises(StoodStill, match="did not end"):
        await running.task
    slow.released.set()
    await until(lambda: appended(bench) == 1)


async def test_an_error_of_a_consumer_ends_the_term_and_another_one_can_begin(bench: Workbench, log: Log) -> None:
    woken = asyncio.Event()

    async def wake_up() -> None:
        await woken.wait()
        raise KafkaError("no broker is known")

    running = Running(bench, log, beside=[partial(wake_up)])
    mails = await log.mails(5)
    await until(lambda: appended(bench) == 5)
    woken.set()
    with pytest.raises(KafkaError, match="no broker is known"):
        await running.task
    again = Running(bench, log)
    mails += await log.mails(5)
    await until(lambda: appended(bench) == 10)
    await again.end()
    handled_once(bench, mails)
