"""The scenarios of `make bench`, each a function from a running Postroom to figures."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from typing import Any
from uuid import UUID

import psycopg
from commands_load import ApiConnection, work
from feed_probe import FeedProbe
from figures import LOAD, Usage, percentiles, python_megabytes, report, usage
from inbound_load import inbound_mails, publish
from mails import load_mails
from psycopg import sql
from smtp_load import deliver

from inbox_projection.compare import compare
from local_runtime.live import LivePostroom, eventually
from service_kit.settings import DEFAULT_WORKSPACE_ID

# Kept up in the transaction that writes the messages; counting the rows ten times a second would be a load of its own.
SHOWN = "SELECT sum(count) FROM inbox.stored WHERE outcome = 'appended'"
ROWS = "SELECT count(*) FROM inbox.messages WHERE direction = 'in'"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'inbox' ORDER BY tablename"
EVENTS = "SELECT max(notification_id) FROM router.stored_events"


class Bench:
    """A running Postroom with what the scenarios need to know of it."""

    def __init__(self, live: LivePostroom) -> None:
        self.live = live
        settings = live.run("env").stdout.splitlines()
        self.settings = dict(line.split("=", 1) for line in settings if line.startswith("POSTROOM_") and "=" in line)
        self.database = psycopg.connect(self.settings["POSTROOM_DATABASE_URL"], autocommit=True)
        inbox = ApiConnection(live).request("GET", "/inboxes")[1]["items"][0]
        self.inbox_id, self.address = inbox["id"], inbox["fallback_address"]
        self.channel_id = inbox["channels"][0]["id"]
        self.seed = 0

    def number(self, query: str) -> int:
        row = self.database.execute(query).fetchone()  # type: ignore[call-overload]
        return int(row[0] or 0) if row else 0

    def next_seed(self) -> int:
        self.seed += 1
        return self.seed

    def wait_until_shown(self, count: int, seconds: float = 600.0) -> list[tuple[float, int]]:
        """Samples (time, shown) until that many inbound messages are in the view that the API reads."""
        samples = [(time.perf_counter(), self.number(SHOWN))]
        deadline = samples[0][0] + seconds
        while samples[-1][1] < count:
            if samples[-1][0] > deadline:
                raise AssertionError(f"only {samples[-1][1]} of {count} mails are shown after {seconds} s")
            time.sleep(0.1)
            samples.append((time.perf_counter(), self.number(SHOWN)))
        if self.number(ROWS) != samples[-1][1]:
            raise AssertionError(f"{samples[-1][1]} messages are counted, {self.number(ROWS)} are there")
        return samples

    def inbound(self, count: int) -> Any:
        return inbound_mails(
            count,
            inbox_id=UUID(self.inbox_id),
            channel_id=UUID(self.channel_id),
            address=self.address,
            workspace_id=DEFAULT_WORKSPACE_ID,
            secret_key=self.settings["POSTROOM_SECRET_KEY"],
            seed=self.next_seed(),
        )


def per_mail(after: Usage, before: Usage, mails: int) -> dict[str, Any]:
    """CPU in milliseconds a mail: of all that Postroom consists of, of each process, and of what makes the load."""
    by_process = {name: seconds * 1000 / mails for name, seconds in after.since(before).items()}
    load = by_process.pop(LOAD, 0.0)
    return {
        "cpu_ms_per_mail": round(sum(by_process.values()), 3),
        "cpu_ms_per_mail_by_process": {name: round(each, 3) for name, each in by_process.items()},
        "cpu_ms_per_mail_of_the_load_generator": round(load, 3),
    }


def smtp_to_view(bench: Bench, mails: int = 20_000) -> None:
    """20,000 mails over 16 connections: SMTP → visible, sustained; CPU per mail; memory afterwards."""
    prepared = list(load_mails(mails, bench.address, bench.next_seed()))
    shown, before, began = bench.number(SHOWN), usage(bench.live), time.perf_counter()
    asyncio.run(deliver(bench.live.smtp_port, iter(prepared), bench.address, connections=16))
    accepted_in = time.perf_counter() - began
    samples = bench.wait_until_shown(shown + mails)
    took, after = samples[-1][0] - began, usage(bench.live)
    listed = ApiConnection(bench.live).request("GET", "/conversations?limit=1")[1]["items"]
    report(
        "smtp_to_view",
        mails=mails,
        mails_per_second=round(mails / took, 1),
        accepted_per_second=round(mails / accepted_in, 1),
        api_lists_the_newest=bool(listed),
        python_memory_mb=python_megabytes(after),
        **per_mail(after, before, mails),
    )


def kafka_to_view(bench: Bench, mails: int = 30_000) -> None:
    """MessageReceived in Kafka → committed in the view, sustained."""
    prepared = list(bench.inbound(mails))
    shown, events, before = bench.number(SHOWN), bench.number(EVENTS), usage(bench.live)
    began = time.perf_counter()
    asyncio.run(publish(bench.settings["POSTROOM_KAFKA_BOOTSTRAP_SERVERS"], iter(prepared)))
    published_in = time.perf_counter() - began
    took = bench.wait_until_shown(shown + mails)[-1][0] - began
    report(
        "kafka_to_view",
        mails=mails,
        mails_per_second=round(mails / took, 1),
        events_per_second=round((bench.number(EVENTS) - events) / took, 1),
        published_in_seconds=round(published_in, 2),
        **per_mail(usage(bench.live), before, mails),
    )


def flat_with_size(bench: Bench, conversations: int = 100_000, piece: int = 10_000) -> None:
    """Throughput in pieces while the conversations grow to 100,000: the curve should be flat."""
    curve: list[dict[str, float]] = []
    while not curve or curve[-1]["conversations"] < conversations:
        prepared = list(bench.inbound(piece))
        shown, began = bench.number(SHOWN), time.perf_counter()
        asyncio.run(publish(bench.settings["POSTROOM_KAFKA_BOOTSTRAP_SERVERS"], iter(prepared)))
        took = bench.wait_until_shown(shown + piece)[-1][0] - began
        there = bench.number("SELECT count(*) FROM inbox.conversations")
        curve.append({"conversations": there, "mails_per_second": round(piece / took, 1)})
    report("flat_with_size", curve=curve)


def latency(bench: Bench, mails: int = 3_000, per_second: float = 100.0) -> None:
    """SMTP 250 → told by the API's feed, at 100 mails a second."""
    prepared = list(load_mails(mails, bench.address, bench.next_seed()))
    shown = bench.number(SHOWN)
    with FeedProbe(bench.live) as feed:
        load = deliver(bench.live.smtp_port, iter(prepared), bench.address, connections=16, per_second=per_second)
        accepted = asyncio.run(load)
        bench.wait_until_shown(shown + mails, 60)
        time.sleep(0.5)
    rows = bench.database.execute("SELECT conversation_id::text, subject FROM inbox.conversations").fetchall()
    subject_of = dict(rows)
    seconds = [
        times[0] - accepted[subject_of[each]] for each, times in feed.seen.items() if subject_of.get(each) in accepted
    ]
    report("latency", mails_per_second=per_second, smtp_250_to_visible=percentiles(seconds))


