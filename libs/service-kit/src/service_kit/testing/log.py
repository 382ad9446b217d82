"""Topics for tests, and records put into them by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from events.codec import Header, encode, with_position
from events.envelope import AnyEnvelope
from service_kit.log_probe import probing
from service_kit.testing.waiting import until


async def create_topics(bootstrap: str, topics: Mapping[str, int], config: Mapping[str, str] | None = None) -> None:
    """Creates topics with so many partitions each."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        settings = {"max.message.bytes": str(2 * 1024 * 1024), **(config or {})}
        await admin.create_topics([NewTopic(name, count, 1, topic_configs=settings) for name, count in topics.items()])
        await _described(admin, topics)
    finally:
        await admin.close()


async def delete_topics(bootstrap: str, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
        await until(lambda: _gone(admin, names))
    finally:
        await admin.close()


async def _gone(admin: AIOKafkaAdminClient, names: tuple[str, ...]) -> bool:
    return not set(names) & set(await admin.list_topics())


async def _described(admin: AIOKafkaAdminClient, topics: Mapping[str, int]) -> None:
    async def ready() -> bool:
        entries = await admin.describe_topics(list(topics))
        return all(
            entry["error_code"] == 0 and all(each["leader"] >= 0 for each in entry["partitions"]) for entry in entries
        )

    await until(ready)


def headed(event: AnyEnvelope, position: int, store: str = "main/1") -> tuple[list[Header], bytes]:
    record = encode(event)
    return with_position(record.headers, store, position), record.value


async def put(bootstrap: str, topic: str, *records: tuple[list[Header], bytes | None], partition: int = 0) -> None:
    """Into one partition, in this order."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=4 * 1024 * 1024) as producer:
        for headers, value in records:
            await producer.send_and_wait(topic, value, key=b"k", headers=headers, partition=partition)


async def letters(bootstrap: str, topic: str) -> list[Any]:
    """All records of a topic."""
    async with probing(bootstrap) as probe:
        tails = await probe.tails(await probe.partitions([topic]))
    return [record for records in tails.values() for record in records]
