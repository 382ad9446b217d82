"""Signals over the real Kafka: what one process says every other hears, from then on."""

from __future__ import annotations

import asyncio

import pytest

from events.signals import AgentPresent
from inbox_projection import signal_bus
from inbox_projection.commands import BusAway
from inbox_projection.signal_bus import KafkaSignals
from local_runtime.kafka import KafkaBroker
from service_kit import topics
from service_kit.ids import new_id

pytestmark = pytest.mark.real


def a_signal() -> AgentPresent:
    return AgentPresent(
        conversation_id=new_id(), inbox_id=new_id(), agent_id=new_id(), state="viewing", source=new_id()
    )


async def test_every_process_hears_what_is_said_from_then_on(kafka: KafkaBroker) -> None:
    await topics.apply(kafka.bootstrap_servers)
    one, other = (KafkaSignals(kafka.bootstrap_servers, new_id()) for _ in range(2))
    heard: asyncio.Queue[AgentPresent] = asyncio.Queue()
    before, after = a_signal(), a_signal()
    speaking = asyncio.create_task(one.run(lambda _: None))
    async with asyncio.timeout(30):
        await one.ready.wait()
    await one.publish(before)
    listening = asyncio.create_task(other.run(heard.put_nowait))
    try:
        async with asyncio.timeout(30):
            await other.ready.wait()
        await one.publish(after)
        async with asyncio.timeout(1):
            assert await heard.get() == after
    finally:
        for task in (speaking, listening):
            task.cancel()
        await asyncio.gather(speaking, listening, return_exceptions=True)
        await one.close()
        await other.close()


async def test_what_cannot_be_said_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_bus, "PUBLISH_SECONDS", 0.01)
    with pytest.raises(BusAway):
        await KafkaSignals("127.0.0.1:1", new_id()).publish(a_signal())
