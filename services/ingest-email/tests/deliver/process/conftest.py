"""The delivering process on real parts, with a desk where replies are queued and looked up."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from events import codec
from events.codec import Record
from events.conversations import ReplyContent, ReplyQueued
from events.envelope import AnyEnvelope, Envelope
from events.errors import MalformedEvent
from events.sealing import DataKey
from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    EmailSettings,
    FallbackAddressIssued,
    SmtpSettings,
)
from ingest_email import deliver
from ingest_email.deliver import Deliverer
from ingest_email.delivery import Schedule
from ingest_email.delivery_ledger import SCHEMA, DeliveryLedger
from ingest_email.delivery_settings import DeliverySettings
from ingest_email.outbox import OutboxTransport
from ingest_email.smtp_client import SmtpTransport, TimeOuts
from ingest_email.testing import TOPICS
from service_kit import database, secrets, topics
from service_kit.blobs import Blobs
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.keyring import Keyring
from service_kit.keyring import install as install_keyring
from service_kit.log_probe import log_bounds
from service_kit.producer import Publisher
from service_kit.settings import Settings


class Desk:
    """The delivering process on real parts: replies are queued here, and what became of them is looked up."""

    def __init__(self, dsn: str, bootstrap: str, folder: Path, relay_url: str) -> None:
        self.settings = Settings(
            kafka_bootstrap_servers=bootstrap,
            database_url=dsn,
            blob_url=(folder / "blobs").as_uri(),
            secret_key="a secret for tests, long enough for all",
            smtp_relay_url=relay_url,
        )
        self._folder = folder
        self.own = DeliverySettings(
            schedule=Schedule(delays=(0.05,), give_up_after=60),
            time_outs=TimeOuts(connect=5, command=5, block=5, final=5, attempt=10),
        )
        self.keyring = Keyring(self.settings.secret_key)
        self.blobs = Blobs(self.settings.blob_url)
        self.positions = itertools.count(1)
        self.workspace_store = f"{new_id().hex}/1"
        self.channel_id = new_id()
        install_keyring(dsn)
        database.migrate(dsn, SCHEMA, "ingest_email.migrations")

    def execute(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with database.connect(self.settings.database_url, "test") as connection:
            cursor = connection.execute(query.encode(), arguments)
            return cursor.fetchall() if cursor.description else []

    def event(
        self,
        content: ReplyContent,
        reply_id: UUID,
        conversation_id: UUID,
        channel_id: UUID | None = None,
        **changes: Any,
    ) -> AnyEnvelope:
        blobs = tuple(attachment.blob for attachment in content.attachments)
        standard: dict[str, Any] = {
            "id": new_id(),
            "stream": conversation_id,
            "sequence": 2,
            "occurred_at": utc_now(),
            "recorded_at": utc_now(),
            "workspace_id": self.settings.workspace_id,
            "correlation_id": new_id(),
            "data": ReplyQueued(
                reply_id=reply_id,
                conversation_id=conversation_id,
                inbox_id=new_id(),
                channel="email",
                channel_id=channel_id or self.channel_id,
                agent_id=new_id(),
                blobs=blobs,
                personal=content,
            ),
        }
        return Envelope(**(standard | changes))

    def key(self, contact_id: UUID) -> DataKey:
        with database.connect(self.settings.database_url, "test") as connection:
            key = self.keyring.create(connection.cursor(), [contact_id])[contact_id]
        assert isinstance(key, DataKey)
        return key

    def sealed(self, envelope: AnyEnvelope, contact_id: UUID) -> Record:
        return codec.encode(envelope, self.key(contact_id))

    def queue(
        self,
        *contents: tuple[UUID, UUID, ReplyContent],
        contact_id: UUID | None = None,
        channel_id: UUID | None = None,
    ) -> None:
        """Replies (reply id, conversation id, content) straight into the ledger, as the intake writes them."""
        ledger, rows = DeliveryLedger("test"), []
        for reply_id, conversation_id, content in contents:
            envelope = self.event(content, reply_id, conversation_id, channel_id)
            rows.append(deliver.queued(envelope, self.key(contact_id or new_id())))
        with database.connect(self.settings.database_url, "test") as connection, connection.transaction():
            ledger.insert(connection.cursor(), rows, utc_now())
            connection.execute(b"NOTIFY ingest_email_queued")

    async def say(self, event: Any, key: DataKey | None = None) -> None:
        """An event of the workspace's stream, as the relay publishes it."""
        stream = self.settings.workspace_id
        envelope: AnyEnvelope = Envelope(
            id=new_id(),
            stream=stream,
            sequence=next(self.positions),
            occurred_at=utc_now(),
            recorded_at=utc_now(),
            workspace_id=stream,
            correlation_id=new_id(),
            data=event,
        )
        record = codec.encode(envelope, key)
        headers = codec.with_position(record.headers, self.workspace_store, next(self.positions))
        publisher = Publisher(self.settings.kafka_bootstrap_servers)
        await publisher.publish("workspace.v1", str(stream).encode(), Record(headers, record.value))
        await publisher.stop()

    async def introduce(self) -> None:
        """The channel that replies go by when a test names no other: its server is the installation's relay."""
        address = f"support-{self.channel_id.hex}@postroom.localhost"
        await self.say(FallbackAddressIssued(inbox_id=new_id(), channel_id=self.channel_id, address=address))

    async def connect(self, smtp: SmtpSettings | None) -> UUID:
        """A channel that is connected with these settings."""
        channel_id = new_id()
        settings = EmailSettings(address=f"{channel_id.hex}@example.com", smtp=smtp)
        await self.say(ChannelConnected(channel_id=channel_id, inbox_id=new_id(), kind="email", email=settings))
        return channel_id

    async def change(self, channel_id: UUID, smtp: SmtpSettings | None) -> None:
        settings = EmailSettings(address=f"{channel_id.hex}@example.com", smtp=smtp)
        await self.say(ChannelChanged(channel_id=channel_id, email=settings))

    async def disconnect(self, channel_id: UUID) -> None:
        await self.say(ChannelDisconnected(channel_id=channel_id))

    def secret(self, text: str) -> UUID:
        """The id of a password in the keyring."""
        secret_id, box = new_id(), secrets.SecretBox(self.settings.secret_key)
        with database.connect(self.settings.database_url, "test") as connection:
            secrets.store(connection.cursor(), [(secret_id, box.seal(secret_id, text))])
        return secret_id

    async def health(self, channel_id: UUID) -> list[tuple[str, str]]:
        """What the router can read of the channel's health, in the order of the log."""
        found = {}
        for record, envelope in await self.inbound():
            if getattr(envelope.data, "channel_id", None) == channel_id:
                assert record.key == str(channel_id).encode()
                found.setdefault(envelope.id, (envelope.data.state, envelope.data.reason))
        return list(found.values())

    async def until_health(self, channel_id: UUID, *wanted: tuple[str, str]) -> None:
        async with asyncio.timeout(30):
            while tuple(await self.health(channel_id)) != wanted:
                await asyncio.sleep(0.05)

    async def publish(self, topic: str, key: UUID, *records: Record) -> None:
        """As the relay does: with store and position."""
        publisher = Publisher(self.settings.kafka_bootstrap_servers)
        for record in records:
            headers = codec.with_position(record.headers, "main/1", next(self.positions))
            await publisher.publish(topic, str(key).encode(), Record(headers, record.value))
        await publisher.stop()

    @contextlib.asynccontextmanager
    async def running(self, *names: str, **parts: Any) -> AsyncIterator[Deliverer]:
        """The process's tasks (all but the intake unless named), stopped and drained at the end."""
        deliverer = deliver.build(self.settings, self.own, **parts)
        stop = asyncio.Event()
        wanted = ("channels", *(names or ("listener", "workers", "reports")))
        if "replies" in wanted:
            await asyncio.to_thread(deliverer.install)
        async with asyncio.TaskGroup() as group:
            for name in wanted:
                group.create_task(run(deliverer.tasks[name], stop))
            try:
                yield deliverer
            finally:
                stop.set()
        await deliverer.close()

    def impatient(self) -> DeliverySettings:
        """Waits a third of a second for the answer to the final dot."""
        return replace(self.own, time_outs=replace(self.own.time_outs, final=0.3))

    def relayed_to(self, url: str) -> Settings:
        return replace(self.settings, smtp_relay_url=url)

    def on_kafka(self, bootstrap: str) -> Settings:
        return replace(self.settings, kafka_bootstrap_servers=bootstrap)

    def on_database(self, dsn: str) -> Desk:
        settings = self.settings
        other = Desk(dsn, settings.kafka_bootstrap_servers, self._folder, settings.smtp_relay_url)
        other.channel_id = self.channel_id
        return other

    def transport(self) -> SmtpTransport | OutboxTransport:
        return deliver.transport_to(self.settings.smtp_relay_url, "postroom.localhost", self.own)

    def erase(self, contact_id: UUID) -> None:
        with database.connect(self.settings.database_url, "test") as connection:
            self.keyring.erase(connection.cursor(), [contact_id], utc_now())

    def is_settled(self, reply_id: UUID) -> bool:
        query = "SELECT settled_at IS NOT NULL FROM ingest_email.deliveries WHERE reply_id = %s"
        return self.execute(query, reply_id) == [(True,)]

    def state(self, reply_id: UUID) -> str:
        found = self.execute("SELECT state FROM ingest_email.deliveries WHERE reply_id = %s", reply_id)
        return str(found[0][0]) if found else "absent"

    def states(self, reply_ids: Sequence[UUID]) -> dict[str, int]:
        """How many of these replies are in each state, all at the same moment."""
        query = "SELECT state, count(*) FROM ingest_email.deliveries WHERE reply_id = ANY (%s) GROUP BY state"
        return dict(self.execute(query, list(reply_ids)))

    async def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Waits until the condition over the database holds."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(condition):
                await asyncio.sleep(0.02)

    async def until_state(self, reply_id: UUID, state: str) -> None:
        await self.until(lambda: self.state(reply_id) == state)

    async def until_reported(self) -> None:
        unreported = "SELECT count(*) FROM ingest_email.delivery_reports WHERE reported_at IS NULL"
        await self.until(lambda: self.execute(unreported) == [(0,)])

    async def read(self, topic: str) -> list[ConsumerRecord]:
        """Everything that a topic holds."""
        bounds = await log_bounds(self.settings.kafka_bootstrap_servers, [topic])
        ends = {TopicPartition(*place): end for place, (start, end) in bounds.items() if end > start}
        if not ends:
            return []
        consumer = AIOKafkaConsumer(bootstrap_servers=self.settings.kafka_bootstrap_servers)
        await consumer.start()
        try:
            found: list[ConsumerRecord] = []
            waiting = set(ends)
            consumer.assign(list(ends))
            await consumer.seek_to_beginning()
            while waiting:
                for place, records in (await consumer.getmany(*waiting, timeout_ms=1000)).items():
                    found += records
                    if await consumer.position(place) >= ends[place]:
                        waiting.discard(place)
            return found
        finally:
            await consumer.stop()

    async def inbound(self) -> list[tuple[ConsumerRecord, AnyEnvelope]]:
        """What can be read there: the broker is shared, and other files' tests write unreadable records on purpose."""
        found = []
        for record in await self.read("inbound.email.v1"):
            with contextlib.suppress(MalformedEvent):
                found.append((record, codec.decode(record.headers, record.value)))
        return found

    async def reports(self, reply_id: UUID) -> list[AnyEnvelope]:
        """What the router can read of this reply, each event once, in the order of the log."""
        found: dict[UUID, AnyEnvelope] = {}
        for record, envelope in await self.inbound():
            if getattr(envelope.data, "reply_id", None) == reply_id:
                assert record.key == str(envelope.stream).encode()
                found.setdefault(envelope.id, envelope)
        return list(found.values())


async def run(task: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    await task(stop)


@pytest.fixture
async def desk(fresh_database: str, kafka: Any, tmp_path: Path, mail_server: Any) -> Desk:
    await topics.apply(kafka.bootstrap_servers, wanted=TOPICS)
    desk = Desk(fresh_database, kafka.bootstrap_servers, tmp_path, f"smtp://127.0.0.1:{mail_server.port}")
    await desk.introduce()
    return desk


@pytest.fixture
async def desk_with_intake(empty_kafka: Any, desk: Desk) -> Desk:
    """On topics that hold nothing of earlier tests, so that the intake meets this test's replies only."""
    await topics.apply(empty_kafka.bootstrap_servers, wanted=TOPICS)
    await desk.introduce()
    return desk
