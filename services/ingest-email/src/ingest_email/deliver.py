"""`python -m ingest_email deliver`: replies from the log into the ledger, from the ledger to the mail server."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from events import codec, frame
from events.conversations import QuarantineRetryRequested, ReplyCancelled, ReplyQueued, ReplyReleased, ReplySent
from events.envelope import AnyEnvelope, Envelope
from events.errors import MalformedEvent
from events.sealing import DataKey, Keys
from events.system_mails import SystemMailQueued
from events.topics import OUTBOUND_EMAIL, WORKSPACE
from events.workspace import SmtpSettings
from ingest_email import ledger_listener, outgoing_channels, relay_url
from ingest_email.access_tokens import AccessTokens
from ingest_email.agent_book import AgentBook
from ingest_email.channel_test_book import ChannelTestBook
from ingest_email.channel_tests import ChannelTests
from ingest_email.database_thread import DatabaseThread
from ingest_email.delivery_attempt import Attempts
from ingest_email.delivery_channels import DeliveryChannels
from ingest_email.delivery_health import OK, ChannelHealth
from ingest_email.delivery_lanes import Lanes
from ingest_email.delivery_ledger import SCHEMA, DeliveryLedger, Queued
from ingest_email.delivery_metrics import DeliveryMetrics
from ingest_email.delivery_reporter import DeliveryReporter
from ingest_email.delivery_settings import DeliverySettings
from ingest_email.delivery_workers import DeliveryWorkers
from ingest_email.dkim_signing import DkimSigner
from ingest_email.fallback_addresses import FallbackAddresses
from ingest_email.outbox import OutboxTransport
from ingest_email.outgoing_channels import ChannelBook
from ingest_email.outgoing_routes import Routes, Transport
from ingest_email.smtp_client import SmtpTransport
from ingest_email.system_mail_catalogue import Catalogue
from ingest_email.system_mails import SystemMails
from ingest_email.workspace_reader import WorkspaceReader
from service_kit import answer_token, database, health, lifecycle, reply_token, secrets, watchdog
from service_kit.blobs import Blobs
from service_kit.clock import Clock, utc_now
from service_kit.database import Cursor
from service_kit.dead_letters import DeadLetters
from service_kit.hashing import derive_key
from service_kit.health import Health
from service_kit.keyring import Keyring
from service_kit.metrics import Metrics
from service_kit.offsets import Record
from service_kit.producer import Publisher
from service_kit.projector import Projector
from service_kit.replica import TopicReplica
from service_kit.settings import Settings, SettingsError
from service_kit.view_batch import Arrived

GROUP: Final = "ingest-email.delivery"
PROCESS: Final = "ingest-email deliver"
Task = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True)
class Deliverer:
    """The delivering process, wired up; each task runs until its event is set."""

    tasks: Mapping[str, Task]
    health: Health
    metrics: Metrics
    install: Callable[[], None]
    close: Callable[[], Awaitable[None]]


def transport_to(url: str, hello: str, settings: DeliverySettings) -> SmtpTransport | OutboxTransport:
    """The next hop that POSTROOM_SMTP_RELAY_URL names. Raises SettingsError."""
    target = relay_url.parse(url)
    if isinstance(target, relay_url.Outbox):
        return OutboxTransport(target.folder)
    return SmtpTransport(target, hello, settings.time_outs)


def build(
    settings: Settings,
    own: DeliverySettings,
    *,
    transport: Transport | None = None,
    clock: Clock = utc_now,
    jitter: Callable[[], float] = random.random,
) -> Deliverer:
    """The composition root; touches neither network nor disk. Raises SettingsError."""
    wake, reports = asyncio.Event(), asyncio.Event()
    metrics = Metrics()
    parts = Health("database", "kafka", "keyring", "channels", GROUP)
    parts.ready("keyring")
    ledger = DeliveryLedger(f"deliver-{settings.instance}")
    database_thread = DatabaseThread(settings.database_url, PROCESS)
    own_relay = None if transport is not None else transport_to(settings.smtp_relay_url, settings.mail_domain, own)
    relay = transport if own_relay is None else own_relay
    assert relay is not None
    agents, fallbacks, tests = AgentBook(), FallbackAddresses(), ChannelTestBook()
    token_key = derive_key(settings.secret_key, "reply-token")

    def answers_to(inbox_id: UUID, mail_id: UUID) -> str | None:
        address = fallbacks.find(inbox_id)
        return None if address is None else reply_token.plus_address(address, answer_token.sign(mail_id, token_key))

    channels = _channels(settings, own, relay, database_thread, parts, clock, wake, agents, fallbacks, tests)
    letter_keys = Keyring(settings.secret_key, cached=0)

    async def agent_keys(key_id: UUID | None) -> Keys:
        """Read afresh: an erasure counts at once."""
        wanted = [] if key_id is None else [key_id]
        letter_keys.forget(wanted)
        return await database_thread.once(lambda cursor: letter_keys.fetch(cursor, wanted))

    box = secrets.SecretBox(settings.secret_key)

    async def signing_key(secret_id: UUID) -> str:
        return box.open(secret_id, await database_thread.once(lambda cursor: secrets.load(cursor, secret_id)))

    signer = DkimSigner(channels.routes.book.dkim_of, signing_key)
    attempts = Attempts(
        ledger=ledger,
        database=database_thread,
        keyring=Keyring(settings.secret_key, cached=0),
        blobs=Blobs(settings.blob_url),
        routes=channels.routes,
        settings=own,
        clock=clock,
        jitter=jitter,
        health=parts,
        system_mails=SystemMails(
            book=agents,
            catalogue=Catalogue.read(),
            box=box,
            domain=settings.mail_domain,
            public_url=settings.public_url,
            keys=agent_keys,
            caught_up=channels.caught_up,
            answers_to=answers_to,
            channel_address=channels.routes.book.address_of,
        ),
        signer=signer,
    )
    workers = DeliveryWorkers(
        ledger=ledger,
        database=database_thread,
        attempts=attempts,
        routes=channels.routes,
        settings=own,
        clock=clock,
        jitter=jitter,
        wake=wake,
        reports=reports,
        health=parts,
        metrics=DeliveryMetrics(metrics),
    )
    reporter = DeliveryReporter(
        ledger=ledger,
        database=database_thread,
        publisher=Publisher(settings.kafka_bootstrap_servers, linger_ms=2),
        clock=clock,
        wake=reports,
        health=parts,
    )
    channel_tests = ChannelTests(
        book=tests,
        routes=channels.routes,
        publisher=Publisher(settings.kafka_bootstrap_servers),
        workspace_id=settings.workspace_id,
        token_key=token_key,
        domain=settings.mail_domain,
        clock=clock,
        jitter=jitter,
        signer=signer,
    )
    intake_keyring = Keyring(settings.secret_key, cached=0)
    intake = Projector(
        name=GROUP,
        instance=str(settings.instance),
        bootstrap=settings.kafka_bootstrap_servers,
        dsn=settings.database_url,
        schema=SCHEMA,
        topics=[OUTBOUND_EMAIL.name],
        apply=lambda cursor, batch: enter(cursor, ledger, intake_keyring, batch, clock),
        keys=intake_keyring,
        dead_letters=DeadLetters(settings.kafka_bootstrap_servers, GROUP),
        notify_channel=ledger_listener.CHANNEL,
        durable=True,
        health=parts,
        metrics=metrics,
        cuts=settings.store_cuts,
    )

    def install() -> None:
        database.migrate(settings.database_url, SCHEMA, "ingest_email.migrations")
        intake.create()

    async def work(stop: asyncio.Event) -> None:
        """Nothing is sent before it is known by which server."""
        await channels.known(stop)
        await workers.run(stop)

    async def test_channels(stop: asyncio.Event) -> None:
        await channels.known(stop)
        await channel_tests.run(stop)

    async def close() -> None:
        await channels.close()
        if own_relay is not None:
            await own_relay.close()
        await database_thread.close()

    return Deliverer(
        {
            "channels": channels.run,
            "replies": intake.run,
            f"watchdog of {GROUP}": partial(watchdog.watch_projector, intake, parts),
            "listener": lambda stop: ledger_listener.listen(settings.database_url, wake, stop),
            "workers": work,
            "channel tests": test_channels,
            "reports": lambda stop: reporter.run(stop, workers.drained),
        },
        parts,
        metrics,
        install,
        close,
    )


def _channels(
    settings: Settings,
    own: DeliverySettings,
    relay: Transport,
    database_thread: DatabaseThread,
    parts: Health,
    clock: Clock,
    wake: asyncio.Event,
    agents: AgentBook,
    fallbacks: FallbackAddresses,
    tests: ChannelTestBook,
) -> DeliveryChannels:
    book, box = ChannelBook(), secrets.SecretBox(settings.secret_key)
    reader = WorkspaceReader(book, fallbacks, tests)

    def noted(channel_id: UUID) -> outgoing_channels.Health:
        channel = book.find(channel_id)
        return OK if channel is None else channel.health

    tokens = AccessTokens(own.providers, run=database_thread.run, box=box)

    async def open_secret(server: SmtpSettings) -> str | None:
        secret_id = server.secret_id
        if secret_id is None:
            return None
        if server.auth == "oauth2":
            return await tokens.token(secret_id)
        return box.open(secret_id, await database_thread.once(lambda cursor: secrets.load(cursor, secret_id)))

    def refused(server: SmtpSettings) -> None:
        if server.secret_id is not None:
            tokens.refused(server.secret_id)

    kafka = settings.kafka_bootstrap_servers
    told = ChannelHealth(Publisher(kafka), settings.workspace_id, noted, clock)

    async def caught_up() -> None:
        await replica.caught_up()

    routes = Routes(
        reader=reader,
        lanes=Lanes(own.workers, own.schedule),
        health=told,
        relay=relay,
        connect=lambda server, password: SmtpTransport(server, settings.mail_domain, own.time_outs, password=password),
        open_secret=open_secret,
        refused=refused,
        caught_up=caught_up,
        wake=wake,
    )

    def read(records: Sequence[Record]) -> None:
        agents.read(records)
        routes.read(records)

    replica = TopicReplica(kafka, [WORKSPACE.name], read)
    return DeliveryChannels(routes, replica, told, DeadLetters(kafka, GROUP), parts)


def enter(cursor: Cursor, ledger: DeliveryLedger, keyring: Keyring, batch: Sequence[Arrived], clock: Clock) -> None:
    """Writes a batch of the outbound topic into the ledger, sealed again; what concerns received mails is passed over.
    Raises MalformedEvent for what is no reply, KeyNotHeld when a key is missing.
    """
    keys = keyring.fetch(cursor, {record.key_id for record in batch if record.key_id is not None})
    rows: dict[UUID, Queued] = {}
    cancelled: list[UUID] = []
    arrived: list[UUID] = []
    for record in batch:
        match record.envelope:
            case Envelope(data=QuarantineRetryRequested()):
                continue  # for the receiving process
            case Envelope(data=ReplyCancelled(reply_id=reply_id)):
                cancelled.append(reply_id)
            case Envelope(data=ReplySent(reply_id=reply_id)):
                arrived.append(reply_id)
            case envelope:
                key = keys.get(record.key_id) if record.key_id is not None else None
                row = queued(envelope, key if isinstance(key, DataKey) else None)
                rows[row.reply_id] = row
    now = clock()
    if arrived:  # it was attempted, so it came in an earlier batch; what is to be sent after that word is entered below
        ledger.arrived(cursor, arrived, now)
    ledger.insert(cursor, list(rows.values()), now)
    if cancelled:
        ledger.cancel(cursor, cancelled, now)


def queued(envelope: AnyEnvelope | None, key: DataKey | None) -> Queued:
    """The ledger's row for a reply that is to be delivered, for the first time or again: ids, and the event sealed with
    its person's key, so that an erasure reaches it. A mail to an agent is a row of its own lane, of no channel.

    Of an erased person's reply only the open half is left.
    """
    if envelope is not None and isinstance(envelope.data, SystemMailQueued):
        return _system_mail(envelope, envelope.data.mail_id)
    if envelope is None or not isinstance(envelope.data, ReplyQueued | ReplyReleased):
        raise MalformedEvent(f"{OUTBOUND_EMAIL.name} holds a {envelope.type if envelope else 'record'}, no reply")
    reply: ReplyQueued | ReplyReleased = envelope.data
    lane = str(reply.conversation_id).encode()
    return Queued(
        reply_id=reply.reply_id,
        channel_id=reply.channel_id,
        conversation_id=reply.conversation_id,
        event_id=envelope.id,
        workspace_id=envelope.workspace_id,
        correlation_id=envelope.correlation_id,
        record=frame.pack((OUTBOUND_EMAIL.name,), lane, codec.encode(envelope, key)),
        after_attempt=reply.after_attempt if isinstance(reply, ReplyReleased) else 0,
    )


def _system_mail(envelope: AnyEnvelope, mail_id: UUID) -> Queued:
    return Queued(
        reply_id=mail_id,
        conversation_id=mail_id,
        event_id=envelope.id,
        workspace_id=envelope.workspace_id,
        correlation_id=envelope.correlation_id,
        record=frame.pack((OUTBOUND_EMAIL.name,), str(mail_id).encode(), codec.encode(envelope)),
    )


async def serve(settings: Settings, own: DeliverySettings) -> int:
    """Runs until SIGTERM or a fault; the exit code."""
    deliverer = build(settings, own)
    await asyncio.to_thread(deliverer.install)
    try:
        async with health.serving(settings.metrics_port, deliverer.health, deliverer.metrics):
            return await lifecycle.run(deliverer.tasks, drain_seconds=10)
    finally:
        await deliverer.close()


def main(settings: Settings) -> int:
    """For `__main__`, which has read the shared settings; reads the own ones. Raises SettingsError."""
    if not settings.smtp_relay_url:
        raise SettingsError(
            f"{relay_url.NAME} is not set; set it to smtp://user:password@mail.example.com:587 or outbox:<folder>"
        )
    own = DeliverySettings.from_environment(os.environ)
    return lifecycle.main(lambda: serve(settings, own))
