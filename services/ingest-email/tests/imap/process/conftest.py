"""The receiving process with one mailbox on real Kafka and PostgreSQL, and everything that it put into the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer

from events import codec
from events.envelope import AnyEnvelope, Envelope
from events.inbound import ChannelHealthChanged, MessageReceived
from events.topics import INBOUND_EMAIL, WORKSPACE
from events.workspace import ChannelChanged, ChannelConnected, EmailSettings, ImapSettings
from ingest_email import receive
from ingest_email.receive import Receiver
from ingest_email.receive_settings import ReceiveSettings
from ingest_email.testing import TOPICS
from ingest_email.testing_imap import ADDRESS, PASSWORD, ScriptedImap
from service_kit import database, secrets, topics
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.keyring import install as install_keyring
from service_kit.producer import Publisher
from service_kit.settings import Settings

INBOX = UUID(int=1)


class Desk:
    """The receiving process with one mailbox, and everything that it put into the log."""

    def __init__(self, dsn: str, bootstrap: str, folder: Path) -> None:
        self.settings = Settings(
            kafka_bootstrap_servers=bootstrap,
            database_url=dsn,
            blob_url=(folder / "blobs").as_uri(),
            secret_key="a secret for tests, long enough for all",
        )
        self.own = ReceiveSettings(
            port=0, store_seconds=3, address_seconds=3, imap_answer_seconds=3, imap_poll_seconds=0.1,
            imap_longest_pause_seconds=0.1,
        )  # fmt: skip
        self.folder = folder
        self.channel_id = new_id()
        self.records: list[AnyEnvelope] = []

    @property
    def messages(self) -> list[MessageReceived]:
        return [event.data for event in self.records if isinstance(event.data, MessageReceived)]

    @property
    def keys(self) -> list[str]:
        """The dedupe keys, each once: what the router makes of all that."""
        return list(dict.fromkeys(message.dedupe_key for message in self.messages))

    @property
    def subjects(self) -> list[str]:
        return [message.content.subject for message in self.messages if message.content is not None]

    @property
    def health(self) -> list[tuple[str, str]]:
        reports = [event.data for event in self.records if isinstance(event.data, ChannelHealthChanged)]
        return [(one.state, one.reason) for one in reports if one.channel_id == self.channel_id]

    @property
    def is_connected(self) -> bool:
        return bool(self.health) and self.health[-1][0] == "ok"

    def execute(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with database.connect(self.settings.database_url, "test") as connection:
            cursor = connection.execute(query.encode(), arguments)
            return cursor.fetchall() if cursor.description else []

    def secret(self, password: str) -> UUID:
        secret_id = new_id()
        box = secrets.SecretBox(self.settings.secret_key).seal(secret_id, password)
        with database.connect(self.settings.database_url, "test") as connection:
            secrets.store(connection.cursor(), [(secret_id, box)])
        return secret_id

    def mailbox(self, port: int, *, password: str = PASSWORD, **settings: Any) -> EmailSettings:
        standard: dict[str, Any] = {"host": "127.0.0.1", "username": ADDRESS, "tls": "none"}
        imap = ImapSettings(**{**standard, "port": port, "secret_id": self.secret(password), **settings})
        return EmailSettings(address=ADDRESS, imap=imap)

    async def announce(self, *facts: object) -> None:
        publisher, now = Publisher(self.settings.kafka_bootstrap_servers), utc_now()
        for fact in facts:
            envelope = Envelope(
                id=new_id(), stream=INBOX, sequence=1, occurred_at=now, recorded_at=now, workspace_id=INBOX,
                correlation_id=INBOX, data=fact,
            )  # fmt: skip
            await publisher.publish(WORKSPACE.name, b"workspace", codec.encode(envelope))
        await publisher.stop()

    async def connect(self, port: int, **settings: Any) -> None:
        email = self.mailbox(port, **settings)
        await self.announce(ChannelConnected(channel_id=self.channel_id, inbox_id=INBOX, kind="email", email=email))

    async def change(self, port: int, **settings: Any) -> None:
        await self.announce(ChannelChanged(channel_id=self.channel_id, email=self.mailbox(port, **settings)))

    @asynccontextmanager
    async def running(self, **parts: Any) -> AsyncIterator[Receiver]:
        """The process's tasks, ended and drained at the end."""
        receiver = receive.build(self.settings, self.own, jitter=lambda: 0.5, **parts)
        stop = asyncio.Event()
        tasks = [asyncio.ensure_future(task(stop)) for task in receiver.tasks.values()]
        try:
            async with asyncio.timeout(30):
                await receiver.listening.wait()
            yield receiver
        finally:
            stop.set()
            done, late = await asyncio.wait(tasks, timeout=20)
            for task in late:
                task.cancel()
            await receiver.close()
            for task in done:
                task.result()
            assert not late

    async def until(self, condition: Callable[[], bool], seconds: float = 40.0) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"never happened; health {self.health}, {len(self.messages)} messages") from None

    async def until_quiet(self, server: ScriptedImap) -> None:
        """Until the mailbox is caught up with and waits for news."""
        await self.until(lambda: bool(server.idlers))

    async def read_log(self) -> None:
        """Collects what comes, from the beginning, until cancelled."""
        consumer = AIOKafkaConsumer(
            INBOUND_EMAIL.name,
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            while True:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    self.records += [codec.decode(record.headers, record.value) for record in records]
        finally:
            await consumer.stop()

    def on(self, **changes: Any) -> None:
        self.own = replace(self.own, **changes)

    def use_database(self, dsn: str) -> None:
        self.settings = replace(self.settings, database_url=dsn)


@pytest.fixture
async def desk(fresh_database: str, empty_kafka: Any, tmp_path: Path) -> AsyncIterator[Desk]:
    await topics.apply(empty_kafka.bootstrap_servers, wanted=TOPICS)
    install_keyring(fresh_database)
    desk = Desk(fresh_database, empty_kafka.bootstrap_servers, tmp_path)
    reading = asyncio.create_task(desk.read_log())
    yield desk
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading


@pytest.fixture
def within_a_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    caplog.set_level("DEBUG")
    yield caplog
