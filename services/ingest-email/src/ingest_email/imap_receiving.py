"""Runs the mailboxes that the workspace names and no other process has, beside the SMTP server."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import certifi
import psycopg

from ingest_email.access_tokens import AccessTokens, GrantEnded, TokensAway
from ingest_email.database_thread import DatabaseThread
from ingest_email.delivery_ledger import SCHEMA
from ingest_email.imap_directory import Mailbox, MailboxDirectory
from ingest_email.imap_errors import CursorMoved, GrantExpired, MailboxUnreachable, PasswordMissing, StoreAway
from ingest_email.imap_folder import Folder
from ingest_email.imap_health import MailboxHealth
from ingest_email.imap_intake import MailboxIntake
from ingest_email.imap_mailbox import MailboxLife, MailboxParts
from ingest_email.imap_mails import Room
from ingest_email.imap_store import MailboxStore
from ingest_email.intake import Log
from ingest_email.receive_metrics import ReceiveMetrics
from ingest_email.receive_settings import ReceiveSettings
from ingest_email.translate import Keys
from service_kit import database, secrets
from service_kit.clock import Clock
from service_kit.consumer import first_of
from service_kit.faults import KafkaAway

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
ROOM_BYTES: Final = 96 * 1024 * 1024


class Mailboxes:
    """The mailboxes of this process. Without any in the workspace, PostgreSQL is not touched; while it is away they
    wait, and nothing else does."""

    def __init__(
        self,
        own: ReceiveSettings,
        *,
        dsn: str,
        directory: MailboxDirectory,
        caught_up: Callable[[], Awaitable[None]],
        intake: MailboxIntake,
        inbound: Log,
        keys: Keys,
        secret_box: secrets.SecretBox,
        metrics: ReceiveMetrics,
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self._own, self._dsn, self._directory, self._caught_up = own, dsn, directory, caught_up
        self._intake, self._log, self._keys, self._box = intake, inbound, keys, secret_box
        self._metrics, self._clock = metrics, clock
        self._database = DatabaseThread(dsn, "receive mailboxes")
        self._room = Room(ROOM_BYTES)
        self._context: ssl.SSLContext | None = None
        self._tokens = AccessTokens(own.providers, run=self._database.run, box=secret_box)
        self._parts = MailboxParts(own, self._password, self._token, self._refused, self._tls, metrics, jitter)
        self._running: dict[UUID, tuple[MailboxLife, asyncio.Task[None]]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        try:
            await self._until_caught_up(stop)
            while not stop.is_set():
                self._directory.changed.clear()
                if self._directory.mailboxes():
                    try:
                        await self._hold_session(stop)
                    except StoreAway as away:
                        log.warning("mailboxes wait for PostgreSQL", extra={"reason": str(away)})
                        await first_of(stop, timeout=LOOK_SECONDS)
                else:
                    await first_of(stop, self._directory.changed)
        finally:
            await self._database.close()

    async def _until_caught_up(self, stop: asyncio.Event) -> None:
        """Settings that are no longer valid are worse than none."""
        while not stop.is_set():
            try:
                await self._caught_up()
                return
            except KafkaAway:
                await first_of(stop, timeout=LOOK_SECONDS)

    async def _hold_session(self, stop: asyncio.Event) -> None:
        """One session with PostgreSQL and what it holds, until there are no mailboxes. Raises StoreAway."""
        try:
            await asyncio.to_thread(database.migrate, self._dsn, SCHEMA, "ingest_email.migrations")
        except psycopg.Error as error:
            raise StoreAway(f"PostgreSQL does not answer: {type(error).__name__}") from error
        store = await MailboxStore.opened(self._dsn)
        try:
            while not stop.is_set() and (self._directory.mailboxes() or self._running):
                self._directory.changed.clear()
                await self._reconcile(store)
                self._metrics.mailboxes([life.health.state for life, _ in self._running.values()])
                await first_of(stop, self._directory.changed, timeout=LOOK_SECONDS)
        finally:
            await self._end(list(self._running))
            self._metrics.mailboxes([])
            await store.close()

    async def _reconcile(self, store: MailboxStore) -> None:
        wanted = self._directory.mailboxes()
        ended = [channel_id for channel_id, (_, task) in self._running.items() if task.done()]
        others = [
            channel_id
            for channel_id, (life, _) in self._running.items()
            if channel_id not in ended and life.mailbox != wanted.get(channel_id)
        ]
        for channel_id in (*ended, *others):
            life = self._running[channel_id][0]
            await self._end([channel_id])
            if channel_id not in wanted:
                await _taken_back(life)
            await store.release(channel_id)
        for channel_id in await store.take(wanted.keys() - self._running.keys()):
            life = self._life(wanted[channel_id], store)
            self._running[channel_id] = (life, asyncio.create_task(life.run()))

    async def _end(self, channel_ids: list[UUID]) -> None:
        """Raises what ended a mailbox's task, but for a lost session or cursor, which the next one finds as it is."""
        tasks = [self._running.pop(channel_id)[1] for channel_id in channel_ids]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for task in tasks:
            with suppress(asyncio.CancelledError, StoreAway, CursorMoved):
                task.result()

    def _life(self, mailbox: Mailbox, store: MailboxStore) -> MailboxLife:
        settings = mailbox.imap
        account = self._keys.hashes.of("imap account", settings.host.lower(), str(settings.port), settings.username)
        folders = [
            Folder(
                name,
                channel_id=mailbox.channel_id,
                account=account,
                address=mailbox.address,
                after_commit=settings.after_commit,
                store=store,
                intake=self._intake,
                room=self._room,
                metrics=self._metrics,
                clock=self._clock,
                max_mail_bytes=self._own.max_mail_bytes,
                history_days=settings.history_days,
            )
            for name in dict.fromkeys(settings.folders or ("INBOX",))
        ]
        health = MailboxHealth(
            mailbox.channel_id, self._keys.workspace_id, store=store, inbound=self._log, clock=self._clock
        )
        return MailboxLife(mailbox, folders=folders, health=health, parts=self._parts)

    async def _password(self, secret_id: UUID | None) -> str:
        if secret_id is None:
            raise PasswordMissing("the channel names no password")
        try:
            box = await self._database.run(lambda cursor: secrets.load(cursor, secret_id))
            return self._box.open(secret_id, box)
        except (secrets.SecretMissing, secrets.SecretSealedOtherwise) as error:
            raise PasswordMissing(str(error)) from None
        except psycopg.Error as error:
            raise StoreAway(f"PostgreSQL does not answer: {type(error).__name__}") from error

    async def _token(self, secret_id: UUID | None) -> str:
        if secret_id is None:
            raise PasswordMissing("the channel names no grant")
        try:
            return await self._tokens.token(secret_id)
        except GrantEnded as error:
            raise GrantExpired(str(error)) from None
        except TokensAway as error:
            raise MailboxUnreachable(str(error)) from None
        except (secrets.SecretMissing, secrets.SecretSealedOtherwise) as error:
            raise PasswordMissing(str(error)) from None
        except psycopg.Error as error:
            raise StoreAway(f"PostgreSQL does not answer: {type(error).__name__}") from error

    def _refused(self, secret_id: UUID | None) -> None:
        if secret_id is not None:
            self._tokens.refused(secret_id)

    def _tls(self) -> ssl.SSLContext:
        """For all connections: checks that the certificate is the host's and vouched for."""
        if self._context is None:
            self._context = trusting(self._own.imap_ca)
        return self._context


async def _taken_back(life: MailboxLife) -> None:
    """A channel that has no mailbox any more has no fault of one."""
    try:
        await life.health.report("ok")
    except KafkaAway as away:
        log.warning("the health of a mailbox that is gone is not told", extra={"reason": str(away)})


def trusting(ca: Path | None) -> ssl.SSLContext:
    """The authorities that this machine and certifi name, and our own."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is not None:
        context.load_verify_locations(ca)
    return context