def commands(bench: Bench, seconds: float = 40.0) -> None:
    """Replies and assignments at 50 mails a second beside, on conversations that are there before."""
    shown, some = bench.number(SHOWN), list(load_mails(100, bench.address, bench.next_seed()))
    asyncio.run(deliver(bench.live.smtp_port, iter(some), bench.address, connections=8))
    bench.wait_until_shown(shown + len(some))
    prepared = load_mails(int(seconds * 50), bench.address, bench.next_seed())
    load = deliver(bench.live.smtp_port, prepared, bench.address, connections=8, per_second=50)
    background = threading.Thread(target=lambda: asyncio.run(load))
    background.start()
    took, statuses = work(bench.live, background.is_alive, per_second=10)
    background.join()
    report("commands", mails_per_second_beside=50, statuses=statuses, command_answered=percentiles(took))


def commands_behind_backlog(bench: Bench, mails: int = 60_000) -> None:
    """The same while 60,000 mails wait for the router."""
    prepared = list(bench.inbound(mails))
    shown = bench.number(SHOWN)
    asyncio.run(publish(bench.settings["POSTROOM_KAFKA_BOOTSTRAP_SERVERS"], iter(prepared)))
    waiting = mails - (bench.number(SHOWN) - shown)
    least = int(mails * 0.1)
    took, statuses = work(bench.live, lambda: mails - (bench.number(SHOWN) - shown) > least, per_second=10)
    bench.wait_until_shown(shown + mails)
    report("commands_behind_backlog", waiting_at_start=waiting, statuses=statuses, command_answered=percentiles(took))


def rebuild(bench: Bench) -> None:
    """The inbox views from the log, beside the live ones; then both compared, row for row."""
    tables = [str(row[0]) for row in bench.database.execute(TABLES).fetchall()]
    bench.database.execute("DROP SCHEMA IF EXISTS bench_before CASCADE; CREATE SCHEMA bench_before")
    for table in tables:
        kept, living = sql.Identifier("bench_before", table), sql.Identifier("inbox", table)
        bench.database.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, living))
    began = time.perf_counter()
    done = bench.live.run(sys.executable, "-m", "inbox_projection", "rebuild")
    took = time.perf_counter() - began
    if done.returncode != 0:
        raise AssertionError(f"the rebuild failed: {done.stderr[-500:]}")
    said = json.loads(next(line for line in done.stderr.splitlines() if "switched to the rebuilt" in line))
    found = compare(bench.database, "bench_before", "inbox")
    bench.database.execute("DROP SCHEMA bench_before CASCADE")
    report(
        "rebuild",
        events=said["events"],
        seconds=said["seconds"],
        events_per_second=round(said["events"] / max(said["seconds"], 0.1), 1),
        whole_process_seconds=round(took, 1),
        rows_compared=sum(found.rows.values()),
        equals_live_row_for_row=found.same,
        differences=[str(each) for each in found.differences][:5],
    )


def eventually_quiet(bench: Bench) -> None:
    """Waits until nothing more arrives in the view."""
    last = -1

    def quiet() -> bool:
        nonlocal last
        now = bench.number(EVENTS)
        same, last = now == last, now
        time.sleep(0.5)
        return same

    eventually(quiet, "the log comes to rest", 120)


SCENARIOS = {
    "smtp_to_view": smtp_to_view,
    "kafka_to_view": kafka_to_view,
    "latency": latency,
    "commands": commands,
    "commands_behind_backlog": commands_behind_backlog,
    "rebuild": rebuild,
    "flat_with_size": flat_with_size,
}
