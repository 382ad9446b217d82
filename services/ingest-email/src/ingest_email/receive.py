"""`python -m ingest_email receive`: the SMTP server and the mailboxes, with what they write to and read from."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from events.topics import WORKSPACE
from ingest_email.addresses import AddressBook
from ingest_email.folder_blobs import blobs_at
from ingest_email.imap_directory import MailboxDirectory
from ingest_email.imap_intake import MailboxIntake
from ingest_email.imap_receiving import Mailboxes
from ingest_email.intake import BlobStore, MailIntake
from ingest_email.quarantine_retries import QuarantineRetries
from ingest_email.receive_metrics import ReceiveMetrics
from ingest_email.receive_settings import ReceiveSettings
from ingest_email.smtp_dialogue import Rules
from ingest_email.smtp_server import Limits, SmtpServer
from ingest_email.translate import Keys
from ingest_email.workspace_reader import WorkspaceReader
from service_kit import health, lifecycle
from service_kit.blobs import BlobError, Blobs
from service_kit.clock import Clock, utc_now
from service_kit.dead_letters import DeadLetters
from service_kit.faults import KafkaAway
from service_kit.hashing import KeyedHash, derive_key
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.producer import Publisher
from service_kit.replica import TopicReplica
from service_kit.secrets import SecretBox
from service_kit.settings import Settings, SettingsError

log = logging.getLogger(__name__)

GROUP: Final = "ingest-email.addresses"
DRAIN_SECONDS: Final = 8.0
CHECK_SECONDS: Final = 5.0
LINGER_MS: Final = 5
PROBE: Final = "probe/ingest-email-receive"
Task = Callable[[asyncio.Event], Awaitable[None]]


class Receiver:
    """The receiving process: tasks that run until their event is set. `listening` is set once `port` answers."""

    def __init__(
        self,
        own: ReceiveSettings,
        *,
        intake: MailIntake,
        workspace: WorkspaceReader[AddressBook],
        replica: TopicReplica,
        mailboxes: Mailboxes,
        retries: QuarantineRetries,
        publisher: Publisher,
        dead_letters: DeadLetters,
        blobs: BlobStore,
        tls: ssl.SSLContext | None,
        metrics: Metrics,
    ) -> None:
        self.metrics, self.health = metrics, Health("smtp", "kafka", "addresses", "blobs")
        self.listening = asyncio.Event()
        self.port = own.port
        self.tasks: Mapping[str, Task] = {
            "smtp": self._serve,
            "addresses": replica.run,
            "mailboxes": mailboxes.run,
            "retries": retries.run,
            "health": self._watch,
        }
        self._own, self._intake, self._tls = own, intake, tls
        self._workspace, self._replica, self._publisher = workspace, replica, publisher
        self._dead_letters, self._blobs = dead_letters, blobs

    async def _serve(self, stop: asyncio.Event) -> None:
        own = self._own
        rules = Rules(own.hostname, own.max_mail_bytes, offers_tls=self._tls is not None, requires_tls=own.requires_tls)
        limits = Limits(max_sessions=own.max_sessions, max_sessions_per_host=own.max_sessions_per_host)
        server = SmtpServer(self._intake, rules, limits, self._tls)
        async with server.serving(own.host, own.port):
            self.port = server.port
            self.health.ready("smtp")
            self.listening.set()
            log.info("listening", extra={"host": own.host, "port": server.port})
            await stop.wait()
            self.health.not_ready("smtp", "going down")
            await server.drain(DRAIN_SECONDS)

    async def close(self) -> None:
        """When the tasks have ended."""
        await self._publisher.stop(1.0)
        await self._dead_letters.stop()

    async def _watch(self, stop: asyncio.Event) -> None:
        """Says every five seconds what is within reach, and passes on records that couldn't be read."""
        while not stop.is_set():
            await asyncio.gather(self._check_log(), self._check_blobs())
            try:
                async with asyncio.timeout(CHECK_SECONDS if self.health.is_ready else CHECK_SECONDS / 10):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _check_log(self) -> None:
        try:
            await self._publisher.start(CHECK_SECONDS)
            self.health.ready("kafka")
            await self._replica.caught_up(CHECK_SECONDS)
            await self._pass_on_unreadable()
        except KafkaAway as error:
            self.health.not_ready("addresses", str(error))
        else:
            self.health.ready("addresses")
            return
        try:
            await self._publisher.start(CHECK_SECONDS)
        except KafkaAway as error:
            self.health.not_ready("kafka", str(error))

    async def _pass_on_unreadable(self) -> None:
        letters = list(self._workspace.unreadable)
        await self._dead_letters.put(letters)
        self._workspace.buried(letters)

    async def _check_blobs(self) -> None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._blobs.put(PROBE, b"ready")
            self.health.ready("blobs")
        except (BlobError, TimeoutError) as error:
            self.health.not_ready("blobs", f"the store does not take a blob: {type(error).__name__}")


