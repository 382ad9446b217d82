"""The life of a mailbox in this process: connect, catch up with its folders, wait for news; again after each fault."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ingest_email import imap_client
from ingest_email.imap_client import ImapClient
from ingest_email.imap_directory import Mailbox
from ingest_email.imap_errors import (
    CommandRefused,
    CursorMoved,
    FolderMissing,
    GrantExpired,
    MailboxFault,
    NotSecure,
    StoreAway,
    Unexpected,
)
from ingest_email.imap_folder import Folder
from ingest_email.imap_health import UID_VALIDITY_CHANGED, MailboxHealth, State, pause
from ingest_email.imap_intake import AddressGone
from ingest_email.receive_metrics import ReceiveMetrics
from ingest_email.receive_settings import ReceiveSettings
from service_kit import logs
from service_kit.blobs import BlobError
from service_kit.faults import KafkaAway

log = logging.getLogger(__name__)
BLIPS: Final = 1
"""Failures in a row of those which may pass by themselves that are nobody's business (as of sending)."""


@dataclass(frozen=True)
class MailboxParts:
    """What all mailboxes share. `password` gives that of a secret, or raises PasswordMissing, StoreAway; `token` one of
    a grant, or raises GrantExpired, MailboxUnreachable, too. `refused` is told of a token that a server did not take.
    """

    own: ReceiveSettings
    password: Callable[[UUID | None], Awaitable[str]]
    token: Callable[[UUID | None], Awaitable[str]]
    refused: Callable[[UUID | None], None]
    tls: Callable[[], ssl.SSLContext]
    metrics: ReceiveMetrics
    jitter: Callable[[], float]


class MailboxLife:
    """Runs until cancelled; what it fetched is stored by then or fetched again by the next."""

    def __init__(
        self, mailbox: Mailbox, *, folders: Sequence[Folder], health: MailboxHealth, parts: MailboxParts
    ) -> None:
        self.mailbox, self.health = mailbox, health
        self._folders, self._parts = folders, parts
        self._failures = 0
        self._opened_at = 0.0
        self._open: Folder | None = None

    async def run(self) -> None:
        """Raises StoreAway and CursorMoved only: then the mailbox may be another process's."""
        while True:
            patient = False
            try:
                await self._attend()
            except (StoreAway, CursorMoved):
                raise
            except MailboxFault as fault:
                patient = fault.patient
                await self._failed(fault)
            except (KafkaAway, BlobError, AddressGone) as error:
                self._failures += 1
                log.warning("fetched mails can't be stored now", extra=self._about(error))
            except Exception as error:
                log.error("a mailbox failed", extra={**self._about(error), "detail": logs.where(error)})
                await self._failed(Unexpected(type(error).__name__))
            longest = self._parts.own.imap_longest_pause_seconds
            await asyncio.sleep(
                pause(max(self._failures, 1), patient=patient, longest=longest, jitter=self._parts.jitter())
            )

    async def _attend(self) -> None:
        client = await self._connected()
        try:
            self._open = None
            while True:
                await self._round(client)
                self._failures = 0
                await self._wait(client)
        finally:
            await client.log_out()

    async def _connected(self) -> ImapClient:
        settings, own = self.mailbox.imap, self._parts.own
        if settings.tls == "none" and not own.imap_plaintext and not _is_this_machine(settings.host):
            raise NotSecure("a password would go in the clear to another machine")
        context = None if settings.tls == "none" else self._parts.tls()
        by_grant = settings.auth == "oauth2"
        secret = await (self._parts.token if by_grant else self._parts.password)(settings.secret_id)
        client = await imap_client.opened(
            settings.host,
            settings.port,
            tls=context if settings.tls == "tls" else None,
            seconds=own.imap_answer_seconds,
        )
        try:
            if settings.tls == "starttls" and context is not None:
                await client.start_tls(context, settings.host)
            if by_grant:
                await client.log_in_by_token(settings.username, secret)
            else:
                await client.log_in(settings.username, secret)
        except GrantExpired:
            self._parts.refused(settings.secret_id)
            client.close()
            raise
        except BaseException:
            client.close()
            raise
        return client

    async def _round(self, client: ImapClient) -> None:
        """All folders, the first one last: it stays open. One that can't be opened keeps none of the others back."""
        refused: list[CommandRefused] = []
        for folder in reversed(self._folders):
            try:
                await self._catch_up(client, folder)
            except CommandRefused as fault:
                self._open = None
                self._parts.metrics.mailbox_fault(fault.reason)
                refused.append(fault)
                if isinstance(fault, FolderMissing):
                    await folder.note_absence()
        if not refused:
            await self.health.report("ok")
        else:
            state: State = "down" if len(refused) == len(self._folders) else "degraded"
            await self.health.report(state, refused[0].reason)

    async def _catch_up(self, client: ImapClient, folder: Folder) -> None:
        first = folder is self._folders[0]
        if not first and not await folder.is_news(client):
            return
        stale = time.monotonic() - self._opened_at > self._parts.own.imap_idle_seconds
        if folder is not self._open or stale:
            self._open = None
            if await folder.open(client):
                await self.health.report("degraded", UID_VALIDITY_CHANGED)
            self._open, self._opened_at = folder, time.monotonic()
        await folder.catch_up(client)

    async def _wait(self, client: ImapClient) -> None:
        """For news of the first folder; for no longer than the others may wait."""
        own = self._parts.own
        if self._open is self._folders[0] and client.can_idle:
            alone = len(self._folders) == 1
            await client.idle(own.imap_idle_seconds if alone else min(own.imap_poll_seconds, own.imap_idle_seconds))
        else:
            await asyncio.sleep(own.imap_poll_seconds)
            await client.poll()

    async def _failed(self, fault: MailboxFault) -> None:
        """A lost connection is usual: the channel is only down, and people are told, when the next one breaks, too.
        What does not pass by itself is told at once."""
        self._failures += 1
        self._parts.metrics.mailbox_fault(fault.reason)
        log.warning("a mailbox can't be read now", extra=self._about(fault))
        if fault.passing and self._failures <= BLIPS:
            self.health.state = "degraded"
            return
        try:
            await self.health.report("down", fault.reason)
        except KafkaAway as away:
            log.warning("a mailbox's health is told later", extra=self._about(away))

    def _about(self, error: Exception) -> dict[str, str]:
        reason = getattr(error, "reason", type(error).__name__)
        return {"channel_id": str(self.mailbox.channel_id), "reason": str(reason), "detail": str(error)}


def _is_this_machine(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
