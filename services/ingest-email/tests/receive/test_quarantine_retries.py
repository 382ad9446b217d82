"""Retries of quarantined mails, with real Kafka and a real folder: each is answered, whoever dies or is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer

from events import codec, frame
from events.conversations import QuarantineRetryRequested
from events.envelope import AnyEnvelope
from events.testing import envelope
from events.topics import DEAD_LETTERS, INBOUND_EMAIL, OUTBOUND_EMAIL, WORKSPACE, dead_letters
from ingest_email.addresses import AddressBook
from ingest_email.parsing_anew import RAW_MISSING, RECORD_UNREADABLE
from ingest_email.quarantine_retries import QuarantineRetries
from ingest_email.receive import GROUP
from ingest_email.receive_metrics import ReceiveMetrics
from ingest_email.translate import Keys, Translated
from ingest_email.workspace_reader import WorkspaceReader
from service_kit import topics
from service_kit.blobs import Blobs, BlobStoreUnavailable
from service_kit.clock import utc_now
from service_kit.dead_letters import DeadLetters
from service_kit.ids import new_id
from service_kit.metrics import Metrics
from service_kit.producer import Publisher
from service_kit.testing import letters, until

pytestmark = pytest.mark.real


class Killed(Exception):
    """The process ends here."""


class DyingAfterwards(Publisher):
    """Dies when a record is acknowledged."""

    async def publish(self, *args: Any, **options: Any) -> Any:
        await super().publish(*args, **options)
        raise Killed


class AwayAtFirst(Blobs):
    """Does not answer the first questions."""

    refusals = 2

    async def get(self, name: str) -> bytes:
        if self.refusals:
            self.refusals -= 1
            raise BlobStoreUnavailable(name)
        return await super().get(name)


class Broken(Blobs):
    """Fails in a way that nobody thought of, at the blobs of one name."""

    poison = ""

    async def get(self, name: str) -> bytes:
        if name == self.poison:
            raise ZeroDivisionError(name)
        return await super().get(name)


@dataclass
class Desk:
    """The topics and blobs that a retry goes through."""

    bootstrap: str
    folder: Path
    keys: Keys
    parts: list[Any] = field(default_factory=list)

    @property
    def blobs(self) -> Blobs:
        return Blobs(self.folder.as_uri())

    async def quarantined(self, translation: Translated, record: bytes | None = None) -> UUID:
        """Puts the mail's record into quarantine and asks for a retry; the retry's id."""
        kept = codec.encode(translation.envelope)
        raw = f"{new_id()}/record"
        await self.blobs.put(raw, record or frame.pack((INBOUND_EMAIL.name,), b"", kept))
        await self.blobs.put(*translation.blobs[0])
        return await self.asked(QuarantineRetryRequested(raw=raw))

    async def asked(self, request: QuarantineRetryRequested) -> UUID:
        retry = envelope(request, id=new_id(), stream=new_id(), sequence=2)
        publisher = Publisher(self.bootstrap)
        await publisher.publish(OUTBOUND_EMAIL.name, str(retry.stream).encode(), codec.encode(retry))
        await publisher.stop()
        return retry.id

    def retries(self, publisher: Publisher, kept: Blobs | None = None) -> QuarantineRetries:
        async def caught_up() -> None:
            """Nothing has changed."""

        dead = DeadLetters(self.bootstrap, GROUP)
        self.parts += [publisher, dead]
        return QuarantineRetries(
            self.bootstrap,
            "0",
            workspace=WorkspaceReader(AddressBook()),
            caught_up=caught_up,
            kept=kept or self.blobs,
            blobs=self.blobs,
            inbound=publisher,
            dead_letters=dead,
            keys=self.keys,
            metrics=ReceiveMetrics(Metrics()),
            clock=utc_now,
        )

    @asynccontextmanager
    async def running(self, kept: Blobs | None = None) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(self.retries(Publisher(self.bootstrap), kept).run(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 20)

    async def answers(self, count: int) -> list[AnyEnvelope]:
        """The first answers, in their order."""
        consumer = AIOKafkaConsumer(
            INBOUND_EMAIL.name, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        found: list[AnyEnvelope] = []
        try:
            async with asyncio.timeout(40):
                while len(found) < count:
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        found += [codec.decode(record.headers, record.value) for record in records]
        finally:
            await consumer.stop()
        return found


@pytest.fixture
async def desk(empty_kafka, tmp_path, keys) -> AsyncIterator[Desk]:
    wanted = (INBOUND_EMAIL, OUTBOUND_EMAIL, WORKSPACE, *DEAD_LETTERS)
    await topics.apply(empty_kafka.bootstrap_servers, wanted=wanted)
    desk = Desk(empty_kafka.bootstrap_servers, tmp_path / "blobs", keys)
    yield desk
    for part in desk.parts:
        await part.stop()


async def test_a_retry_is_answered_with_the_mail_as_it_is_read_now_when_the_service_is_back(
    desk, make_mail, translated
):
    first = translated(make_mail(files=[("a.pdf", "application/pdf", b"%PDF")]))
    retry = await desk.quarantined(first)
    async with desk.running(AwayAtFirst(desk.folder.as_uri())):
        (answer,) = await desk.answers(1)
    assert (answer.causation_id, answer.data.retry_id, answer.data.quarantine_id) == (retry, retry, answer.stream)
    assert (answer.data.received_id, answer.data.received) == (first.envelope.id, first.envelope.data)
    assert answer.correlation_id == first.envelope.correlation_id


async def test_what_cannot_be_read_anew_is_answered_with_the_reason(desk, make_mail, translated):
    first = translated(make_mail())
    asked = {
        await desk.asked(QuarantineRetryRequested(raw="never/there")): RAW_MISSING,
        await desk.quarantined(first, record=b"nonsense"): RECORD_UNREADABLE,
    }
    async with desk.running():
        answers = await desk.answers(2)
    assert {one.data.retry_id: one.data.reason for one in answers} == asked
    assert {one.data.received for one in answers} == {None}


async def test_who_is_killed_after_the_answer_answers_again_with_the_same_event(desk, make_mail, translated):
    await desk.quarantined(translated(make_mail()))
    with pytest.raises(Killed):
        await desk.retries(DyingAfterwards(desk.bootstrap)).run(asyncio.Event())
    async with desk.running():
        first, second = await desk.answers(2)
    assert first.id == second.id and first.data == second.data
    async with desk.running():
        marker = await desk.asked(QuarantineRetryRequested(raw="never/there"))
        third = (await desk.answers(3))[-1]
    assert third.data.retry_id == marker


async def test_a_damaged_request_is_a_dead_letter_and_the_next_is_answered(desk):
    publisher = Publisher(desk.bootstrap)
    damaged = codec.encode(envelope(QuarantineRetryRequested(raw="a/b"), sequence=2))
    await publisher.publish_raw(OUTBOUND_EMAIL.name, b"k", b"{", damaged.headers)
    await publisher.publish_raw(OUTBOUND_EMAIL.name, b"k", b"not for us", [("ce_type", b"ReplyQueued")])
    await publisher.stop()
    retry = await desk.asked(QuarantineRetryRequested(raw="never/there"))
    async with desk.running():
        (answer,) = await desk.answers(1)
        (letter,) = await until(lambda: letters(desk.bootstrap, dead_letters(GROUP).name))
    assert answer.data.retry_id == retry
    assert dict(letter.headers)["dl_reason"].startswith(b"MalformedEvent")


async def test_a_request_at_which_we_fail_is_answered_so_and_the_next_as_ever(desk, make_mail, translated):
    broken = Broken(desk.folder.as_uri())
    broken.poison = "ill/1"
    ill = await desk.asked(QuarantineRetryRequested(raw="ill/1"))
    well = await desk.quarantined(translated(make_mail()))
    async with desk.running(broken):
        answers = {one.data.retry_id: one.data for one in await desk.answers(2)}
    assert (answers[ill].received, answers[ill].reason) == (None, "ZeroDivisionError")
    assert answers[well].received is not None


async def test_a_mail_at_which_we_fail_is_answered_as_a_stub(desk, make_mail, translated, poisoned, poison):
    desk.keys = poisoned
    retry = await desk.quarantined(translated(make_mail(poison)))
    async with desk.running():
        (answer,) = await desk.answers(1)
    assert answer.data.retry_id == retry
    assert answer.data.received.facts.unreadable == "reading it failed with ValueError"
