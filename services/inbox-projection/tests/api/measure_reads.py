"""Measures list and thread through HTTP at 200,000 conversations and 1,000,000 messages: `python measure_reads.py`."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import uvicorn
import uvloop

from inbox_projection.api.app import build
from inbox_projection.serve import migrate, opened
from inbox_projection.tables.schema import create_indexes, create_tables
from local_runtime.ports import free_ports
from local_runtime.postgres import PostgresServer
from service_kit.database import connect
from service_kit.settings import Settings

CONVERSATIONS, MESSAGES = 200_000, 5
TOKEN = "token-of-the-bench"
FILL = """
insert into inbox.inboxes select ('00000000-0000-7000-8000-00000000000' || i)::uuid, 'Inbox ' || i, 'i' || i, null, null,
  '{{}}', '{{}}', '', false, now() from generate_series(1, 4) i;
insert into inbox.agents select ('00000000-0000-7000-8000-0000000001' || lpad(i::text, 2, '0'))::uuid,
  case when i = 1 then 'administrator' else 'agent' end, false, 'available', null, 'en', 'UTC', 'Agent ' || i,
  'a' || i || '@x.test', '', '', now() from generate_series(1, 20) i;
insert into inbox.contacts select ('00000000-0000-7000-8001-' || lpad(to_hex(i), 12, '0'))::uuid, 1, now(), null, 'email',
  md5(i::text) || '@client.test', initcap(md5(i::text)), '', '' from generate_series(0, {conversations} / 4) i;
insert into inbox.conversations
select ('00000000-0000-7000-8002-' || lpad(to_hex(i), 12, '0'))::uuid, i,
  ('00000000-0000-7000-8000-00000000000' || (1 + i % 4))::uuid,
  ('00000000-0000-7000-8001-' || lpad(to_hex(i / 4), 12, '0'))::uuid, 'email', gen_random_uuid(),
  (array['open','snoozed','resolved','resolved','resolved','resolved','resolved','resolved','spam','trash'])[1 + i % 10],
  'normal', case when i % 50 = 0 then array['vip'] else '{{}}' end,
  case when i % 3 = 0 then null else ('00000000-0000-7000-8000-0000000001' || lpad((1 + i % 20)::text, 2, '0'))::uuid end,
  null, now(), timestamptz '2026-01-01' + i * interval '3 seconds', {messages}, {messages} + 1, null, null, null,
  'Where is my order ' || i || '?', null, repeat('Good morning, where is it? ', 5)
from generate_series(1, {conversations}) i;
insert into inbox.conversation_labels select conversation_id, 'vip', status, inbox_id, last_message_at
  from inbox.conversations where labels <> '{{}}';
insert into inbox.messages (conversation_id, sequence, message_id, kind, direction, at, channel, channel_id, author_kind,
  author_id, details, content)
select ('00000000-0000-7000-8002-' || lpad(to_hex(i), 12, '0'))::uuid, n, gen_random_uuid(), 'message', 'in',
  now(), 'email', gen_random_uuid(), 'contact', ('00000000-0000-7000-8001-' || lpad(to_hex(i / 4), 12, '0'))::uuid,
  '{{}}', json_build_object('external_id', md5((i * 10 + n)::text) || '@client.test',
    'sender', json_build_object('address', 'a@client.test'), 'subject', 'Where is my order?',
    'new_text', repeat('Good morning, where is my order? ', 20), 'quoted', repeat('> quoted line of the mail\n', 15),
    'html', '<html><body><p style="color:red">' || repeat('Good <b>morning</b>, where is my order? ', 20)
      || '</p><img src="https://t.test/x.png"></body></html>')::text
