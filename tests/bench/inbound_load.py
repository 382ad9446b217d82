"""MessageReceived records as ingest-email would publish them, straight to Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from mails import REPLY_SHARE, WORDS

from events import codec, topics
from events.envelope import Actor, Envelope
from events.inbound import MessageReceived
from events.values import Address, Blob, MessageContent, MessageFacts
from service_kit.compression import use_cheap_zstd
from service_kit.hashing import KeyedHash, derive_key
from service_kit.ids import derived_id, new_id

Keyed = tuple[bytes, codec.Record]


def inbound_mails(
    count: int, *, inbox_id: UUID, channel_id: UUID, address: str, workspace_id: UUID, secret_key: str, seed: int = 1
) -> Iterator[Keyed]:
    """Key and record of each; about 2.9 kB; senders differ unless a mail answers an earlier one."""
    random = Random(seed)
    keyed_hash = KeyedHash(derive_key(secret_key, "address-hash"))
    sent: list[tuple[str, str]] = []
    now = datetime.now(UTC)
    for number in range(count):
        reply_to = random.choice(sent) if sent and random.random() < REPLY_SHARE else None
        sender = reply_to[0] if reply_to else f"inbound{seed}-{number}@client.test"
        external_id = f"inbound.{seed}.{number}@client.test"
        if not reply_to and len(sent) < 50_000:
            sent.append((sender, external_id))
        event_id = new_id()
        text = " ".join(random.choices(WORDS, k=150))
        facts = MessageFacts(
            message_id=derived_id(event_id, "message"),
            channel="email",
            channel_id=channel_id,
            received_at=now,
            sent_at=now,
            size=len(text),
        )
        content = MessageContent(
            external_id=external_id,
            sender=Address(sender, f"Customer {number}"),
            to=(Address(address),),
            delivered_to=address,
            subject=f"Load {seed}-{number}: where is order {random.randint(1000, 9999)}?",
            new_text=text,
            raw=Blob(f"{event_id}/none", len(text), "message/rfc822", "0" * 64),
            in_reply_to=(reply_to[1],) if reply_to else (),
            references=(reply_to[1],) if reply_to else (),
        )
        envelope = Envelope(
            id=event_id,
            stream=channel_id,
            occurred_at=now,
            recorded_at=now,
            workspace_id=workspace_id,
            actor=Actor("contact"),
            correlation_id=event_id,
            data=MessageReceived(inbox_id=inbox_id, dedupe_key=external_id, facts=facts, content=content),
        )
        yield keyed_hash.of(str(inbox_id), sender).encode(), codec.encode(envelope)


async def publish(bootstrap_servers: str, records: Iterator[Keyed]) -> int:
    """Publishes all of them as fast as Kafka takes them and returns how many.

    Each to the partition of its key, in batches filled here: sent one by one, they cost this machine a third of what
    the router spends on them.
    """
    use_cheap_zstd()
    topic = topics.INBOUND_EMAIL.name
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        enable_idempotence=True,
        acks="all",
        max_batch_size=256 * 1024,
        compression_type="zstd",
    )
    await producer.start()
    partition_of, filling, count = DefaultPartitioner(), {}, 0
    try:
        partitions = sorted(await producer.partitions_for(topic))
        for key, record in records:
            place = partition_of(key, partitions, partitions)
            batch = filling.get(place) or filling.setdefault(place, producer.create_batch())
            one = {"timestamp": None, "key": key, "value": record.value, "headers": record.headers}
            if batch.append(**one) is None:
                await producer.send_batch(batch, topic, partition=place)
                batch = filling[place] = producer.create_batch()
                batch.append(**one)
            count += 1
        for place, batch in filling.items():
            await producer.send_batch(batch, topic, partition=place)
        await producer.flush()
    finally:
        await producer.stop()
    return count
