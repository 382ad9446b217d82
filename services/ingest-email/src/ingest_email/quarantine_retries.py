"""Reads quarantined mails anew when the router asks for it, and publishes what they are now."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from events import codec
from events.conversations import QuarantineRetryRequested
from events.envelope import Envelope
from events.errors import EventError
from events.inbound import MessageParsedAnew
from events.topics import INBOUND_EMAIL, OUTBOUND_EMAIL
from ingest_email.addresses import AddressBook
from ingest_email.intake import BlobStore, Log
from ingest_email.parsing_anew import RAW_MISSING, RecordUnreadable, answer, kept_of, new_blobs, read_anew
from ingest_email.receive_metrics import ReceiveMetrics
from ingest_email.translate import Keys
from ingest_email.workspace_reader import WorkspaceReader
from service_kit import logs
from service_kit.blobs import BlobNotFound, BlobStoreUnavailable
from service_kit.clock import Clock
from service_kit.consumer import closed, connected, first_of, replaced
from service_kit.dead_letters import DeadLetters
from service_kit.faults import KafkaAway
from service_kit.offsets import Record

log = logging.getLogger(__name__)
GROUP: Final = "ingest-email.retries"
SESSION_MS: Final = 10_000
FETCH_MS: Final = 5_000
"""What comes is fetched at once; so long a question is open while nothing does."""
PUBLISH_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 60.0
"""Without a partition: there are more instances than partitions, or the group has forgotten this one."""
_ASKED: Final = QuarantineRetryRequested.__name__.encode()
Answered = Envelope[MessageParsedAnew]


class KeptBlobs(Protocol):
    async def get(self, name: str) -> bytes: ...


class QuarantineRetries:
    """One of the group takes each request. It is done with when its answer is acknowledged: who is killed before, or is
    away, leaves it to the next; who is killed after answers again, with the same event.
    """

    def __init__(
        self,
        bootstrap: str,
        instance: str,
        *,
        workspace: WorkspaceReader[AddressBook],
        caught_up: Callable[[], Awaitable[None]],
        kept: KeptBlobs,
        blobs: BlobStore,
        inbound: Log,
        dead_letters: DeadLetters,
        keys: Keys,
        metrics: ReceiveMetrics,
        clock: Clock,
    ) -> None:
        self._bootstrap, self._instance = bootstrap, instance
        self._workspace, self._caught_up, self._kept, self._blobs = workspace, caught_up, kept, blobs
        self._log, self._dead_letters = inbound, dead_letters
        self._keys, self._metrics, self._clock = keys, metrics, clock
        self._given = time.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; waits out Kafka and the blob store. Raises what no waiting can mend."""
        consumer = self._consumer()
        try:
            while not stop.is_set():
                consumer.subscribe([OUTBOUND_EMAIL.name])
                if await connected(consumer, stop):
                    while not stop.is_set() and await self._step(consumer, stop):
                        pass
                if not stop.is_set():
                    await replaced(consumer)
                    consumer = self._consumer()
        finally:
            await closed(consumer)

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=GROUP,
            group_instance_id=f"{GROUP}-{self._instance}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 3,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_wait_ms=FETCH_MS,
        )

    async def _step(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> bool:
        """False when the consumer has failed, or was given nothing to read for long: another one is to try."""
        try:
            got: Mapping[Any, Sequence[Record]] = await consumer.getmany(timeout_ms=1000)
            for records in got.values():
                for record in records:
                    if _is_request(record) and not await self._answered(record, stop):
                        return False
            if got:
                await consumer.commit({at: records[-1].offset + 1 for at, records in got.items()})
        except (KafkaError, OSError) as error:
            log.warning("requests may come again", extra={"error_class": type(error).__name__})
            await first_of(stop, timeout=PAUSE_SECONDS)
            return False
        if consumer.assignment():
            self._given = time.monotonic()
        elif time.monotonic() - self._given > IDLE_SECONDS:
            self._given = time.monotonic()
            return False
        return True

    async def _answered(self, record: Record, stop: asyncio.Event) -> bool:
        """Tries until it is; False when stopped before."""
        while not stop.is_set():
            try:
                await self._answer(record)
            except (BlobStoreUnavailable, KafkaAway, TimeoutError) as error:
                log.warning("a retry waits", extra={"error_class": type(error).__name__})
                await first_of(stop, timeout=PAUSE_SECONDS)
            else:
                return True
        return False

    async def _answer(self, record: Record) -> None:
        try:
            retry: Envelope[QuarantineRetryRequested] = codec.decode(record.headers, record.value)
        except Exception as error:
            why = f"{type(error).__name__}: {error}" if isinstance(error, EventError) else type(error).__name__
            await self._dead_letters.put([(record, why)])
            return
        with logs.correlated(retry.correlation_id):
            answered, encoded = await self._encoded(retry)
            key = str(retry.stream).encode()
            await self._log.publish(INBOUND_EMAIL.name, key, encoded, timeout=PUBLISH_SECONDS)
            readable = answered.data.received is not None
            self._metrics.parsed_anew(readable=readable)
            log.info("mail read anew", extra={"quarantine": str(retry.stream), "readable": readable})

    async def _encoded(self, retry: Envelope[QuarantineRetryRequested]) -> tuple[Answered, codec.Record]:
        """The answer and its record. What can be waited for is raised; at anything else the answer says that it failed:
        the request would come again after each restart, and end each."""
        try:
            answered = await self.answer_to(retry)
            return answered, codec.encode(answered)
        except (BlobStoreUnavailable, KafkaAway, TimeoutError):
            raise
        except Exception as error:
            log.error("a retry failed", extra={"quarantine": str(retry.stream), "fault": logs.where(error)})
            answered = answer(retry, self._clock(), None, type(error).__name__)
            return answered, codec.encode(answered)

    async def answer_to(self, retry: Envelope[QuarantineRetryRequested]) -> Answered:
        """The mail as it is read now, its new blobs stored, or why not. Raises BlobStoreUnavailable, KafkaAway."""
        await self._caught_up()
        try:
            kept = kept_of(await self._kept.get(retry.data.raw))
            raw = await self._kept.get(kept.raw)
        except BlobNotFound:
            return answer(retry, self._clock(), None, RAW_MISSING)
        except RecordUnreadable as error:
            return answer(retry, self._clock(), None, str(error))
        found = self._workspace.book.find(kept.data.content.delivered_to)
        authserv_id = "" if found is None else found.ours.authserv_id
        translated = await asyncio.to_thread(read_anew, kept, raw, authserv_id, self._keys)
        for name, content in new_blobs(translated, kept):
            await self._blobs.put(name, content)
        return answer(retry, self._clock(), translated.envelope)


def _is_request(record: Record) -> bool:
    return any(name == "ce_type" and value == _ASKED for name, value in record.headers)