from generate_series(1, {conversations}) i, generate_series(1, {messages}) n;
"""


def fill(dsn: str, conversations: int) -> None:
    with connect(dsn, "fill") as connection:
        create_tables(connection, "inbox")
        connection.execute(
            (Path(__file__).parents[2] / "src/inbox_projection/tables/feed.sql")
            .read_text()
            .format(schema="inbox")
            .encode()
        )
        connection.execute(
            "create table inbox.positions (topic text, partition int, store text, position bigint, next_offset bigint)"
        )
        for statement in FILL.format(conversations=conversations, messages=MESSAGES).split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        create_indexes(connection, "inbox")
        connection.execute("vacuum analyze")
        connection.execute(
            "insert into auth.api_tokens (token_hash, agent_id, name) select sha256(%s), agent_id, 'bench'"
            " from inbox.agents where role = 'administrator'",
            (TOKEN.encode(),),
        )


def cases(random: Random) -> dict[str, str]:
    inbox = "00000000-0000-7000-8000-000000000001"
    agent = "00000000-0000-7000-8000-000000000105"
    lists = {
        f"list {status or 'any'} {name}": f"/conversations?{query}{'&status=' + status if status else ''}"
        for status in ("", "open", "snoozed", "resolved", "spam", "trash")
        for name, query in {
            "all": "limit=50",
            "inbox": f"limit=50&inbox_id={inbox}",
            "agent": f"limit=50&assignee_id={agent}",
            "agent inbox": f"limit=50&assignee_id={agent}&inbox_id={inbox}",
            "none": "limit=50&assignee_id=none",
            "none inbox": f"limit=50&assignee_id=none&inbox_id={inbox}",
            "label": "limit=50&label=vip",
            "label inbox": f"limit=50&label=vip&inbox_id={inbox}",
            "label none": "limit=50&label=vip&assignee_id=none",
            "contact": "limit=50&contact_id=00000000-0000-7000-8001-000000000123",
        }.items()
    }
    return lists


async def measure(url: str, conversations: int) -> None:
    random = Random(1)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        worst = 0.0
        for name, path in cases(random).items():
            taken = []
            cursor: str | None = None
            for _ in range(60):
                began = time.perf_counter()
                answer = await client.get(path + (f"&cursor={cursor}" if cursor else ""))
                taken.append(time.perf_counter() - began)
                answer.raise_for_status()
                cursor = answer.json()["next_cursor"]
            worst = max(worst, report(name, taken[5:]))
        taken = []
        for _ in range(400):
            conversation = UUID(f"00000000-0000-7000-8002-{random.randrange(1, conversations):012x}")
            began = time.perf_counter()
            (await client.get(f"/conversations/{conversation}/messages")).raise_for_status()
            taken.append(time.perf_counter() - began)
        report("thread", taken)
        for prefix in ("a", "ab", "abcd", "0"):
            taken = []
            for _ in range(100):
                began = time.perf_counter()
                (await client.get(f"/contacts?q={prefix}")).raise_for_status()
                taken.append(time.perf_counter() - began)
            report(f"contacts {prefix}", taken)


def report(name: str, taken: list[float]) -> float:
    taken = sorted(taken)
    line: dict[str, Any] = {
        "case": name,
        "p50_ms": round(taken[len(taken) // 2] * 1000, 2),
        "p99_ms": round(taken[int(len(taken) * 0.99)] * 1000, 2),
    }
    print(json.dumps(line), flush=True)
    return taken[int(len(taken) * 0.99)]


async def serve(settings: Settings, port: int, ready: threading.Event) -> None:
    async with opened(settings) as running:
        config = uvicorn.Config(
            build(running.parts),
            host="127.0.0.1",
            port=port,
            loop="none",
            http="httptools",
            lifespan="off",
            access_log=False,
            log_config=None,
        )
        ready.set()
        await uvicorn.Server(config).serve()


def main(conversations: int) -> None:
    with tempfile.TemporaryDirectory(prefix="pr-") as folder:
        Path(folder).chmod(0o711)
        (port,) = free_ports(1)
        server = PostgresServer(Path(folder) / "pg", port=port, tcp=False, durable=False)
        server.start()
        try:
            dsn = server.create_database("bench")
            settings = Settings("127.0.0.1:1", dsn, (Path(folder) / "blobs").as_uri(), "x" * 32)
            migrate(settings)
            began = time.perf_counter()
            fill(dsn, conversations)
            print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            ready = threading.Event()
            (http,) = free_ports(1)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                threading.Thread(
                    target=lambda: asyncio.run(_later(f"http://127.0.0.1:{http}/api/v1", conversations)), daemon=True
                ).start()
                runner.run(serve(replace(settings), http, ready))
        finally:
            server.stop("immediate")


async def _later(url: str, conversations: int) -> None:
    async with httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(url.replace("/api/v1", "/healthz"))
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
    try:
        await measure(url, conversations)
    finally:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CONVERSATIONS)
