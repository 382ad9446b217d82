"""Accepts a mail: raw mail and files into the blob store, then one MessageReceived per inbox into the log, then 250."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from time import perf_counter
from typing import Any, Final, Protocol
from uuid import UUID

from msgspec.structs import replace

from events import codec
from events.codec import Record
from events.errors import EventTooLarge
from events.topics import INBOUND_EMAIL
from ingest_email.addresses import AddressBook, Found
from ingest_email.parse import Mail
from ingest_email.parse import unread as nothing_read
from ingest_email.receive_metrics import ReceiveMetrics
from ingest_email.smtp_dialogue import AcceptMail
from ingest_email.translate import (
    Destination,
    Keys,
    Received,
    Translated,
    as_bare_stub,
    as_stub,
    read,
    reply_conversation,
    translate,
    without_controls,
)
from ingest_email.workspace_reader import WorkspaceReader
from service_kit import answer_token, logs
from service_kit.blobs import BlobError
from service_kit.clock import Clock
from service_kit.faults import KafkaAway
from service_kit.ids import new_id

log = logging.getLogger(__name__)

MAX_RECORD_BYTES: Final = 400_000
"""Of an event: sealed with what the router adds it must stay below the event store's 512 kB."""
FAILED: Final = "reading it failed with "
BIG_MAIL_BYTES: Final = 256 * 1024
"""From here on a mail is parsed in a thread, so that the other sessions go on."""

ADDRESS_UNKNOWN, ADDRESS_UNCHECKED, ADDRESS_OK = 550, 451, 250
NO_LOG: Final = b"451 4.3.0 The log can't be reached, try again later\r\n"
NO_BLOBS: Final = b"451 4.3.0 The store can't be reached, try again later\r\n"


Prepared = tuple[Translated, Record]
"""What is to be stored of a mail for one inbox."""


class BlobStore(Protocol):
    def put(self, name: str, content: bytes) -> Coroutine[Any, Any, None]: ...


class Log(Protocol):
    def publish(self, topic: str, key: bytes, record: Record, *, timeout: float) -> Coroutine[Any, Any, object]: ...


class MailIntake:
    """What the SMTP server asks. One record of the log for each inbox among the recipients."""

    def __init__(
        self,
        *,
        workspace: WorkspaceReader[AddressBook],
        caught_up: Callable[[], Awaitable[None]],
        blobs: BlobStore,
        inbound: Log,
        keys: Keys,
        metrics: ReceiveMetrics,
        clock: Clock,
        store_seconds: float,
    ) -> None:
        self._workspace, self._caught_up = workspace, caught_up
        self._blobs, self._log, self._keys = blobs, inbound, keys
        self._metrics, self._clock, self._seconds = metrics, clock, store_seconds

    def is_known(self, address: str) -> bool:
        return self._workspace.book.find(address) is not None

    async def check(self, address: str, correlation_id: UUID) -> int:
        """For an address that the copy doesn't have: looks again when the copy has reached the log's end of now."""
        try:
            await self._caught_up()
        except KafkaAway:
            code = ADDRESS_UNCHECKED
        else:
            if self.is_known(address):
                return ADDRESS_OK
            code = ADDRESS_UNCHECKED if self._workspace.doubtful else ADDRESS_UNKNOWN
        self._metrics.refused("unknown_address" if code == ADDRESS_UNKNOWN else "address_unchecked")
        with logs.correlated(correlation_id):
            log.info("recipient refused", extra={"code": code})
        return code

    def refused(self, reason: str) -> None:
        self._metrics.refused(reason)

    async def accept(self, mail: AcceptMail) -> bytes:
        """250 when all is stored; 451 when that isn't sure. What a failed try left behind is swept by age."""
        with logs.correlated(mail.correlation_id):
            try:
                return await self._accept(mail)
            except (BlobError, TimeoutError) as error:
                return self._refuse(NO_BLOBS, "blobs_away", error)
            except KafkaAway as error:
                return self._refuse(NO_LOG, "log_away", error)

    async def keep(self, prepared: Sequence[Prepared]) -> None:
        """Blobs first, then the events: returns when all are there. Raises BlobError, TimeoutError (blobs), KafkaAway;
        repeating all is harmless then, as dedupe keys stay what they are."""
        began = perf_counter()
        async with asyncio.timeout(self._seconds):
            await _all(
                self._blobs.put(name, content) for translated, _ in prepared for name, content in translated.blobs
            )
        began = self._metrics.took("blobs", began)
        await _all(
            self._log.publish(INBOUND_EMAIL.name, translated.key, record, timeout=self._seconds)
            for translated, record in prepared
        )
        self._metrics.took("log", began)
        for translated, _ in prepared:
            self._metrics.received(1, unreadable=translated.envelope.data.facts.unreadable is not None)

    async def _accept(self, mail: AcceptMail) -> bytes:
        received = Received(mail.raw, mail.sender, self._clock(), mail.correlation_id)
        found = [found for address in mail.recipients if (found := self._workspace.book.find(address)) is not None]
        destinations = destinations_of(found, self._keys.reply_token_key)
        if not destinations:
            return self._refuse(b"451 4.3.0 The addresses have just gone, try again later\r\n", "failed", None)
        began = perf_counter()
        if len(mail.raw) > BIG_MAIL_BYTES:
            prepared = await asyncio.to_thread(self._prepare, received, destinations)
        else:
            prepared = self._prepare(received, destinations)
        self._metrics.took("parse", began)
        await self.keep(prepared)
        log.info(
            "mail stored",
            extra={"bytes": len(mail.raw), "messages": [str(translated.envelope.id) for translated, _ in prepared]},
        )
        return f"250 2.0.0 Stored as {mail.correlation_id}\r\n".encode()

    def _prepare(self, received: Received, destinations: Sequence[Destination]) -> list[Prepared]:
        mail = read(received)
        return [encoded(mail, received, to, new_id(), self._keys) for to in destinations]

    def _refuse(self, text: bytes, reason: str, error: Exception | None) -> bytes:
        self._metrics.refused(reason)
        log.warning("mail refused for now", extra={"reason": reason, "error_class": type(error).__name__})
        return text


