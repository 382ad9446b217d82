"""Creates the topics that events.topics declares: `python -m service_kit.topics apply`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from events.topics import ALL, MAX_RECORD_BYTES, Topic
from service_kit.settings import SettingsError, required, whole_number

RETRY_MS: Final = 50
"""Between two questions whether a new partition has its leader; Kafka takes 100 to 500 ms for all of them."""


class TopicsDiffer(Exception):
    """A topic exists with another number of partitions than declared; the message says which and what to do."""


def _config(topic: Topic) -> dict[str, str]:
    retention = -1 if topic.retention_ms is None else topic.retention_ms
    return {
        "retention.ms": str(retention),
        "retention.bytes": "-1",
        "cleanup.policy": "delete",
        "max.message.bytes": str(MAX_RECORD_BYTES),
        "message.timestamp.type": "LogAppendTime",
    }


async def apply(bootstrap_servers: str, replicas: int = 1, wanted: Sequence[Topic] = ALL) -> list[str]:
    """Creates what is missing; returns its names once a leader answers for each. Raises TopicsDiffer, KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, client_id="postroom-topics")
    await admin.start()
    try:
        existing = {entry["topic"]: len(entry["partitions"]) for entry in await admin.describe_topics()}
        for topic in wanted:
            partitions = existing.get(topic.name)
            if partitions is not None and partitions != topic.partitions:
                raise TopicsDiffer(
                    f"topic {topic.name} has {partitions} partitions, declared are {topic.partitions}: counts never"
                    " change, declare a …v2 or point to another cluster"
                )
        missing = [topic for topic in wanted if topic.name not in existing]
        if missing:
            await _create(admin, missing, replicas)
    finally:
        await admin.close()
    if missing:
        await _led(bootstrap_servers, missing)
    return [topic.name for topic in missing]


async def _led(bootstrap_servers: str, topics: list[Topic]) -> None:
    """Returns when a leader answers for each partition: Kafka says that a topic exists a moment before."""
    names = [topic.name for topic in topics]  # given here, they are looked up together and not one after the other
    consumer = AIOKafkaConsumer(
        *names, bootstrap_servers=bootstrap_servers, client_id="postroom-topics", retry_backoff_ms=RETRY_MS
    )
    await consumer.start()
    try:
        await consumer.end_offsets(
            [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        )
    finally:
        await consumer.stop()


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic], replicas: int) -> None:
    new = [NewTopic(topic.name, topic.partitions, replicas, topic_configs=_config(topic)) for topic in topics]
    response = await admin.create_topics(new, timeout_ms=30_000)
    for name, code, *_ in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise KafkaError(f"Kafka did not create topic {name}: error code {code}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m service_kit.topics", description=__doc__)
    parser.add_argument("verb", choices=["apply"], help="create the topics that are missing")
    parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that a new partition has no leader yet is no error
    try:
        servers = required(os.environ, "POSTROOM_KAFKA_BOOTSTRAP_SERVERS", "host:port, …")
        replicas = whole_number(os.environ, "POSTROOM_KAFKA_REPLICAS", 1, least=1)
        created = asyncio.run(apply(servers, replicas))
    except (SettingsError, TopicsDiffer, KafkaError) as error:
        print(f"topics: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"topics: created {', '.join(created) if created else 'none, all are there'}")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
