"""The live projector while PostgreSQL, Kafka or another instance goes away, and when a topic is made anew."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from aiokafka.errors import RequestTimedOutError

from service_kit.database import connect
from service_kit.faults import OffsetsDoNotFit
from service_kit.ids import new_id
from service_kit.testing import TcpProxy, an_event, create_topics, delete_topics, headed, until
from service_kit.testing.projecting import Setting, arranged, running, shown

pytestmark = pytest.mark.real


@pytest.mark.faults
async def test_commits_lost_with_the_server_are_made_up_at_the_next_start_without_new_records(setting: Setting) -> None:
    stream = new_id()
    await setting.put(*[headed(an_event(stream, n), n) for n in range(1, 6)])
    projector = setting.projector(max_records=1)
    async with running(projector):
        await shown(setting, 1, 2, 3, 4, 5)
    with connect(setting.dsn, "test") as connection:  # as it is after an immediate stop
        connection.execute(b"DELETE FROM inbox.rows WHERE sequence > 3")
        connection.execute(b"UPDATE inbox.offsets SET next_offset = 3, last_id = '' WHERE partition = 0")
        connection.execute(b"UPDATE inbox.positions SET position = 3")
    async with running(setting.projector()) as task:
        await shown(setting, 1, 2, 3, 4, 5, task=task)


@pytest.mark.faults
async def test_the_partitions_of_an_instance_that_ended_are_read_on_by_another(setting: Setting) -> None:
    streams = [new_id(), new_id()]

    async def more(sequence: int) -> None:
        for partition, stream in enumerate(streams):
            await setting.put(headed(an_event(stream, sequence), sequence * 2 + partition), partition=partition)

    await more(1)
    async with running(setting.projector()) as staying:
        await shown(setting, 2, 3, task=staying)
        async with running(setting.projector(instance="1")) as leaving:
            await more(2)
            await shown(setting, *range(2, 6), task=leaving)
        await more(3)
        await shown(setting, *range(2, 8), task=staying)


@pytest.mark.faults
async def test_a_topic_created_again_is_read_from_its_beginning_skipping_by_position(setting: Setting) -> None:
    streams = [new_id() for _ in range(5)]
    records = [headed(an_event(stream, 1), n + 1) for n, stream in enumerate(streams)]
    await setting.put(*records[:4])
    async with running(setting.projector()):
        await shown(setting, 1, 2, 3, 4)
    await delete_topics(setting.bootstrap, setting.topic)
    await create_topics(setting.bootstrap, {setting.topic: 2})
    await setting.put(*records)
    async with running(setting.projector()) as task:
        await shown(setting, 1, 2, 3, 4, 5, task=task)


@pytest.mark.faults
async def test_a_topic_without_positions_that_was_created_again_stops_the_consumer(setting: Setting) -> None:
    await setting.put(*[([("any", b"thing")], b"%d" % n) for n in range(7)])
    async with running(setting.projector(header_topics={setting.topic})):
        with connect(setting.dsn, "test") as connection:
            count = b"SELECT records FROM inbox.counts"
            await until(lambda: connection.execute(count).fetchone() == (7,))
    await delete_topics(setting.bootstrap, setting.topic)
    await create_topics(setting.bootstrap, {setting.topic: 2})
    await setting.put(*[([("any", b"thing")], b"other")] * 9)
    with pytest.raises(OffsetsDoNotFit, match="re-created"):
        await setting.projector(header_topics={setting.topic}).run(asyncio.Event())


@pytest.mark.faults
@pytest.mark.parametrize("after", [False, True], ids=["before the server got it", "after it was done"])
async def test_an_unclear_commit_neither_loses_nor_repeats(setting: Setting, postgres: Any, after: bool) -> None:
    name = str(psycopg.conninfo.conninfo_to_dict(setting.dsn)["dbname"])
    streams = [new_id() for _ in range(4)]
    with TcpProxy(postgres.port) as proxy:
        projector = setting.projector(dsn=postgres.tcp_dsn_of(name, port=proxy.port))
        async with running(projector):
            await setting.put(headed(an_event(streams[0], 1), 1))
            await shown(setting, 1)
            proxy.cut_at(b"COMMIT", after=after)
            await setting.put(*[headed(an_event(stream, 1), n + 2) for n, stream in enumerate(streams[1:])])
            await shown(setting, 1, 2, 3, 4)
        assert proxy.cuts == 1


@pytest.mark.faults
async def test_postgres_stopped_at_once_under_a_living_projector_loses_nothing(
    kafka: Any, fresh_postgres: Any, suffix: str
) -> None:
    setting = await arranged(kafka.bootstrap_servers, fresh_postgres.dsn, suffix)
    stream = new_id()
    async with running(setting.projector(max_records=10)) as task:
        for outage in range(3):
            first = outage * 300
            await setting.put(*[headed(an_event(stream, first + n), first + n) for n in range(1, 301)])
            await until(lambda first=first: len(setting.rows()) > first + 20)
            await asyncio.to_thread(fresh_postgres.stop, "immediate")
            await asyncio.to_thread(fresh_postgres.start)
        await shown(setting, *range(1, 901), task=task)


@pytest.mark.faults
async def test_kafka_away_for_longer_than_a_session_only_delays(
    fresh_kafka: Any, fresh_database: str, suffix: str
) -> None:
    setting = await arranged(fresh_kafka.bootstrap_servers, fresh_database, suffix)
    stream = new_id()
    async with running(setting.projector()) as task:
        await setting.put(headed(an_event(stream, 1), 1))
        await shown(setting, 1)
        await asyncio.to_thread(fresh_kafka.stop)
        await asyncio.sleep(12)  # the length of the outage (a session has 10 s), not a wait for anything
        await asyncio.to_thread(fresh_kafka.start)
        await setting.put(headed(an_event(stream, 2), 2))
        await shown(setting, 1, 2, task=task)


async def test_a_consumer_whose_group_failed_is_replaced_and_reads_on(setting: Setting) -> None:
    """aiokafka ends the tasks in which a group's error comes up, and says that error at every reading from then on."""
    stream, projector = new_id(), setting.projector()
    async with running(projector) as task:
        await setting.put(headed(an_event(stream, 1), 1))
        await shown(setting, 1)
        failed = projector._reading
        assert failed is not None
        coordinator = failed._coordinator
        coordinator._heartbeat_task.cancel()
        coordinator._heartbeat_task = asyncio.get_running_loop().create_future()
        coordinator._heartbeat_task.set_exception(RequestTimedOutError())
        await setting.put(headed(an_event(stream, 2), 2))
        await shown(setting, 1, 2, task=task)
        await until(lambda: projector._reading not in (None, failed))


class WithoutPartitions:
    """A consumer to which its group has given nothing."""

    def assignment(self) -> set[Any]:
        return set()


async def test_what_nobody_reads_counts_as_waiting_for_an_instance_without_a_partition(setting: Setting) -> None:
    stream = new_id()
    async with running(setting.projector()):
        await setting.put(headed(an_event(stream, 1), 1))
        await shown(setting, 1)
    idle = setting.projector(instance="1")
    idle._reading = WithoutPartitions()
    assert [await idle.lag() for _ in range(2)] == [0, 0], "all is read"
    await setting.put(*[headed(an_event(stream, n), n) for n in (2, 3)])
    assert await idle.lag() == 2
    async with running(setting.projector()):
        await shown(setting, 1, 2, 3)
    await setting.put(headed(an_event(stream, 4), 4))
    assert await idle.lag() == 0, "others move"
    assert await idle.lag() == 1
    await idle._applier.close()
