"""Measures fetching by IMAP with a real GreenMail, Kafka and PostgreSQL: mails a second, 100 idle mailboxes, latency.

python services/ingest-email/tests/imap/measure_imap.py [mails] [idle seconds]
"""

from __future__ import annotations

import asyncio
import imaplib
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer

from events import codec
from events.envelope import Envelope
from events.topics import INBOUND_EMAIL, WORKSPACE
from events.workspace import ChannelConnected, EmailSettings, ImapSettings
from local_runtime.children import Child
from local_runtime.greenmail import GreenMail
from local_runtime.kafka import KafkaBroker
from local_runtime.ports import free_ports
from local_runtime.postgres import PostgresServer
from service_kit import database, secrets, topics
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.keyring import install as install_keyring
from service_kit.producer import Publisher
from service_kit.settings import Settings

IDLE_MAILBOXES = 100
PROBES = 30
WRITERS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def mail(number: int) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = f"Customer <customer{number % 500}@example.org>", "box0@example.com"
    message["Subject"], message["Message-ID"] = f"Question {number}", f"<{number}@example.org>"
    message["Date"] = "Tue, 25 Aug 2026 08:59:00 +0200"
    message.set_content("Where is my order, please?\n" * 40)
    message.add_alternative("<p>Where is my order, please?</p>\n" * 40, subtype="html")
    return message.as_bytes().replace(b"\n", b"\r\n")


