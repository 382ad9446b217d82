"""Measures receiving: mails a second and CPU per mail, for one and two processes, with real Kafka and blob store.

    python services/ingest-email/tests/receive/load.py [mails] [connections]

One JSON object a line. The sender runs in this process, on the same machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

import uvloop
from aiokafka import AIOKafkaConsumer

from events import codec
from events.envelope import Envelope
from events.topics import WORKSPACE
from events.workspace import FallbackAddressIssued, InboxCreated
from local_runtime.children import Child
from local_runtime.kafka import KafkaBroker
from local_runtime.ports import free_ports
from service_kit import topics
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.producer import Publisher

WORDS = ("thank", "you", "for", "the", "order", "number", "please", "send", "an", "invoice", "when", "hello", "again")
ADDRESS = "support-abc234@postroom.localhost"


def mail(seed: int, random_: random.Random) -> bytes:
    """2–15 kB, 15 % with an attachment, 40 % with HTML beside the text."""
    message = EmailMessage()
    message["From"] = f"Customer {seed} <customer{seed}@example.com>"
    message["To"] = f"Support <{ADDRESS}>"
    message["Subject"] = f"Question {seed} about an order"
    message["Message-ID"] = f"<{seed}.{random_.random()}@example.com>"
    message["Date"] = "Tue, 25 Aug 2026 08:59:00 +0200"
    message["Received"] = "from a.example.com by b.example.com with ESMTPS id x; Tue, 25 Aug 2026 08:59:00 +0200"
    message["DKIM-Signature"] = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=x; bh=" + "x" * 300
    size = random_.randint(1_000, 6_000)
    text = ""
    while len(text) < size:
        text += " ".join(random_.choices(WORDS, k=12)) + ".\n"
    message.set_content(text)
    if random_.random() < 0.4:
        message.add_alternative("<p>" + text.replace("\n", "<br>\n") + "</p>", subtype="html")
    if random_.random() < 0.15:
        content = random_.randbytes(random_.randint(1_000, 6_000))
        message.add_attachment(content, maintype="application", subtype="pdf", filename=f"invoice {seed}.pdf")
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


async def announce_address(bootstrap: str) -> None:
    await topics.apply(bootstrap)
    publisher = Publisher(bootstrap)
    inbox_id, workspace_id = new_id(), new_id()
    facts = (
        InboxCreated(inbox_id=inbox_id, name="Support", slug="support"),
        FallbackAddressIssued(inbox_id=inbox_id, channel_id=new_id(), address=ADDRESS),
    )
    for sequence, fact in enumerate(facts, 1):
        now = utc_now()
        envelope = Envelope(
            id=new_id(),
            stream=workspace_id,
            sequence=sequence,
            occurred_at=now,
            recorded_at=now,
            workspace_id=workspace_id,
            correlation_id=new_id(),
            data=fact,
        )
        record = codec.encode(envelope)
        headers = codec.with_position(record.headers, "main/1", sequence)
        await publisher.publish_raw(WORKSPACE.name, str(workspace_id).encode(), record.value, headers)
    await publisher.stop()


async def send(port: int, mails: list[bytes], latencies: list[float]) -> None:
    """One connection; commands pipelined as real senders do."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b"EHLO load.example.com\r\n")
    while not (await reader.readline()).startswith(b"250 "):
        pass
    while mails:
        raw = mails.pop()
        writer.write(b"MAIL FROM:<a@example.com> SIZE=%d\r\nRCPT TO:<%s>\r\nDATA\r\n" % (len(raw), ADDRESS.encode()))
        for _ in range(3):
            answer = await reader.readline()
            assert answer[:1] in b"23", answer
        began = time.perf_counter()
        writer.write(raw + b".\r\n")
        answer = await reader.readline()
        assert answer.startswith(b"250"), answer
        latencies.append(time.perf_counter() - began)
    writer.write(b"QUIT\r\n")
    await reader.read()
    writer.close()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until_ready(ports: list[int]) -> None:
    for port in ports:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 1) as connection:
                    connection.sendall(b"GET /readyz HTTP/1.1\r\n\r\n")
                    if b" 200 " in connection.recv(100):
                        break
            except OSError:
                pass
            await asyncio.sleep(0.1)


async def count(bootstrap: str, topic: str) -> int:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap)
    await consumer.start()
    ends = await consumer.end_offsets(list(consumer.assignment()))
    await consumer.stop()
    return sum(ends.values())


async def measure(broker: KafkaBroker, folder: Path, processes: int, number: int, connections: int) -> None:
    smtp, *metrics = free_ports(1 + processes)
    environment = {
        **os.environ,
        "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "POSTROOM_DATABASE_URL": "unused",
        "POSTROOM_BLOB_URL": (folder / f"blobs-{processes}").as_uri(),
        "POSTROOM_SECRET_KEY": "s" * 32,
        "INGEST_EMAIL_SMTP_PORT": str(smtp),
    }
    arguments = [sys.executable, "-m", "ingest_email", "receive"]
    children = [
        Child.start(
            f"receive-{port}",
            arguments,
            log=folder / f"{port}.log",
            environment={**environment, "POSTROOM_METRICS_PORT": str(port)},
        )
        for port in metrics
    ]
    try:
        await until_ready(metrics)
        random_ = random.Random(7)
        mails = [mail(seed, random_) for seed in range(number)]
        size = sum(map(len, mails)) / number
        before, kafka_before = [cpu_seconds(child.pid) for child in children], cpu_seconds(broker.pid)
        stored_before = await count(broker.bootstrap_servers, "inbound.email.v1")
        latencies: list[float] = []
        began = time.perf_counter()
        await asyncio.gather(*(send(smtp, mails, latencies) for _ in range(connections)))
        seconds = time.perf_counter() - began
        used = sum(cpu_seconds(child.pid) for child in children) - sum(before)
        latencies.sort()
        stored = await count(broker.bootstrap_servers, "inbound.email.v1") - stored_before
        figures = {
            "scenario": f"receive, {processes} process(es), {connections} connections",
            "mails": number,
            "stored": stored,
            "mean_bytes": round(size),
            "mails_per_second": round(number / seconds),
            "receive_cpu_ms_per_mail": round(used / number * 1000, 3),
            "kafka_cpu_ms_per_mail": round((cpu_seconds(broker.pid) - kafka_before) / number * 1000, 3),
            "p50_ms": round(latencies[number // 2] * 1000, 1),
            "p99_ms": round(latencies[number * 99 // 100] * 1000, 1),
        }
        print(json.dumps(figures), flush=True)
    finally:
        for child in children:
            child.stop()


async def main(number: int, connections: int) -> None:
    with tempfile.TemporaryDirectory(prefix="postroom-load-", dir=os.environ.get("POSTROOM_VAR")) as name:
        folder = Path(name)
        kafka_port, controller_port = free_ports(2)
        broker = KafkaBroker(folder / "kafka", port=kafka_port, controller_port=controller_port)
        broker.start()
        try:
            await announce_address(broker.bootstrap_servers)
            for processes in (1, 2):
                await measure(broker, folder, processes, number, connections)
        finally:
            broker.kill()


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    uvloop.run(main(*(arguments + [3000, 16][len(arguments) :])))
