"""A mail server that plays a script, and builders of replies."""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from events import codec
from events.codec import Record
from events.conversations import ReplyContent, ReplyQueued
from events.envelope import AnyEnvelope, Envelope
from events.sealing import DataKey
from events.values import Address
from ingest_email import deliver
from ingest_email.deliver import Deliverer
from ingest_email.delivery import Schedule
from ingest_email.delivery_attempt import Transport
from ingest_email.delivery_ledger import SCHEMA, DeliveryLedger
from ingest_email.delivery_settings import DeliverySettings
from ingest_email.render import Mail
from ingest_email.smtp_client import TimeOuts
from service_kit import database, topics
from service_kit.blobs import Blobs
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.keyring import Keyring
from service_kit.keyring import install as install_keyring
from service_kit.log_probe import log_bounds
from service_kit.producer import Publisher
from service_kit.settings import Settings


class Received(NamedTuple):
    """A mail whose final dot came; `answered` False when the server fell silent then."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    answered: bool


class ScriptedMailServer:
    """Answers like a server that takes everything, unless the script of a step says otherwise.

    Steps: CONNECT EHLO MAIL RCPT DATA BODY (while the message comes) and DOT (after its end). Each visit to a step
    uses up one entry of its script: a reply such as "451 later", CUT (hangs up), HANG (answers nothing more), or WAIT
    (takes it once `go_on` is set).
    """

    CUT, HANG, WAIT = "cut", "hang", "wait"

    def __init__(self) -> None:
        self.script: dict[str, list[str]] = defaultdict(list)
        self.received: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self.go_on = asyncio.Event()
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Waits until the condition over what was seen holds."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._talk(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if not await self._say(writer, "CONNECT", "220 scripted"):
            return
        sender, recipients = "", list[str]()
        while line := (await reader.readuntil(b"\r\n")).decode().rstrip():
            verb, _, rest = line.partition(" ")
            await self._note(line)
            if verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            if verb == "DATA":
                if not await self._say(writer, "DATA", "354 go on"):
                    return
                if self._last.startswith("354") and not await self._message(reader, writer, sender, tuple(recipients)):
                    return
                continue
            if verb == "MAIL":
                sender, recipients = rest[len("FROM:<") :].partition(">")[0], []
            normal = "250-scripted\r\n250 SIZE 30000000" if verb == "EHLO" else "250 ok"
            if not await self._say(writer, verb, normal):
                return
            if verb == "RCPT" and self._last.startswith("250"):
                recipients.append(rest[len("TO:<") : -1])

    async def _message(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str, recipients: tuple[str, ...]
    ) -> bool:
        await self._note("BODY")
        if self.script["BODY"] and not await self._say(writer, "BODY", ""):
            return False
        content = bytearray()
        while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
            content += line[1:] if line.startswith(b".") else line
        silent = self.script["DOT"][:1] in ([self.CUT], [self.HANG])
        answer = (self.script["DOT"] or ["250"])[0]
        if silent or answer == self.WAIT or answer.startswith("2"):
            self.received.append(Received(sender, recipients, bytes(content), not silent))
        await self._note(".")
        return await self._say(writer, "DOT", "250 taken")

    async def _say(self, writer: asyncio.StreamWriter, step: str, normal: str) -> bool:
        """Plays the step; False when the conversation is over."""
        self._last = self.script[step].pop(0) if self.script[step] else normal
        if self._last == self.CUT:
            return False
        if self._last == self.HANG:
            await asyncio.Event().wait()
        if self._last == self.WAIT:
            await self.go_on.wait()
            self._last = normal
        writer.write(self._last.encode() + b"\r\n")
        await writer.drain()
        return not self._last.startswith("421")

    async def _note(self, command: str) -> None:
        async with self._changed:
            self.commands.append(command)
            self._changed.notify_all()


@pytest.fixture
async def mail_server() -> AsyncIterator[ScriptedMailServer]:
    server = ScriptedMailServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def a_mail() -> Callable[..., Mail]:
    def build(*recipients: str, content: bytes = b"Subject: Hi\r\n\r\n.hidden dot\r\n..\r\n.\r\nlast\r\n") -> Mail:
        return Mail(
            "reply.token@postroom.localhost",
            "support@example.com",
            recipients or ("ann@example.org",),
            datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
            content,
        )

    return build


@pytest.fixture
def reply_content() -> Callable[..., ReplyContent]:
    def build(reply_id: UUID, *recipients: str, **changes: Any) -> ReplyContent:
        standard: dict[str, Any] = {
            "external_id": f"{reply_id.hex}.token@postroom.localhost",
            "sender": Address("support@example.com", "Support"),
            "to": tuple(Address(address) for address in recipients or ("ann@example.org",)),
            "subject": "Re: Delivery",
            "text": "Good morning",
        }
        return ReplyContent(**(standard | changes))

    return build


class SecureMailServer:
    """aiosmtpd with STARTTLS under a certificate of its own making, and AUTH after it."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.received: list[tuple[bool, bool, list[str]]] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._context = context
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0)

    def _protocol(self) -> SMTP:
        return SMTP(self, tls_context=self._context, authenticator=self._authenticate, loop=asyncio.get_running_loop())

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = (data.login, data.password) == (b"postroom", b"p:a@ss word")
        return AuthResult(success=right, handled=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.append((session.ssl is not None, session.authenticated, envelope.rcpt_tos))
        return "250 taken"


@pytest.fixture
async def secure_server(tmp_path: Path) -> AsyncIterator[SecureMailServer]:
    server = SecureMailServer(*_certificate(tmp_path))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


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
        install_keyring(dsn)
        database.migrate(dsn, SCHEMA, "ingest_email.migrations")

    def execute(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with database.connect(self.settings.database_url, "test") as connection:
            cursor = connection.execute(query.encode(), arguments)
            return cursor.fetchall() if cursor.description else []

    def event(self, content: ReplyContent, reply_id: UUID, conversation_id: UUID, **changes: Any) -> AnyEnvelope:
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
                channel_id=new_id(),
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

    def queue(self, *contents: tuple[UUID, UUID, ReplyContent], contact_id: UUID | None = None) -> None:
        """Replies (reply id, conversation id, content) straight into the ledger, as the intake writes them."""
        ledger, rows = DeliveryLedger("test"), []
        for reply_id, conversation_id, content in contents:
            envelope = self.event(content, reply_id, conversation_id)
            rows.append(deliver.queued(envelope, self.key(contact_id or new_id())))
        with database.connect(self.settings.database_url, "test") as connection, connection.transaction():
            ledger.insert(connection.cursor(), rows, utc_now())
            connection.execute(b"NOTIFY ingest_email_queued")

    async def publish(self, topic: str, key: UUID, *records: Record) -> None:
        """As the relay does: with store and position."""
        publisher = Publisher(self.settings.kafka_bootstrap_servers)
        for record in records:
            headers = codec.with_position(record.headers, "main/1", next(self.positions))
            await publisher.publish(topic, str(key).encode(), Record(headers, record.value))
        await publisher.stop()

    @asynccontextmanager
    async def running(self, *names: str, **parts: Any) -> AsyncIterator[Deliverer]:
        """The process's tasks (all but the intake unless named), stopped and drained at the end."""
        deliverer = deliver.build(self.settings, self.own, **parts)
        stop = asyncio.Event()
        wanted = names or ("listener", "workers", "reports")
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
        return Desk(dsn, settings.kafka_bootstrap_servers, self._folder, settings.smtp_relay_url)

    def transport(self) -> Transport:
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

    async def reports(self, reply_id: UUID) -> list[AnyEnvelope]:
        """What the router can read of this reply, each event once, in the order of the log."""
        found: dict[UUID, AnyEnvelope] = {}
        for record in await self.read("inbound.email.v1"):
            envelope = codec.decode(record.headers, record.value)
            if getattr(envelope.data, "reply_id", None) == reply_id:
                assert record.key == str(envelope.stream).encode()
                found.setdefault(envelope.id, envelope)
        return list(found.values())


async def run(task: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    await task(stop)


@pytest.fixture
async def desk(fresh_database: str, kafka: Any, tmp_path: Path, mail_server: ScriptedMailServer) -> Desk:
    await topics.apply(kafka.bootstrap_servers)
    return Desk(fresh_database, kafka.bootstrap_servers, tmp_path, f"smtp://127.0.0.1:{mail_server.port}")


@pytest.fixture
async def desk_with_intake(empty_kafka: Any, desk: Desk) -> Desk:
    """On topics that hold nothing of earlier tests, so that the intake meets this test's replies only."""
    await topics.apply(empty_kafka.bootstrap_servers)
    return desk
