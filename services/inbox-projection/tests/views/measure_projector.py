"""Measures the projector's work per event by part, with real records, keys and PostgreSQL; prints one JSON object.

Run: python services/inbox-projection/tests/views/measure_projector.py [--mails 20000] [--batch 500] [--rebuild]
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

from events import codec
from events.conversations import ConversationReopened
from events.sealing import DataKey, Keys
from inbox_projection.projector import Views
from inbox_projection.tables import schema
from inbox_projection.testing import Logged, Opened, Story
from local_runtime.ports import free_ports
from local_runtime.postgres import PostgresServer
from service_kit import lifecycle
from service_kit.database import connect

PART = "Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam nonumy eirmod tempor invidunt ut labore.\n"


class Stopwatch:
    """Wall and CPU seconds of this thread, by part."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)

    def run(self, part: str, work: Any, *arguments: Any) -> Any:
        wall, cpu = perf_counter(), thread_time()
        try:
            return work(*arguments)
        finally:
            self.wall[part] += perf_counter() - wall
            self.cpu[part] += thread_time() - cpu


def story_of(mails: int, seed: int = 7) -> Story:
    """Mails of 2 to 4 kB, 30 % of them in conversations that exist."""
    story = Story(seed)
    for number in range(mails):
        story.pass_time(milliseconds=1)
        text = f"Order {story.random.getrandbits(40):x}\n" + "".join(
            f"{story.random.getrandbits(32):x} {PART}" for _ in range(story.random.randint(8, 20))
        )
        if number and story.random.random() < 0.3:
            thread = story.random.choice(story.threads)
            story.answer(thread, thread.contact_id, text, quoted="> " + PART * 5)
            story.conversation(thread, _reopened())
            story.route(thread, story.new_id())
        else:
            story.mail(story.person(), f"Where is order {number}?", text)
    return story


def _reopened() -> Any:
    return ConversationReopened(reason="message")


def batches(records: list[Logged], size: int) -> Iterator[list[Logged]]:
    """As a consumer with a backlog gets them: one partition after the other."""
    lanes: dict[tuple[str, int], list[Logged]] = defaultdict(list)
    for record in records:
        lanes[record.topic, record.partition].append(record)
    positions = dict.fromkeys(lanes, 0)
    while lanes:
        for lane in list(lanes):
            start = positions[lane]
            yield lanes[lane][start : start + size]
            positions[lane] = start + size
            if positions[lane] >= len(lanes[lane]):
                del lanes[lane]


def open_all(watch: Stopwatch, batch: list[Logged], keys: Keys) -> list[Opened]:
    opened = []
    headers_only = batch[0].topic.startswith("inbound.")
    if headers_only:
        return [Opened(r.topic, r.partition, r.offset, None, None, None, r.headers) for r in batch]
    parsed = watch.run("parse", lambda: [codec.parse(record.headers, record.value) for record in batch])
    envelopes = watch.run("open", lambda: [codec.open_(each, keys) for each in parsed])
    for record, each, envelope in zip(batch, parsed, envelopes, strict=True):
        opened.append(
            Opened(
                record.topic,
                record.partition,
                record.offset,
                envelope.position,
                envelope,
                each.key_id,
                record.headers,
            )
        )
    return opened


def measure(dsn: str, records: list[Logged], keys: dict[Any, DataKey], batch: int, rebuild: bool) -> dict[str, Any]:
    watch, events = Stopwatch(), 0
    with connect(dsn, "measure", durable=False) as connection:
        with connection.transaction():
            schema.drop(connection, schema.LIVE)
            if rebuild:
                schema.create_tables(connection, schema.LIVE)
            else:
                schema.create(connection)
        if rebuild:
            connection.execute("set work_mem = '64MB'")
        views = Views(live=not rebuild)
        cursor = connection.cursor()
        started = perf_counter()
        for chunk in batches(records, batch):
            opened = open_all(watch, chunk, keys)
            watch.run("begin", cursor.execute, "begin")
            watch.run("views", views.apply, cursor, opened)
            watch.run("commit", cursor.execute, "commit")
            events += sum(record.envelope is not None for record in opened)
        if rebuild:
            with connection.transaction():
                watch.run("indexes", schema.create_indexes, connection, schema.LIVE)
        seconds = perf_counter() - started
        server = connection.execute("select count(*) from inbox.messages").fetchone()
    return {
        "scenario": "rebuild" if rebuild else "live",
        "events": events,
        "records": len(records),
        "lines": server[0] if server else 0,
        "batch": batch,
        "events_per_second": round(events / seconds),
        "python_us_per_event": round(1e6 * sum(watch.cpu.values()) / events, 1),
        "cpu_us_per_event": {part: round(1e6 * spent / events, 2) for part, spent in watch.cpu.items()},
        "wall_us_per_event": {part: round(1e6 * spent / events, 2) for part, spent in watch.wall.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rebuild", action="store_true")
    parser.add_argument("--dsn", help="a database to use instead of a server of its own")
    options = parser.parse_args()
    story = story_of(options.mails)
    lifecycle.calm_the_collector()
    if options.dsn:
        print(json.dumps(measure(options.dsn, story.records, story.keys, options.batch, options.rebuild)))
        return
    folder = Path(tempfile.mkdtemp(prefix="postroom-measure-"))
    folder.chmod(0o711)
    server = PostgresServer(folder, port=free_ports(1)[0])
    server.start()
    try:
        print(json.dumps(measure(server.dsn, story.records, story.keys, options.batch, options.rebuild)))
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
