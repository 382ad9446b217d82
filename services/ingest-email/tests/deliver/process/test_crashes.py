"""The delivering process killed, cut off or told to end at each step: nothing lost, at most one repeat, flagged."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from events.conversations import ReplyContent
from events.values import Address
from ingest_email.testing import TOPICS
from local_runtime.children import Child
from service_kit import topics
from service_kit.ids import new_id

pytestmark = [pytest.mark.real, pytest.mark.faults]
Content = Callable[..., ReplyContent]
ONCE = [("DeliveryAttempted", 1), ("DeliveryAttempted", 2), ("DeliveryAccepted", 2)]
FLAGGED = [("DeliveryAttempted", 1), ("DeliveryUncertain", 1), ("DeliveryAttempted", 2), ("DeliveryAccepted", 2)]

UNSETTLED = "SELECT 200 - count(*) FROM ingest_email.deliveries WHERE settled_at IS NOT NULL"

PROGRAM = """
import os, sys
from ingest_email import deliver
from service_kit.settings import Settings
sys.exit(deliver.main(Settings.from_environment(os.environ)))
"""

DYING_PROGRAM = """
import asyncio, os, signal, sys
from ingest_email import deliver
from ingest_email.delivery_settings import DeliverySettings
from service_kit import lifecycle
from service_kit.settings import Settings

settings, own = Settings.from_environment(os.environ), DeliverySettings.from_environment(os.environ)
server = deliver.transport_to(settings.smtp_relay_url, settings.mail_domain, own)

def die_at(point):
    if point == os.environ["DIE_AT"]:
        os.kill(os.getpid(), signal.SIGKILL)

class Dying:
    async def send(self, mail, wanted, before_final_dot):
        async def ask(silent):
            die_at("body written")
            await before_final_dot(silent)
            die_at("ledger told")
        answered = await server.send(mail, wanted, ask)
        die_at("answered")
        return answered

async def life():
    deliverer = deliver.build(settings, own, transport=Dying())
    await asyncio.to_thread(deliverer.install)
    return await lifecycle.run(deliverer.tasks)