def build(
    settings: Settings,
    own: ReceiveSettings,
    *,
    blobs: BlobStore | None = None,
    clock: Clock = utc_now,
    jitter: Callable[[], float] = random.random,
) -> Receiver:
    """The composition root; touches no network yet. Raises SettingsError."""
    metrics = Metrics()
    directory, received = MailboxDirectory(), ReceiveMetrics(metrics)
    workspace = WorkspaceReader(AddressBook(), directory)
    dead_letters = DeadLetters(settings.kafka_bootstrap_servers, GROUP)
    replica = TopicReplica(settings.kafka_bootstrap_servers, [WORKSPACE.name], workspace.read)
    publisher = Publisher(settings.kafka_bootstrap_servers, linger_ms=LINGER_MS)
    store = blobs if blobs is not None else blobs_at(settings.blob_url)
    keys = Keys(
        workspace_id=settings.workspace_id,
        mail_domain=settings.mail_domain,
        reply_token_key=derive_key(settings.secret_key, "reply-token"),
        hashes=KeyedHash(derive_key(settings.secret_key, "address-hash")),
    )

    def caught_up() -> Awaitable[None]:
        return replica.caught_up(own.address_seconds)

    intake = MailIntake(
        workspace=workspace,
        caught_up=caught_up,
        blobs=store,
        inbound=publisher,
        keys=keys,
        metrics=received,
        clock=clock,
        store_seconds=own.store_seconds,
    )
    mailboxes = Mailboxes(
        own,
        dsn=settings.database_url,
        directory=directory,
        caught_up=caught_up,
        intake=MailboxIntake(intake, workspace=workspace, keys=keys, metrics=received, clock=clock),
        inbound=publisher,
        keys=keys,
        secret_box=SecretBox(settings.secret_key),
        metrics=received,
        clock=clock,
        jitter=jitter,
    )
    return Receiver(
        own,
        intake=intake,
        workspace=workspace,
        replica=replica,
        mailboxes=mailboxes,
        retries=QuarantineRetries(
            settings.kafka_bootstrap_servers,
            str(settings.instance),
            workspace=workspace,
            caught_up=caught_up,
            kept=Blobs(settings.blob_url),
            blobs=store,
            inbound=publisher,
            dead_letters=dead_letters,
            keys=keys,
            metrics=received,
            clock=clock,
        ),
        publisher=publisher,
        dead_letters=dead_letters,
        blobs=store,
        tls=_tls(own),
        metrics=metrics,
    )


def _tls(own: ReceiveSettings) -> ssl.SSLContext | None:
    if own.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(own.certificate, own.private_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"INGEST_EMAIL_TLS_CERTIFICATE_FILE can't be used ({error.strerror or type(error).__name__});"
            " set it to a PEM file with the certificate chain, and the private key there or in"
            " INGEST_EMAIL_TLS_PRIVATE_KEY_FILE"
        ) from error
    return context


async def serve(settings: Settings, own: ReceiveSettings) -> int:
    """Runs until SIGTERM or a fault; the exit code."""
    receiver = build(settings, own)
    try:
        async with health.serving(settings.metrics_port, receiver.health, receiver.metrics):
            return await lifecycle.run(receiver.tasks, drain_seconds=DRAIN_SECONDS + 1.5)
    finally:
        await receiver.close()


def main(settings: Settings) -> int:
    """For `__main__`, which has read the shared settings; reads the own ones. Raises SettingsError."""
    own = ReceiveSettings.from_environment(
        os.environ, mail_domain=settings.mail_domain, port_offset=settings.port_offset
    )
    return lifecycle.main(lambda: serve(settings, own))
