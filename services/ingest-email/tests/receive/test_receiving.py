"""The receiving process with real Kafka and a real folder: what 250, 451, 550 and 552 promise."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer

from events import codec
from events.envelope import AnyEnvelope, Envelope
from events.topics import DEAD_LETTERS, INBOUND_EMAIL, OUTBOUND_EMAIL, WORKSPACE, dead_letters
from events.workspace import FallbackAddressIssued
from ingest_email.receive import GROUP, Receiver, build
from ingest_email.receive_settings import ReceiveSettings
from service_kit import topics
from service_kit.blobs import Blobs
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.producer import Publisher
from service_kit.settings import Settings
from service_kit.testing import letters, until

pytestmark = pytest.mark.real

ADDRESS = "support-abc234@postroom.localhost"
OTHER = "sales-abc234@postroom.localhost"
INBOX, OTHER_INBOX = UUID(int=1), UUID(int=2)


@dataclass
class Post:
    """A running receiver, and what it wrote."""

    receiver: Receiver
    bootstrap: str
    folder: Path

    def send(self, raw: bytes, *recipients: str, sender: str = "jane@example.com") -> tuple[int, bytes]:
        """The answer to the mail, or to its first refused recipient."""
        with smtplib.SMTP("127.0.0.1", self.receiver.port, timeout=30) as client:
            client.ehlo()
            client.mail(sender)
            for recipient in recipients or (ADDRESS,):
                code, text = client.rcpt(recipient)
                if code != 250:
                    return code, text
            return client.data(raw)

    async def sent(self, raw: bytes, *recipients: str, sender: str = "jane@example.com") -> tuple[int, bytes]:
        return await asyncio.to_thread(self.send, raw, *recipients, sender=sender)

    async def events(self) -> list[AnyEnvelope]:
        """All of inbound.email.v1 so far."""
        consumer = AIOKafkaConsumer(
            INBOUND_EMAIL.name, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            ends = await consumer.end_offsets(list(consumer.assignment()))
            events: list[AnyEnvelope] = []
            while len(events) < sum(ends.values()):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    events.extend(codec.decode(record.headers, record.value) for record in records)
            return sorted(events, key=lambda event: event.id)
        finally:
            await consumer.stop()

    async def blob(self, name: str) -> bytes:
        return await Blobs(self.folder.as_uri()).get(name)


async def announce(bootstrap: str, *facts: object) -> None:
    publisher = Publisher(bootstrap)
    for fact in facts:
        await publisher.publish(WORKSPACE.name, b"workspace", codec.encode(_envelope(fact)))
    await publisher.stop()


def _envelope(fact: object) -> AnyEnvelope:
    now = utc_now()
    return Envelope(
        id=new_id(),
        stream=INBOX,
        sequence=1,
        occurred_at=now,
        recorded_at=now,
        workspace_id=INBOX,
        correlation_id=INBOX,
        data=fact,
    )


def issued(address: str, inbox_id: UUID) -> FallbackAddressIssued:
    return FallbackAddressIssued(inbox_id=inbox_id, channel_id=new_id(), address=address)


@asynccontextmanager
async def running(bootstrap: str, folder: Path, **own: object) -> AsyncIterator[Post]:
    shared = Settings(bootstrap, "unused", folder.as_uri(), "s" * 32)
    receiver = build(shared, replace(ReceiveSettings(port=0, store_seconds=3, address_seconds=2), **own))
    stop = asyncio.Event()
    tasks = [asyncio.create_task(task(stop)) for task in receiver.tasks.values()]
    try:
        async with asyncio.timeout(30):
            await receiver.listening.wait()
            while not receiver.health.is_ready:
                await asyncio.sleep(0.02)
        yield Post(receiver, bootstrap, folder)
    finally:
        stop.set()
        done, late = await asyncio.wait(tasks, timeout=20)
        for task in late:
            task.cancel()
        await receiver.close()
        for task in done:
            task.result()
        assert not late


@pytest.fixture
async def post(empty_kafka, tmp_path) -> AsyncIterator[Post]:
    await topics.apply(empty_kafka.bootstrap_servers, wanted=(INBOUND_EMAIL, OUTBOUND_EMAIL, WORKSPACE, *DEAD_LETTERS))
    await announce(empty_kafka.bootstrap_servers, issued(ADDRESS, INBOX), issued(OTHER, OTHER_INBOX))
    async with running(empty_kafka.bootstrap_servers, tmp_path / "blobs") as post:
        yield post


async def test_an_accepted_mail_is_in_the_log_and_in_the_blob_store(post, make_mail):
    raw = make_mail(files=[("a.pdf", "application/pdf", b"%PDF")])
    code, text = await post.sent(raw)
    assert code == 250, text
    (event,) = await post.events()

    assert str(event.correlation_id) in text.decode()
    assert event.data.inbox_id == INBOX
    assert event.data.content.subject == "My order"
    assert await post.blob(event.data.content.raw.name) == raw
    assert await post.blob(event.data.content.attachments[0].blob) == b"%PDF"


async def test_a_mail_to_two_inboxes_is_two_events_with_blobs_of_their_own(post, make_mail):
    code, _ = await post.sent(make_mail(), ADDRESS, OTHER, f"{ADDRESS}".upper())
    events = await post.events()

    assert code == 250
    assert {event.data.inbox_id for event in events} == {INBOX, OTHER_INBOX}
    assert len({event.data.content.raw.name for event in events}) == 2
    assert len({event.data.dedupe_key for event in events}) == 1


async def test_an_address_that_was_never_issued_is_refused_for_good(post):
    assert (await post.sent(b"", "nobody@postroom.localhost"))[0] == 550


async def test_an_address_issued_a_moment_ago_is_never_refused(post, make_mail):
    for number in range(10):
        address = f"new{number}@postroom.localhost"
        await announce(post.bootstrap, issued(address, INBOX))
        assert (await post.sent(make_mail(), address))[0] == 250


async def test_a_damaged_workspace_record_is_a_dead_letter_and_the_receiver_goes_on(post, make_mail):
    fact = codec.encode(_envelope(issued("lost-abc234@postroom.localhost", INBOX)))
    publisher = Publisher(post.bootstrap)
    damaged = await publisher.publish_raw(WORKSPACE.name, b"workspace", fact.value[:-9], fact.headers)
    await publisher.stop()

    async def is_refused_for_good() -> bool:
        return (await post.sent(b"", "nobody-zzz999@postroom.localhost"))[0] == 550

    await until(is_refused_for_good)
    assert (await post.sent(make_mail()))[0] == 250
    await announce(post.bootstrap, issued("new-abc234@postroom.localhost", INBOX))
    assert (await post.sent(make_mail(), "new-abc234@postroom.localhost"))[0] == 250
    [letter] = await letters(post.bootstrap, dead_letters(GROUP).name)
    assert (letter.value, dict(letter.headers)["dl_offset"]) == (fact.value[:-9], b"%d" % damaged.offset)


async def test_bad_mails_become_one_event_each_and_stop_nothing(post, make_mail):
    parts = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nhi\r\n" * 10_000
    bad = {
        "no id": make_mail(headers={"Message-ID": None}),
        "parts": parts,
        "nul": b"Subject: a\0b\r\n\r\nc\0d\r\n",
        "charset": b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xfc\xdfe\r\n",
        "header": b"Subject: long\r\nX-Long: " + b"x" * 1_000_000 + b"\r\n\r\nbody\r\n",
        "empty": b"",
        "garbage": bytes(range(256)) * 50,
    }
    for name, raw in bad.items():
        assert (await post.sent(raw))[0] == 250, name
    events = await post.events()

    assert len(events) == len(bad)
    assert [event.data.facts.unreadable is not None for event in events] == [
        name in ("parts", "header") for name in bad
    ]
    assert events[3].data.content.new_text == "Grüße"
    assert all(event.data.content.raw is not None for event in events)


async def test_the_same_mail_twice_has_one_dedupe_key_and_a_constant_id_has_two(post, make_mail):
    for raw in (make_mail("one"), make_mail("one"), make_mail("two")):
        assert (await post.sent(raw))[0] == 250
    first, again, other = [event.data.dedupe_key for event in await post.events()]

    assert first == again != other


async def test_a_bounce_with_the_null_sender_is_automatic(post, stored_mail):
    await post.sent(stored_mail("bounce__dsn.eml"), sender="")
    (event,) = await post.events()

    assert event.data.facts.automated is not None


async def test_a_mail_over_the_limit_is_refused_and_leaves_nothing(post):
    assert (await post.sent(b"x" * 26 * 1024 * 1024))[0] == 552
    assert await post.events() == []


async def test_a_large_mail_within_the_limit_is_stored_whole(post, make_mail):
    content = bytes(range(256)) * 60_000
    raw = make_mail(files=[("big.bin", "application/octet-stream", content)])
    assert (await post.sent(raw))[0] == 250
    (event,) = await post.events()

    assert await post.blob(event.data.content.attachments[0].blob) == content


async def test_without_a_blob_store_mail_is_put_off(post, make_mail):
    post.folder.mkdir(exist_ok=True)
    post.folder.rename(post.folder.with_name("away"))
    post.folder.write_text("a file stands where the folder was")
    assert (await post.sent(make_mail()))[0] == 451
    assert await post.events() == []

    post.folder.unlink()
    assert (await post.sent(make_mail()))[0] == 250
    assert len(await post.events()) == 1


async def test_it_is_ready_when_all_is_within_reach(post, eventually):
    await eventually(lambda: post.receiver.health.is_ready)
    post.folder.mkdir(exist_ok=True)
    post.folder.rename(post.folder.with_name("away"))
    post.folder.write_text("a file stands where the folder was")
    await eventually(lambda: "blob" in post.receiver.health.report()["blobs"])

    assert post.receiver.health.report()["addresses"] == "ready"


async def test_metrics_count_without_naming_anybody(post, make_mail):
    await post.sent(make_mail())
    await post.sent(b"", "nobody@postroom.localhost")
    page = post.receiver.metrics.page()[1].decode()

    assert 'postroom_messages_received_total{channel="email"} 1.0' in page
    assert 'postroom_mails_refused_total{reason="unknown_address"} 1.0' in page
    assert 'postroom_receive_step_seconds_count{step="log"} 1.0' in page
    assert "jane" not in page and "nobody" not in page


async def test_logs_name_the_correlation_id_and_nobody(post, make_mail, caplog):
    caplog.set_level("INFO")
    await post.sent(make_mail())
    await post.sent(b"", "nobody@postroom.localhost")
    said = caplog.text + repr([record.__dict__ for record in caplog.records])

    assert "mail stored" in said and "recipient refused" in said
    assert "jane" not in said and "nobody@" not in said and ADDRESS not in said


async def test_many_senders_at_once_lose_nothing(post, make_mail):
    raws = [make_mail(f"mail {number}", headers={"Message-ID": f"<{number}@x>"}) for number in range(60)]
    answers = await asyncio.gather(*(post.sent(raw) for raw in raws))
    events = await post.events()

    assert {code for code, _ in answers} == {250}
    assert sorted(event.data.content.external_id for event in events) == sorted(f"{number}@x" for number in range(60))


@pytest.mark.faults
async def test_while_kafka_is_away_mail_is_put_off_and_unknown_addresses_are_not_refused(
    fresh_kafka, tmp_path, make_mail, eventually
):
    await topics.apply(fresh_kafka.bootstrap_servers)
    await announce(fresh_kafka.bootstrap_servers, issued(ADDRESS, INBOX))
    async with running(fresh_kafka.bootstrap_servers, tmp_path / "blobs") as post:
        assert (await post.sent(make_mail("before")))[0] == 250
        await asyncio.to_thread(fresh_kafka.stop)

        assert (await post.sent(make_mail("meanwhile")))[0] == 451
        assert (await post.sent(make_mail(), "nobody@postroom.localhost"))[0] == 451
        await eventually(lambda: not post.receiver.health.is_ready)

        await asyncio.to_thread(fresh_kafka.start)
        await _until_250(lambda: post.sent(make_mail("after")))
        await eventually(lambda: post.receiver.health.is_ready)
        texts = {event.data.content.new_text for event in await post.events()}
        assert {"before", "after"} <= texts <= {"before", "meanwhile", "after"}
        assert (await post.sent(make_mail(), "nobody@postroom.localhost"))[0] == 550


@pytest.mark.faults
async def test_a_frozen_kafka_is_answered_within_bounded_time(fresh_kafka, tmp_path, make_mail):
    await topics.apply(fresh_kafka.bootstrap_servers)
    await announce(fresh_kafka.bootstrap_servers, issued(ADDRESS, INBOX))
    async with running(fresh_kafka.bootstrap_servers, tmp_path / "blobs") as post:
        assert (await post.sent(make_mail("before")))[0] == 250
        fresh_kafka.freeze()
        try:
            async with asyncio.timeout(15):
                assert (await post.sent(make_mail("meanwhile")))[0] == 451
                assert (await post.sent(make_mail(), "nobody@postroom.localhost"))[0] == 451
        finally:
            fresh_kafka.thaw()
        await _until_250(lambda: post.sent(make_mail("after")))


async def _until_250(send: Callable[[], object], seconds: float = 40.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            with suppress(OSError, smtplib.SMTPException):
                if (await send())[0] == 250:
                    return
