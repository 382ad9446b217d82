"""Mails fetched from a mailbox become events as those that come by SMTP do: the same parts, the same dedupe keys."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import datetime
from time import perf_counter
from typing import Final, NamedTuple

from msgspec.structs import replace

from ingest_email.addresses import AddressBook, Found
from ingest_email.intake import MailIntake, Prepared, destinations_of, encoded, unread
from ingest_email.mailboxes import NOBODY, mailboxes
from ingest_email.parse import Mail, parse
from ingest_email.receive_metrics import ReceiveMetrics
from ingest_email.translate import Destination, Keys, Received, as_stub, read
from ingest_email.workspace_reader import WorkspaceReader
from service_kit.blobs import BlobStoreUnavailable
from service_kit.clock import Clock
from service_kit.ids import new_id
from service_kit.reply_token import split_plus

DELIVERED: Final = ("delivered-to", "x-original-to", "envelope-to")
"""Where servers note the address that a mail came by."""


class Fetched(NamedTuple):
    """A mail as a mailbox gave it. `withheld` says why these bytes are its header at most; `history_at` is when it
    came, of one that is history."""

    raw: bytes
    withheld: str | None = None
    history_at: datetime | None = None


class AddressGone(Exception):
    """The address that a mail came by is no longer one of ours."""


class MailboxIntake:
    """Many mails at once, for one address of ours."""

    def __init__(
        self,
        intake: MailIntake,
        *,
        workspace: WorkspaceReader[AddressBook],
        keys: Keys,
        metrics: ReceiveMetrics,
        clock: Clock,
    ) -> None:
        self._intake, self._workspace, self._keys = intake, workspace, keys
        self._metrics, self._clock = metrics, clock

    async def store(self, mails: Sequence[Fetched], address: str) -> None:
        """Returns when all are in the blob store and acknowledged by Kafka.

        Raises BlobError, KafkaAway or AddressGone when that isn't sure; repeating all of it is harmless.
        """
        found = self._workspace.book.find(address)
        if found is None:
            raise AddressGone("the mailbox's channel has just gone")
        if not mails:
            return
        began, now = perf_counter(), self._clock()
        prepared = await asyncio.to_thread(lambda: [self._prepare(mail, found, now) for mail in mails])
        self._metrics.took("parse", began)
        try:
            await self._intake.keep(prepared)
        except TimeoutError as error:
            raise BlobStoreUnavailable("the blob store does not answer in time") from error

    def _prepare(self, fetched: Fetched, found: Found, now: datetime) -> Prepared:
        """Never fails for the sake of one mail: the others of the mailbox would wait behind it."""
        came, event_id = fetched.history_at, new_id()
        received = Received(fetched.raw, None, came or now, new_id(), history=came is not None)
        try:
            mail, received, to = self._read(fetched, received, found)
        except Exception as error:
            (to,) = destinations_of([found], self._keys.reply_token_key)
            return unread(None, received, to, event_id, self._keys, error)
        return encoded(mail, received, to, event_id, self._keys)

    def _read(self, fetched: Fetched, known: Received, found: Found) -> tuple[Mail, Received, Destination]:
        mail = parse(fetched.raw)
        sender = return_path(mail)
        received = dataclasses.replace(known, envelope_sender=sender)
        if sender and mail.sender.address.endswith(f"@{NOBODY}"):
            mail = read(received)
        if fetched.withheld is not None:
            mail = replace(as_stub(mail), unreadable=fetched.withheld)
        ways = [found._replace(plus=plus) for plus in plus_parts(mail)] or [found]
        (to,) = destinations_of(ways, self._keys.reply_token_key)
        return mail, received, to


def return_path(mail: Mail) -> str | None:
    """The reverse path as the mailbox's server noted it (RFC 5321 4.4): "" for `<>`, None where it didn't."""
    noted = mail.headers.first("return-path").strip()
    if not noted:
        return None
    found = mailboxes(noted)
    return found[0].address if found else ""


def plus_parts(mail: Mail) -> list[str]:
    """The plus parts of all addresses that a mail says it went to: one of them may be a reply token."""
    noted = [field for name in DELIVERED for field in mail.headers.all(name)]
    to = (*mail.to, *mail.cc, *(one for field in noted for one in mailboxes(field)))
    return [plus for one in to if (plus := split_plus(one.address)[1])]