sys.exit(lifecycle.main(life))
"""


def kinds(reports: list[Any]) -> list[tuple[str, int]]:
    return [(type(envelope.data).__name__, envelope.data.attempt) for envelope in reports]


class Process:
    """`deliver` as a child process that may be killed; its successors have the same instance."""

    def __init__(self, desk: Any, folder: Path) -> None:
        self._desk, self._log = desk, folder / "deliver.log"
        self.child: Child | None = None

    def start(self, program: str = PROGRAM, **variables: str) -> None:
        settings = self._desk.settings
        environment = {
            **os.environ,
            "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "POSTROOM_DATABASE_URL": settings.database_url,
            "POSTROOM_BLOB_URL": settings.blob_url,
            "POSTROOM_SECRET_KEY": settings.secret_key,
            "POSTROOM_SMTP_RELAY_URL": settings.smtp_relay_url,
            "INGEST_EMAIL_RETRY_SECONDS": "0.05",
            **variables,
        }
        self.child = Child.start("deliver", [sys.executable, "-c", program], log=self._log, environment=environment)

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def end(self, number: signal.Signals) -> int | None:
        """Sends the signal and waits for the end; the exit code."""
        assert self.child is not None
        self.child.send(number)
        return await self.ended()

    async def ended(self) -> int | None:
        assert self.child is not None
        assert await asyncio.to_thread(self.child.wait, 20.0), self._log.read_text()
        return self.child.exit_code


@pytest.fixture
async def process(desk_with_intake: Any, tmp_path: Path) -> AsyncIterator[Process]:
    process = Process(desk_with_intake, tmp_path)
    yield process
    if process.child is not None:
        await process.end(signal.SIGKILL)


@pytest.mark.parametrize("point", ["DATA", "RCPT", "MAIL"])
async def test_killed_before_the_final_dot_the_reply_is_sent_by_the_successor_once(
    process: Process, desk_with_intake: Any, mail_server: Any, reply_content: Content, point: str
) -> None:
    desk, reply_id, conversation_id = desk_with_intake, new_id(), new_id()
    mail_server.script[point].append(mail_server.HANG)
    record = desk.sealed(desk.event(reply_content(reply_id), reply_id, conversation_id), new_id())
    await desk.publish("outbound.email.v1", conversation_id, record)
    process.start()
    await mail_server.until(lambda: any(command.startswith(point) for command in mail_server.commands), 30)
    assert await process.end(signal.SIGKILL) == -signal.SIGKILL
    assert desk.state(reply_id) == "attempting"
    process.start()
    await desk.until_state(reply_id, "accepted")
    await desk.until_reported()
    assert len(mail_server.received) == 1
    assert kinds(await desk.reports(reply_id)) == ONCE


async def test_killed_after_the_final_dot_the_reply_is_repeated_once_and_flagged(
    process: Process, desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk, reply_id, conversation_id = desk_with_intake, new_id(), new_id()
    mail_server.script["DOT"].append(mail_server.HANG)
    record = desk.sealed(desk.event(reply_content(reply_id), reply_id, conversation_id), new_id())
    await desk.publish("outbound.email.v1", conversation_id, record)
    process.start()
    await mail_server.until(lambda: "." in mail_server.commands, 30)
    await process.end(signal.SIGKILL)
    assert desk.state(reply_id) == "data_sent"
    process.start()
    await desk.until_state(reply_id, "accepted")
    await desk.until_reported()
    first, repeat = mail_server.received
    assert first.content == repeat.content
    assert kinds(await desk.reports(reply_id)) == FLAGGED


@pytest.mark.parametrize(
    ("point", "state", "copies", "told"),
    [
        ("body written", "attempting", 1, ONCE),
        ("ledger told", "data_sent", 1, FLAGGED),
        ("answered", "data_sent", 2, FLAGGED),
    ],
)
async def test_killed_around_the_final_dot_nothing_is_lost_and_a_repeat_is_flagged(
    process: Process,
    desk_with_intake: Any,
    mail_server: Any,
    reply_content: Content,
    point: str,
    state: str,
    copies: int,
    told: list[tuple[str, int]],
) -> None:
    desk, reply_id = desk_with_intake, new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    process.start(DYING_PROGRAM, DIE_AT=point)
    assert await process.ended() == -signal.SIGKILL
    assert desk.state(reply_id) == state
    process.start()
    await desk.until_state(reply_id, "accepted")
    await desk.until_reported()
    assert len(mail_server.received) == copies
    assert kinds(await desk.reports(reply_id)) == told


async def test_killed_again_and_again_under_load_every_reply_arrives_in_order(
    process: Process, desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk, conversations = desk_with_intake, [new_id() for _ in range(20)]
    replies = [(new_id(), conversations[number % 20]) for number in range(200)]
    for reply_id, conversation_id in replies:
        record = desk.sealed(desk.event(reply_content(reply_id), reply_id, conversation_id), new_id())
        await desk.publish("outbound.email.v1", conversation_id, record)
    for goal in (20, 60, 110):
        process.start()
        await mail_server.until(lambda goal=goal: len(mail_server.received) >= goal, 40)  # type: ignore[misc]
        await process.end(signal.SIGKILL)
    process.start()
    await desk.until(lambda: desk.execute(UNSETTLED) == [(0,)], 60)
    await desk.until_reported()
    arrived = [UUID(hex=received.content.split(b"Message-ID: <")[1][:32].decode()) for received in mail_server.received]
    uncertain = {
        row[0] for row in desk.execute("SELECT reply_id FROM ingest_email.delivery_reports WHERE kind = 'uncertain'")
    }
    for reply_id, _ in replies:
        assert arrived.count(reply_id) == 1 or (arrived.count(reply_id) == 2 and reply_id in uncertain)
        twice_unlucky = arrived.count(reply_id) == 2 and desk.state(reply_id) == "unknown"  # killed at both final dots
        assert twice_unlucky or desk.state(reply_id) == "accepted"
    for conversation_id in conversations:
        wanted = [reply_id for reply_id, place in replies if place == conversation_id]
        assert list(dict.fromkeys(one for one in arrived if one in wanted)) == wanted


async def test_told_to_end_it_waits_for_the_answer_under_way(
    process: Process, desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk, reply_id = desk_with_intake, new_id()
    mail_server.script["DOT"].append(mail_server.WAIT)
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    process.start()
    await mail_server.until(lambda: "." in mail_server.commands, 30)
    ending = asyncio.create_task(process.end(signal.SIGTERM))
    mail_server.go_on.set()
    assert await ending == 0
    assert desk.state(reply_id) == "accepted"
    await desk.until_reported()


async def test_told_to_end_it_gives_back_what_has_not_reached_the_final_dot(
    process: Process, desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk, reply_id = desk_with_intake, new_id()
    mail_server.script["DATA"].append(mail_server.HANG)
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    process.start()
    await mail_server.until(lambda: "DATA" in mail_server.commands, 30)
    assert await process.end(signal.SIGTERM) == 0
    due = "SELECT state, due_at <= now() FROM ingest_email.deliveries"
    assert desk.execute(due) == [("requested", True)]


async def test_a_report_that_nobody_sent_is_sent_by_the_next_process(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    async with desk.running("listener", "workers"):
        await desk.until_state(reply_id, "accepted")
    assert await desk.reports(reply_id) == []
    async with desk.running("workers", "reports"):
        await desk.until_reported()
    assert kinds(await desk.reports(reply_id)) == [("DeliveryAttempted", 1), ("DeliveryAccepted", 1)]


async def test_a_report_whose_acknowledgement_was_lost_comes_again_as_the_same_event(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    async with desk.running():
        await desk.until_state(reply_id, "accepted")
        await desk.until_reported()
        desk.execute("UPDATE ingest_email.delivery_reports SET reported_at = NULL")
        await desk.until_reported()
    own = [
        record
        for record in await desk.read("inbound.email.v1")
        if reply_id.hex in record.value.decode(errors="replace").replace("-", "")
    ]
    assert len(own) == 4
    assert len({(record.key, record.value, dict(record.headers)["ce_id"]) for record in own}) == 2


async def test_while_kafka_is_away_replies_go_out_and_their_reports_wait(
    fresh_kafka: Any, desk: Any, mail_server: Any, reply_content: Content
) -> None:
    await topics.apply(fresh_kafka.bootstrap_servers, wanted=TOPICS)
    desk.settings = desk.on_kafka(fresh_kafka.bootstrap_servers)
    await desk.introduce()
    reply_id, other_id = new_id(), new_id()
    async with desk.running() as deliverer:
        await desk.until(lambda: {deliverer.health.report()[part] for part in ("kafka", "channels")} == {"ready"})
        await asyncio.to_thread(fresh_kafka.kill)
        desk.queue((reply_id, new_id(), reply_content(reply_id)), (other_id, new_id(), reply_content(other_id)))
        await desk.until_state(reply_id, "accepted")
        await desk.until_state(other_id, "accepted")
        await desk.until(lambda: deliverer.health.report()["kafka"] != "ready")
        await asyncio.to_thread(fresh_kafka.start)
        await desk.until_reported()
    for each in (reply_id, other_id):
        assert kinds(await desk.reports(each)) == [("DeliveryAttempted", 1), ("DeliveryAccepted", 1)]


async def test_an_answer_that_comes_while_the_database_is_away_is_not_forgotten(
    fresh_postgres: Any, desk: Any, mail_server: Any, reply_content: Content
) -> None:
    desk = desk.on_database(fresh_postgres.create_database("away"))
    mail_server.script["DOT"].append(mail_server.WAIT)
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    async with desk.running() as deliverer:
        await mail_server.until(lambda: "." in mail_server.commands)
        await asyncio.to_thread(fresh_postgres.kill)
        mail_server.go_on.set()
        await desk.until(lambda: deliverer.health.report()["database"] != "ready")
        await asyncio.to_thread(fresh_postgres.start)
        await desk.until_state(reply_id, "accepted")
        await desk.until_reported()
    assert kinds(await desk.reports(reply_id)) == [("DeliveryAttempted", 1), ("DeliveryAccepted", 1)]
    assert len(mail_server.received) == 1


async def test_a_process_that_lost_its_lease_sends_no_final_dot(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    mail_server.script["DATA"].append(mail_server.WAIT)
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    async with desk.running():
        await mail_server.until(lambda: "DATA" in mail_server.commands)
        desk.execute("UPDATE ingest_email.deliveries SET lease_id = gen_random_uuid(), leased_in = gen_random_uuid()")
        mail_server.go_on.set()
        await mail_server.until(lambda: "BODY" in mail_server.commands)
    assert mail_server.received == []
    assert desk.state(reply_id) == "attempting"


async def test_the_whole_process_fills_an_outbox_and_says_that_it_is_ready(
    process: Process, desk_with_intake: Any, reply_content: Content, tmp_path: Path, unused_port: int
) -> None:
    desk, reply_id, conversation_id = desk_with_intake, new_id(), new_id()
    desk.settings = desk.relayed_to(f"outbox:{tmp_path / 'outbox'}")
    process.start(POSTROOM_METRICS_PORT=str(unused_port))
    content = reply_content(reply_id, bcc=(Address("secret@example.net"),))
    record = desk.sealed(desk.event(content, reply_id, conversation_id), new_id())
    await desk.publish("outbound.email.v1", conversation_id, record)
    await desk.until_state(reply_id, "accepted")
    await desk.until(lambda: httpx.get(f"http://127.0.0.1:{unused_port}/readyz").status_code == 200)
    assert "postroom_replies_open" in httpx.get(f"http://127.0.0.1:{unused_port}/metrics").text
    (mail,) = (tmp_path / "outbox").glob("*.eml")
    envelope = json.loads(mail.with_suffix(".json").read_text())
    assert envelope["rcpt_to"] == ["ann@example.org", "secret@example.net"]
    assert b"secret" not in mail.read_bytes()
    assert await process.end(signal.SIGTERM) == 0
    assert "secret" not in process.log and "ann@" not in process.log and "Good morning" not in process.log


async def test_a_wrong_setting_ends_the_process_with_the_remedy(process: Process) -> None:
    process.start(INGEST_EMAIL_RETRY_SECONDS="often")
    assert await process.ended() == 1
    assert "INGEST_EMAIL_RETRY_SECONDS is wrong; set it to" in process.log
