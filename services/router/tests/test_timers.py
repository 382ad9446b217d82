"""Snoozed conversations come back: due timers become commands on the log."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from events import codec
from events.commands import AssignConversation, ElapseSnooze, ReopenConversation, SnoozeConversation
from events.envelope import Actor
from events.notifications import SetNotificationPreferences
from local_runtime.kafka import KafkaBroker
from router.testing import ANNA, BORIS, COMMANDS, NOON, FakeRecord, Workbench, kinds, mail
from router.timers import Timers
from service_kit import topics
from service_kit.log_probe import probing
from service_kit.producer import Publisher
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
TOMORROW = NOON + timedelta(days=1)


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self):  # type: ignore[no-untyped-def]
        return self.now


async def published(broker: KafkaBroker) -> list[FakeRecord]:
    async with probing(broker.bootstrap_servers) as probe:
        tails = await probe.tails(await probe.partitions([COMMANDS]))
    return [
        FakeRecord(record.topic, 0, index, record.key, record.value, record.headers)
        for index, record in enumerate(one for records in tails.values() for one in records)
    ]


async def test_a_due_timer_is_published_once_and_again_only_when_it_is_not_handled(
    bench: Workbench, empty_kafka: KafkaBroker
) -> None:
    await topics.apply(empty_kafka.bootstrap_servers)
    bench.set_up_workspace()
    conversation = bench.receive(mail())[1].stream
    bench.command(SnoozeConversation(until=TOMORROW), conversation)
    watch = Watch()
    timers = Timers(
        dsn=bench.dsn,
        publisher=Publisher(empty_kafka.bootstrap_servers),
        workspace_id=DEFAULT_WORKSPACE_ID,
        leading=asyncio.Event(),
        clock=watch,
    )
    assert await timers.publish_due() == 0
    watch.now = TOMORROW
    assert await timers.publish_due() == 1
    watch.now += timedelta(seconds=29)
    assert await timers.publish_due() == 0
    watch.now += timedelta(seconds=1)
    assert await timers.publish_due() == 1

    records = await published(empty_kafka)
    assert len(records) == 2
    assert {record.key for record in records} == {str(conversation).encode()}
    start = bench.offsets[COMMANDS, 0]
    for record in records:
        moved = FakeRecord(COMMANDS, 0, start + record.offset, record.key, record.value, record.headers)
        bench.handle([moved])
    bench.offsets[COMMANDS, 0] += 2
    assert kinds(bench.events(stream=conversation))[-1] == "SnoozeElapsed"
    assert kinds(bench.events(stream=conversation)).count("SnoozeElapsed") == 1
    assert str(bench.events(stream=conversation)[-1].actor) == "system"
    assert bench.count("timers") == 0
    watch.now += timedelta(hours=1)
    assert await timers.publish_due() == 0
    await timers.close()


async def test_only_the_leader_publishes(bench: Workbench) -> None:
    stop, leading = asyncio.Event(), asyncio.Event()
    timers = Timers(
        dsn="host=/nowhere", publisher=Publisher("127.0.0.1:1"), workspace_id=DEFAULT_WORKSPACE_ID, leading=leading
    )
    running = asyncio.create_task(timers.run(stop))
    await asyncio.sleep(0)
    assert not running.done()
    stop.set()
    await running


def test_an_obsolete_timer_is_ignored_and_its_row_goes(bench: Workbench) -> None:
    bench.set_up_workspace()
    conversation = bench.receive(mail())[1].stream
    bench.command(SnoozeConversation(until=TOMORROW), conversation)
    [(timer_id,)] = bench.rows("SELECT timer_id FROM router.timers")
    bench.command(ReopenConversation(), conversation)
    before = len(bench.events(stream=conversation))
    outcome = bench.command(ElapseSnooze(timer_id=timer_id), conversation, id=timer_id)
    assert outcome.state == "done"
    assert len(bench.events(stream=conversation)) == before
    assert bench.count("timers") == 0


def test_snoozing_until_they_answer_sets_no_timer_and_an_answer_ends_it(bench: Workbench) -> None:
    bench.set_up_workspace()
    conversation = bench.receive(mail(message_id="one@c"))[1].stream
    bench.command(SnoozeConversation(), conversation)
    assert bench.count("timers") == 0
    assert "ConversationReopened" in kinds(bench.receive(mail(in_reply_to=["one@c"])))


async def test_a_mail_to_an_agent_is_asked_for_when_it_is_due_and_again_as_the_same(
    bench: Workbench, empty_kafka: KafkaBroker
) -> None:
    await topics.apply(empty_kafka.bootstrap_servers)
    bench.set_up_workspace()
    wish = SetNotificationPreferences(agent_id=BORIS, mail=("assigned",))
    bench.command(wish, DEFAULT_WORKSPACE_ID, actor=Actor("agent", str(BORIS)))
    conversation = bench.receive(mail())[1].stream
    bench.command(AssignConversation(agent_id=ANNA, team_id=None), conversation)
    bench.command(AssignConversation(agent_id=BORIS, team_id=None), conversation)
    ((due_at,),) = bench.rows("SELECT due_at FROM router.notification_mails")
    watch = Watch()
    timers = Timers(
        dsn=bench.dsn,
        publisher=Publisher(empty_kafka.bootstrap_servers),
        workspace_id=DEFAULT_WORKSPACE_ID,
        leading=asyncio.Event(),
        clock=watch,
    )
    watch.now = due_at - timedelta(seconds=1)
    assert await timers.publish_due() == 0
    for seconds, published_now in ((0, 1), (29, 0), (1, 1)):
        watch.now = max(watch.now, due_at) + timedelta(seconds=seconds)
        assert await timers.publish_due() == published_now
    records = await published(empty_kafka)
    assert len({dict(record.headers)["ce_id"] for record in records}) == 1
    asked = [codec.decode(record.headers, record.value) for record in records]
    made = bench.handle(bench.records(*asked, topic=COMMANDS))
    assert kinds(made).count("SystemMailQueued") == 1
    watch.now += timedelta(minutes=1)
    assert await timers.publish_due() == 0
    await timers.close()
