"""Commands over the real Kafka: published, answered by a pretended router, shown by a pretended projector."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from events import codec
from events.commands import AddLabel
from events.envelope import Actor, Envelope
from events.outcomes import CommandHandled, ShownAt
from inbox_projection.command_bus import KafkaCommands
from inbox_projection.commands import BusAway, envelope
from inbox_projection.shown import Shown
from local_runtime.kafka import KafkaBroker
from service_kit import topics
from service_kit.ids import new_id

pytestmark = pytest.mark.real
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORKSPACE = new_id()


def a_command() -> Envelope[Any]:
    return envelope(
        AddLabel(label="vip"),
        command_id=new_id(),
        stream=new_id(),
        workspace_id=WORKSPACE,
        actor=Actor("agent", str(new_id())),
        now=NOW,
    )


class Router:
    """Reads one command from the topic and publishes an outcome when told to."""

    def __init__(self, bootstrap: str) -> None:
        self.consumer = AIOKafkaConsumer("commands.v1", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        self.producer = AIOKafkaProducer(bootstrap_servers=bootstrap)

    async def command(self) -> Envelope[Any]:
        async with asyncio.timeout(20):
            record = await self.consumer.getone()
        found = codec.decode(record.headers, record.value)
        assert record.key == str(found.stream).encode()
        return found

    async def answer(self, command_id: UUID, *shown: ShownAt) -> None:
        outcome = CommandHandled(command_id=command_id, command="AddLabel", state="done", shown_at=shown)
        wrapped = Envelope(
            id=new_id(),
            stream=command_id,
            sequence=1,
            occurred_at=NOW,
            recorded_at=NOW,
            workspace_id=WORKSPACE,
            correlation_id=command_id,
            data=outcome,
        )
        record = codec.encode(wrapped)
        headers = codec.with_position(record.headers, "main/1", 1)
        await self.producer.send_and_wait(
            "command-outcomes.v1", record.value, key=str(command_id).encode(), headers=headers
        )


async def _nothing(_: UUID) -> CommandHandled | None:
    return None


@pytest.fixture
async def parts(empty_kafka: KafkaBroker) -> AsyncIterator[tuple[KafkaCommands, Router, Shown]]:
    await topics.apply(empty_kafka.bootstrap_servers)
    shown, router = Shown(), Router(empty_kafka.bootstrap_servers)
    bus = KafkaCommands(empty_kafka.bootstrap_servers, shown, _nothing)
    reading = asyncio.create_task(bus.run())
    await router.consumer.start()
    await router.producer.start()
    async with asyncio.timeout(30):
        await bus.ready.wait()
    yield bus, router, shown
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await bus.close()
    await router.consumer.stop()
    await router.producer.stop()


async def test_the_outcome_comes_back_when_the_view_shows_it_and_not_before(
    parts: tuple[KafkaCommands, Router, Shown],
) -> None:
    bus, router, shown = parts
    command = a_command()
    asking = asyncio.create_task(bus.ask(command))
    assert (await router.command()).data == command.data
    await router.answer(new_id(), ShownAt("conversations.v1", 0, 1))
    await router.answer(command.id, ShownAt("conversations.v1", 2, 17))
    shown.advance([("conversations.v1", 2, 16)])
    await asyncio.wait([asking], timeout=0.05)
    assert not asking.done()
    shown.advance([("conversations.v1", 2, 18)])
    outcome = await asking
    assert outcome is not None and outcome.command_id == command.id


async def test_without_a_router_there_is_no_outcome_and_the_command_is_on_the_bus(
    parts: tuple[KafkaCommands, Router, Shown],
) -> None:
    bus, router, _ = parts
    bus._answer_seconds = 0.3
    command = a_command()
    assert await bus.ask(command) is None
    assert (await router.command()).id == command.id


async def test_two_who_ask_for_the_same_command_both_get_its_outcome(
    parts: tuple[KafkaCommands, Router, Shown],
) -> None:
    bus, router, _ = parts
    command = a_command()
    asking = [asyncio.create_task(bus.ask(command)), asyncio.create_task(bus.ask(command, publish=False))]
    await router.command()
    await router.answer(command.id)
    assert [one.command_id for one in await asyncio.gather(*asking) if one] == [command.id] * 2


async def test_a_bus_that_never_was_there_is_said_so() -> None:
    bus = KafkaCommands("127.0.0.1:1", Shown(), _nothing, publish_seconds=0.05)
    with pytest.raises(BusAway):
        await bus.ask(a_command())