class Bench:
    """The parts, a receiving process, and a reader of what it publishes."""

    def __init__(self, folder: Path, settings: Settings, greenmail: GreenMail) -> None:
        self.folder, self.settings, self.greenmail = folder, settings, greenmail
        (self.smtp_port, self.metrics_port) = free_ports(2)
        self.arrivals: list[tuple[float, str, int]] = []
        self.process: Child | None = None

    def start(self) -> Child:
        environment = {**os.environ, **self.settings.environment(), "INGEST_EMAIL_SMTP_PORT": str(self.smtp_port)}
        environment["POSTROOM_METRICS_PORT"] = str(self.metrics_port)
        command = [sys.executable, "-m", "ingest_email", "receive"]
        self.process = Child.start("receive", command, log=self.folder / "receive.log", environment=environment)
        return self.process

    async def stop(self) -> None:
        assert self.process is not None
        await asyncio.to_thread(self.process.stop, signal.SIGTERM, 15)

    async def connect(self, number: int, publisher: Publisher) -> None:
        address, secret_id, now = f"box{number}@example.com", new_id(), utc_now()
        box = secrets.SecretBox(self.settings.secret_key).seal(secret_id, "secret")
        with database.connect(self.settings.database_url, "measure") as connection:
            secrets.store(connection.cursor(), [(secret_id, box)])
        imap = ImapSettings(
            host="127.0.0.1", port=self.greenmail.imap_port, username=address, tls="none", secret_id=secret_id
        )
        fact = ChannelConnected(
            channel_id=new_id(), inbox_id=new_id(), kind="email", email=EmailSettings(address=address, imap=imap)
        )
        envelope: Any = Envelope(
            id=new_id(), stream=new_id(), sequence=1, occurred_at=now, recorded_at=now,
            workspace_id=self.settings.workspace_id, correlation_id=new_id(), data=fact,
        )  # fmt: skip
        await publisher.publish(WORKSPACE.name, b"workspace", codec.encode(envelope))

    async def read(self) -> None:
        consumer = AIOKafkaConsumer(
            INBOUND_EMAIL.name,
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            while True:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    now = time.perf_counter()
                    for record in records:
                        kind = dict(record.headers)["ce_type"].decode()
                        self.arrivals.append((now, kind, record.timestamp))
        finally:
            await consumer.stop()

    def count(self, kind: str) -> int:
        return sum(1 for _, one, _ in self.arrivals if one == kind)

    async def until(self, kind: str, number: int, seconds: float = 300.0) -> None:
        async with asyncio.timeout(seconds):
            while self.count(kind) < number:
                await asyncio.sleep(0.001)

    def cpu_seconds(self) -> float:
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def steps(self) -> dict[str, float]:
        """Seconds that the steps of receiving took, all together; they overlap."""
        page = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        return {
            found[1]: float(found[2])
            for found in re.finditer(r'postroom_receive_step_seconds_sum\{step="(\w+)"\} (\S+)', page)
        }

    def rss_megabytes(self) -> float:
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def append(greenmail: GreenMail, mails: range) -> None:
    with imaplib.IMAP4(greenmail.host, greenmail.imap_port) as client:
        client.login("box0@example.com", "secret")
        for number in mails:
            client.append("INBOX", "", imaplib.Time2Internaldate(time.time()), mail(number))


async def measure(bench: Bench, mails: int, idle_seconds: float) -> None:
    publisher = Publisher(bench.settings.kafka_bootstrap_servers)
    reading = asyncio.create_task(bench.read())
    await bench.connect(0, publisher)
    bench.start()
    await bench.until("ChannelHealthChanged", 1)
    await bench.stop()
    print(f"putting {mails} mails of {len(mail(0))} bytes into GreenMail …")
    await asyncio.gather(
        *(asyncio.to_thread(append, bench.greenmail, range(first, mails, WRITERS)) for first in range(WRITERS))
    )
    bench.start()
    await bench.until("MessageReceived", 1)
    began, cpu = bench.arrivals[-1][0], bench.cpu_seconds()
    await bench.until("MessageReceived", mails)
    seconds = bench.arrivals[-1][0] - began
    print(f"fetched {mails / seconds:,.0f} mails/s from GreenMail into Kafka", end="")
    print(f" ({(bench.cpu_seconds() - cpu) / mails * 1000:.2f} ms of CPU each, RSS {bench.rss_megabytes():.0f} MB)")
    for step, spent in bench.steps().items():
        print(f"  {step}: {spent:.1f} s")
    await bench.stop()

    bench.start()
    for number in range(1, IDLE_MAILBOXES):
        await bench.connect(number, publisher)
    await bench.until("ChannelHealthChanged", IDLE_MAILBOXES)
    await asyncio.sleep(5)
    cpu = bench.cpu_seconds()
    await asyncio.sleep(idle_seconds)
    used = (bench.cpu_seconds() - cpu) / idle_seconds
    print(f"{IDLE_MAILBOXES} idle mailboxes: {used:.2%} of a core, RSS {bench.rss_megabytes():.0f} MB")

    latencies = []
    for number in range(PROBES):
        before = bench.count("MessageReceived")
        with imaplib.IMAP4(bench.greenmail.host, bench.greenmail.imap_port) as client:
            client.login("box0@example.com", "secret")
            raw = mail(mails + number)
            began = time.perf_counter()
            await asyncio.to_thread(client.append, "INBOX", "", imaplib.Time2Internaldate(time.time()), raw)
            await bench.until("MessageReceived", before + 1)
            latencies.append((time.perf_counter() - began) * 1000)
    latencies.sort()
    print(f"append to event in Kafka, IDLE: p50 {statistics.median(latencies):.0f} ms, most {latencies[-1]:.0f} ms")
    reading.cancel()
    await publisher.stop()
    await bench.stop()


async def main(mails: int, idle_seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="postroom-imap-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        kafka_port, controller_port, postgres_port, *ports = free_ports(6)
        kafka = KafkaBroker(folder / "kafka", port=kafka_port, controller_port=controller_port)
        postgres = PostgresServer(folder / "pg", port=postgres_port, tcp=True, durable=False)
        greenmail = GreenMail(folder / "greenmail", imap_port=ports[0], smtp_port=ports[1], api_port=ports[2])
        try:
            for part in (kafka, postgres, greenmail):
                await asyncio.to_thread(part.start)
            await topics.apply(kafka.bootstrap_servers)
            settings = Settings(
                kafka_bootstrap_servers=kafka.bootstrap_servers,
                database_url=postgres.create_database("measure"),
                blob_url=(folder / "blobs").as_uri(),
                secret_key="a secret for measuring, long enough",
            )
            install_keyring(settings.database_url)
            await measure(Bench(folder, settings, greenmail), mails, idle_seconds)
        finally:
            greenmail.stop()
            kafka.kill()
            postgres.stop("immediate")


if __name__ == "__main__":
    wanted = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*(wanted + [5000, 30][len(wanted) :])))
