"""Each message that was received and is in no conversation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from events import conversations as e
from inbox_projection.api.models.operations import Differences
from inbox_projection.commands import BusAway
from inbox_projection.inbound_log import GROUP, KafkaInboundLog, Read, Received
from inbox_projection.testing import Story
from inbox_projection.testing.story import START
from local_runtime.kafka import KafkaBroker
from service_kit import topics

pytestmark = pytest.mark.real
PATH = "/api/v1/reconciliation/differences"
TOPIC = "inbound.email.v1"


def received(world: Any, message_id: UUID | None = None, **more: Any) -> Received:
    """A message in the log, the router past it."""
    log = world.parts.inbound
    one = Received(
        topic=TOPIC,
        partition=0,
        offset=len(log.records),
        at=START + timedelta(minutes=len(log.records)),
        message_id=message_id or uuid4(),
        inbox_id=world.story.inbox_id,
        channel_id=world.support_channel,
        dedupe_key=f"key {len(log.records)}",
        handled=True,
    )
    log.records.append(replace(one, **more))
    return log.records[-1]


async def differences(world: Any, role: str = "administrator", **asked: Any) -> dict[str, Any]:
    async with world.client(role) as client:
        answer = await client.get(PATH, params={"hour": START.isoformat(), **asked})
    assert answer.status_code == 200, answer.text
    Differences.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def shown_message(world: Any) -> UUID:
    rows = world.execute(
        "select message_id from inbox.messages where direction = 'in' and conversation_id = %s",
        (world.thread.conversation_id,),
    )
    found: UUID = rows[0][0]
    return found


async def test_what_is_shown_is_no_difference_and_all_else_says_why(world: Any) -> None:
    first = received(world, shown_message(world))
    again = received(world, dedupe_key=first.dedupe_key)
    kept = world.story.filtered_mail(world.story.new_id(), world.story.new_id())
    stream = world.story.new_id()
    quarantined = e.InboundQuarantined(topic=TOPIC, partition=0, offset=3, reason="MalformedEvent", raw="x/1", size=2)
    world.story.publish("conversations.v1", stream, 1, quarantined)
    world.show()
    received(world, kept.message.message_id)
    received(world)
    coming, lost = received(world, handled=False), received(world)
    found = await differences(world)
    assert found["complete"] and found["hour"] == "2026-03-02T08:00:00Z"
    by_kind = {one["kind"]: one for one in found["items"]}
    assert (
        sorted(by_kind) == ["duplicate", "filtered", "not_shown", "on_its_way", "quarantined"]
        and len(found["items"]) == 5
    )
    assert by_kind["duplicate"]["message_id"] == str(again.message_id)
    assert by_kind["duplicate"]["duplicate_of"] == str(first.message_id)
    assert by_kind["filtered"]["filtered_id"] == str(world.story.filtered[-1])
    assert by_kind["quarantined"]["quarantine_id"] == str(stream)
    assert by_kind["on_its_way"]["message_id"] == str(coming.message_id)
    assert by_kind["not_shown"]["message_id"] == str(lost.message_id)


async def test_a_first_copy_of_the_hour_before_makes_a_duplicate_and_is_not_listed(world: Any) -> None:
    first = received(world, shown_message(world), at=START - timedelta(hours=3))
    received(world, dedupe_key=first.dedupe_key)
    (one,) = (await differences(world))["items"]
    assert (one["kind"], one["duplicate_of"]) == ("duplicate", str(first.message_id))


async def test_a_channel_and_pages_narrow_the_list(world: Any) -> None:
    lost = [
        received(world, channel_id=world.foreign_channel if number == 1 else world.support_channel)
        for number in range(4)
    ]
    found: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await differences(world, channel_id=str(world.support_channel), limit=1, **cursor)
        found += [one["message_id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == [str(lost[number].message_id) for number in (0, 2, 3)]


async def test_a_manager_sees_those_of_own_inboxes_and_an_agent_none(world: Any) -> None:
    received(world, inbox_id=world.foreign_inbox)
    own = received(world)
    found = await differences(world, "manager")
    assert [one["message_id"] for one in found["items"]] == [str(own.message_id)]
    async with world.client("agent") as client:
        assert (await client.get(PATH)).status_code == 403


async def test_what_is_wrong_or_away_is_said(world: Any) -> None:
    async with world.client() as client:
        for asked in (
            {"hour": "yesterday"},
            {"hour": "0001-01-01T00:00:00Z"},
            {"hour": "9999-12-31T23:59:59Z"},
            {"cursor": "x"},
        ):
            assert (await client.get(PATH, params=asked)).status_code == 422
        assert (await client.get(PATH)).status_code == 200

        async def away(begin: datetime, end: datetime) -> Read:
            raise BusAway("away")

        world.parts.inbound.received = away
        assert (await client.get(PATH)).status_code == 503


async def test_the_log_itself_is_read_by_time_and_tells_what_the_router_has_passed(empty_kafka: KafkaBroker) -> None:
    servers = empty_kafka.bootstrap_servers
    await topics.apply(servers)
    story = Story(3, start=datetime.now(START.tzinfo) - timedelta(hours=1))
    for _ in range(30):
        story.mail(story.person())
        story.pass_time(minutes=3)
    records = [one for one in story.records if one.topic == TOPIC]
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    for one in records:
        await producer.send(TOPIC, one.value, partition=one.partition, headers=one.headers, timestamp_ms=one.timestamp)
    await producer.send(TOPIC, b"no event", partition=0, headers=[("ce_type", b"MessageReceived")])
    await producer.stop()
    committed = AIOKafkaConsumer(bootstrap_servers=servers, group_id=GROUP, enable_auto_commit=False)
    await committed.start()
    place = TopicPartition(TOPIC, records[0].partition)
    committed.assign([place])
    await committed.commit({place: 1})
    await committed.stop()
    log = KafkaInboundLog(servers)
    everything = await log.received(story.now - timedelta(days=1), story.now + timedelta(days=1))
    assert everything.complete and len(everything.records) == 30
    assert [one.handled for one in everything.records].count(True) == 1
    begin = datetime.fromtimestamp(records[10].timestamp / 1000, START.tzinfo)
    half_an_hour = await log.received(begin, begin + timedelta(minutes=30))
    assert len(half_an_hour.records) == 10 and half_an_hour.complete
    few = await KafkaInboundLog(servers, most=5).received(story.now - timedelta(days=1), story.now + timedelta(days=1))
    assert not few.complete and len(few.records) <= 5


async def test_a_broker_that_is_away_is_said_soon() -> None:
    async with asyncio.timeout(30):
        with pytest.raises(BusAway):
            await KafkaInboundLog("127.0.0.1:1").received(START, START + timedelta(hours=1))
