"""One attempt at one reply: open it, make the mail, hand it over, and say what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import psycopg

from events import codec, frame
from events.conversations import ReplyContent, ReplyQueued, ReplyReleased
from events.envelope import AnyEnvelope
from events.errors import EventError, KeyNotHeld
from events.sealing import Keys
from events.system_mails import SystemMailQueued
from ingest_email import delivery, render
from ingest_email.database_thread import DatabaseThread
from ingest_email.delivery import Answer, Answered, Impossible, Outcome, Postponed, PutOff
from ingest_email.delivery_ledger import DeliveryLedger, Lease, LeaseLost
from ingest_email.delivery_settings import PREPARE_SECONDS, DeliverySettings
from ingest_email.dkim_signing import DkimSigner
from ingest_email.outgoing_addresses import Unsendable
from ingest_email.outgoing_routes import Routes, Way
from ingest_email.render import Mail
from ingest_email.system_mails import SystemMails
from service_kit.blobs import BlobNotFound, Blobs, BlobStoreUnavailable
from service_kit.clock import Clock
from service_kit.database import Cursor
from service_kit.health import Health
from service_kit.keyring import Keyring

log = logging.getLogger(__name__)
ERASED = "erased"


class Attempts:
    """What an attempt needs; `make` makes one, and may run many times at once."""

    def __init__(
        self,
        *,
        ledger: DeliveryLedger,
        database: DatabaseThread,
        keyring: Keyring,
        blobs: Blobs,
        routes: Routes,
        settings: DeliverySettings,
        clock: Clock,
        jitter: Callable[[], float],
        health: Health,
        system_mails: SystemMails,
        signer: DkimSigner,
    ) -> None:
        self._ledger = ledger
        self._database = database
        self._keyring = keyring
        self._blobs = blobs
        self._routes = routes
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self._health = health
        self._system_mails = system_mails
        self._signer = signer

    async def make(self, lease: Lease, at_the_dot: Callable[[], None]) -> Outcome:
        """Tries once. `at_the_dot` is called when the mail may be out: an interruption from then on means doubt.

        Raises LeaseLost when another process has taken over; nothing else, whatever is away or wrong.
        """
        try:
            async with asyncio.timeout(PREPARE_SECONDS):
                envelope = await self._opened(lease)
                if isinstance(envelope, Impossible | Postponed):
                    return envelope
                way = await self._way(envelope)
                if not isinstance(way, Way):
                    return way
                if way.lane.is_closed(self._clock()):
                    return Postponed(way.lane.fault or "closed", way.lane.words)
                mail = await self._mail(envelope)
            if not isinstance(mail, Mail):
                return mail
            return await self._sent(mail, way, lease, at_the_dot)
        except LeaseLost:
            raise
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            return Postponed("database", type(error).__name__)
        except TimeoutError:
            return Postponed("too-slow", "reading the reply and its files took too long")
        except Exception as error:
            log.exception("an attempt failed by a fault of ours; it will be tried again")
            return Postponed("fault", type(error).__name__)

    async def _sent(self, mail: Mail, way: Way, lease: Lease, at_the_dot: Callable[[], None]) -> Answered:
        recipients = delivery.known(lease.delivery.recipients, len(mail.recipients))

        async def before_final_dot(silent: Mapping[int, Answer]) -> None:
            self._routes.worked(way)
            until = self._clock() + timedelta(seconds=self._settings.answer_seconds)
            standings = delivery.heard(recipients, silent)
            await self._database.once(lambda cursor: self._ledger.data_sent(cursor, lease, standings, until))
            at_the_dot()

        answered = await way.transport.send(mail, delivery.open_indexes(recipients), before_final_dot)
        if answered.fault is not None:
            words = next((one.words for one in answered.answers.values() if isinstance(one, PutOff)), "")
            self._routes.failed(way, answered.fault, words, self._clock(), self._jitter())
        return answered

    async def _opened(self, lease: Lease) -> AnyEnvelope | Impossible | Postponed:
        """The reply of a living person, or why there is none."""
        stored = frame.unpack(lease.record)
        try:
            parsed = codec.parse(stored.headers, stored.body)
            keys = await self._database.once(lambda cursor: self._keys(cursor, parsed.key_id))
            envelope = codec.open_(parsed, keys)
            self._health.ready("keyring")
        except KeyNotHeld as error:
            self._health.not_ready("keyring", str(error))
            log.error("the key of a reply is missing; it waits", extra={"reason": str(error)})
            return Postponed("key-missing", "the key of the reply's person is missing in the keyring")
        except EventError as error:
            log.error("a reply can't be read", extra={"reason": str(error)})
            return Impossible("unreadable", "the reply can't be read any more")
        if not isinstance(envelope.data, SystemMailQueued) and envelope.data.personal is None:
            return Impossible(ERASED, "the person was erased before the reply was delivered")
        return envelope

    async def _way(self, envelope: AnyEnvelope) -> Way | Impossible | Postponed:
        if isinstance(envelope.data, SystemMailQueued):
            return self._routes.of_the_house()
        return await self._routes.way(envelope.data.channel_id)

    async def _mail(self, envelope: AnyEnvelope) -> Mail | Outcome:
        """The mail, or why there is none. What can't stand in a header is found before a file is fetched."""
        if isinstance(envelope.data, SystemMailQueued):
            try:
                return await self._system_mails.mail(envelope, self._clock())
            except KeyNotHeld as error:
                log.error("the key of an agent is missing; the mail waits", extra={"reason": str(error)})
                return Postponed("key-missing", "the agent's key is missing in the keyring")
        reply: ReplyQueued | ReplyReleased = envelope.data
        content = reply.personal
        assert content is not None
        try:
            render.check(reply, content, envelope.occurred_at)
            files = await self._files(content)
            mail = await asyncio.to_thread(render.render, reply, content, files, envelope.occurred_at)
            return await self._signer.signed(mail, reply.channel_id)
        except BlobNotFound:
            return Impossible("attachment-missing", "an attachment of the reply is gone")
        except BlobStoreUnavailable as error:
            return Postponed("blob-store", str(error))
        except Unsendable as error:
            return Impossible("unsendable", str(error))

    def _keys(self, cursor: Cursor, key_id: UUID | None) -> Keys:
        """Read afresh each time: an erasure counts at once."""
        if key_id is None:
            return {}
        self._keyring.forget([key_id])
        keys = self._keyring.fetch(cursor, [key_id])
        self._keyring.evict()
        return keys

    async def _files(self, content: ReplyContent) -> dict[str, bytes]:
        names = dict.fromkeys(attachment.blob for attachment in content.attachments)
        return {name: await self._blobs.get(name) for name in names}