async def _all(work: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Waits for all, then raises what any raised; one alone, which is usual, without the cost of a task of its own."""
    first, *others = work
    if not others:
        await first
        return
    for result in await asyncio.gather(first, *others, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


def destinations_of(found: Sequence[Found], reply_token_key: bytes) -> list[Destination]:
    """One destination for each inbox: by its connected address where the mail came by that too, else by its fallback
    address; the reply token may come with either."""
    by_inbox: dict[UUID, list[Found]] = {}
    for one in found:
        by_inbox.setdefault(one.ours.inbox_id, []).append(one)
    destinations = []
    for inbox_id, ways in by_inbox.items():
        best = min(ways, key=lambda way: way.ours.fallback).ours
        tokens = [way.plus for way in ways]
        destinations.append(
            Destination(
                inbox_id,
                best.channel_id,
                best.address,
                reply_conversation(tokens, reply_token_key),
                best.authserv_id,
                answer_token.mail_of(tokens, reply_token_key),
            )
        )
    return destinations


def encoded(mail: Mail, received: Received, to: Destination, event_id: UUID, keys: Keys) -> Prepared:
    """The event and its record; where it gets too large without control characters too, as a stub.

    Where we fail at the mail, whatever the reason, as a stub too, with the raw mail: one that stopped us would come
    again for ever, and those behind it never.
    """
    shape, reductions = mail, [without_controls, as_stub, as_bare_stub]
    while True:
        try:
            return _encoded(shape, received, to, event_id, keys)
        except EventTooLarge as error:
            if not reductions:
                return unread(mail, received, to, event_id, keys, error)
            shape = reductions.pop(0)(mail)
        except Exception as error:
            return unread(mail, received, to, event_id, keys, error)


def unread(
    mail: Mail | None, received: Received, to: Destination, event_id: UUID, keys: Keys, error: Exception
) -> Prepared:
    """The mail as a stub, with its fields if these can be read; told in the log without a word of the mail."""
    log.error(
        "a mail can't be read, its raw bytes are kept", extra={"event": str(event_id), "fault": logs.where(error)}
    )
    why = FAILED + type(error).__name__
    if mail is not None:
        try:
            return _encoded(replace(as_bare_stub(mail), unreadable=why), received, to, event_id, keys)
        except Exception as another:
            log.warning("nor can its fields", extra={"event": str(event_id), "fault": logs.where(another)})
    return _encoded(nothing_read(why), received, replace(to, authserv_id=""), event_id, keys)


def _encoded(mail: Mail, received: Received, to: Destination, event_id: UUID, keys: Keys) -> Prepared:
    translated = translate(mail, received, to, event_id, keys)
    return translated, codec.encode(translated.envelope, limit=MAX_RECORD_BYTES)
