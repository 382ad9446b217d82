"""Measures lists in each order, and counts, at 1,000 and at 200,000 conversations; prints one JSON object.

Run: python services/inbox-projection/tests/views/measure_lists.py [--rounds 20] [--sizes 1000 200000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter
from typing import Any
from uuid import UUID

from events.workspace import FallbackAddressIssued, InboxCreated
from inbox_projection.pool import Database
from inbox_projection.projector import Views
from inbox_projection.queries import conversation_lists
from inbox_projection.queries.conversation_filter import FIXED, Filter, seen_by
from inbox_projection.tables import layout, schema
from inbox_projection.testing import Replay, Story
from inbox_projection.views import inbox
from inbox_projection.views.rows import ConversationRow
from local_runtime.ports import free_ports
from local_runtime.postgres import PostgresServer
from service_kit.database import Connection, connect

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ME, OTHER, CHANNEL = UUID(int=1), UUID(int=2), UUID(int=3)
INBOXES = tuple(UUID(int=10 + number) for number in range(5))
TEAMS = tuple(UUID(int=20 + number) for number in range(4))
STATUSES = ("open", "open", "open", "snoozed", "resolved", "resolved", "resolved", "resolved", "spam", "trash")
PRIORITIES = ("urgent", "high", "high", "high", "low", *("normal",) * 95)
PAGE = 51


def conversations(count: int) -> Iterator[ConversationRow]:
    """The newest first; in some everybody waits for us for long, some carry labels, few mention me."""
    random = Random(7)
    for number in range(count):
        status, at = random.choice(STATUSES), NOW - timedelta(seconds=10 * number)
        turn = random.choice(("us", "customer", "nobody")) if status in ("open", "snoozed") else "nobody"
        yield ConversationRow(
            conversation_id=UUID(int=random.getrandbits(128)),
            number=number + 1,
            inbox_id=random.choice(INBOXES),
            contact_id=UUID(int=1_000_000 + number // 4),
            channel="email",
            channel_id=CHANNEL,
            status=status,
            priority=random.choice(PRIORITIES),
            labels=("rare",) if number % 1000 == 0 else ("orders",) if number % 3 == 0 else (),
            assignee_id=random.choice((ME, OTHER, None)),
            team_id=random.choice(TEAMS),
            created_at=at - timedelta(seconds=random.randint(0, 86_400)),
            last_message_at=at,
            message_count=3,
            sequence=5,
            snoozed_until=None,
            suggested_link=None,
            key_id=None,
            subject=f"Subject {number}",
            preview_key_id=None,
            preview="Preview of a message that goes on for a while",
            waiting_on=turn,
            waiting_since=at - timedelta(seconds=random.randint(0, 3_600)) if turn == "us" else None,
            spoken=5,
            mentioned_ids=(ME,) if number % 500 == 3 else (),
        )


def fill(connection: Connection, count: int) -> None:
    with connection.transaction():
        schema.drop(connection, schema.LIVE)
        schema.create(connection)
        story = Story()
        for number, inbox_id in enumerate(INBOXES):
            address = f"inbox{number}@postroom.test"
            story.workspace(InboxCreated(inbox_id=inbox_id, name=f"Inbox {number}", slug=f"inbox-{number}"))
            issued = FallbackAddressIssued(inbox_id=inbox_id, channel_id=story.new_id(), address=address)
            story.workspace(issued)
        Replay(connection, Views()).take(story.records, story.keys)
        rows: list[ConversationRow] = []
        for row in conversations(count):
            rows.append(row)
            if len(rows) == 5_000:
                _write(connection, rows)
                rows = []
        if rows:
            _write(connection, rows)
    connection.execute("vacuum analyze inbox.conversations")
    connection.execute("vacuum analyze inbox.conversation_labels")


def _write(connection: Connection, rows: list[ConversationRow]) -> None:
    labels = [label for row in rows for label in inbox.labels_of(row)]
    for table, wanted in ((layout.CONVERSATIONS, rows), (layout.LABELS, labels)):
        if wanted:
            connection.execute(table.insert.format(schema="inbox").encode(), table.arrays(wanted))


ALL = frozenset(INBOXES)
OLD = NOW - timedelta(days=20)
FILTERS: dict[str, Filter] = {
    "all": Filter(),
    "two inboxes": Filter(inboxes=frozenset(INBOXES[:2])),
    "open": Filter(status=("open",)),
    "open or snoozed, inbox": Filter(inbox_id=INBOXES[1], status=("open", "snoozed")),
    "mine": Filter(inboxes=ALL, assignee=ME),
    "nobody's, open": Filter(inboxes=ALL, assignee="none", status=("open",)),
    "team": Filter(inboxes=ALL, team_id=TEAMS[1]),
    "label": Filter(inboxes=ALL, label=("orders",)),
    "two labels": Filter(inboxes=ALL, label=("orders", "rare")),
    "rare label, mine": Filter(inboxes=ALL, label=("rare",), assignee=ME),
    "mentioned": Filter(inboxes=ALL, mentioned=ME),
    "contact": Filter(inboxes=ALL, contact_id=UUID(int=1_000_003)),
    "waiting on us, mine": Filter(inboxes=ALL, assignee=ME, waiting_on="us"),
    "waiting on the customer": Filter(inboxes=ALL, waiting_on="customer"),
    "began within a day, 20 days ago": Filter(inboxes=ALL, created_from=OLD, created_to=OLD + timedelta(days=1)),
}


async def timed(rounds: int, work: Callable[[], Awaitable[Any]]) -> list[float]:
    found = []
    for _ in range(rounds):
        began = perf_counter()
        await work()
        found.append((perf_counter() - began) * 1000)
    return found


def figures(milliseconds: list[float]) -> dict[str, float]:
    cut = quantiles(milliseconds, n=100)
    return {"p50_ms": round(cut[49], 2), "p99_ms": round(cut[98], 2)}


async def measure(dsn: str, rounds: int) -> dict[str, Any]:
    database = Database(dsn, size=2)
    await database.open()
    orders: dict[str, Any] = {}
    for sort in ("newest", "oldest", "waiting", "priority"):
        every: list[float] = []
        slowest: dict[str, float] = {}
        for name, wanted in FILTERS.items():

            async def pages(wanted: Filter = wanted, sort: str = sort) -> None:
                rows = await conversation_lists.page(database, wanted, None, PAGE, me=ME, sort=sort)
                if len(rows) == PAGE:
                    after = conversation_lists.place_of(rows[-1])
                    await conversation_lists.page(database, wanted, after, PAGE, me=ME, sort=sort)

            took = [one / 2 for one in (await timed(rounds, pages))[2:]]
            every += took
            slowest[name] = figures(took)["p50_ms"]
        orders[sort] = figures(every) | {"p50_of_the_slowest": dict([max(slowest.items(), key=lambda one: one[1])])}
    counts: dict[str, Any] = {}
    every = []
    for name, view in FIXED.items():
        wanted = seen_by(view.filter, ME, ALL)
        took = await timed(rounds, lambda wanted=wanted: conversation_lists.counts(database, [wanted]))  # type: ignore[misc]
        counts[name] = figures(took) | {"count": (await conversation_lists.counts(database, [wanted]))[0].count}
        every += took
    inboxes = await timed(rounds, lambda: conversation_lists.open_in(database, ALL))
    counts["inboxes"] = figures(inboxes) | {
        "count": max(one.count for one in (await conversation_lists.open_in(database, ALL)).values())
    }
    every += inboxes
    saved = {
        name: await timed(rounds, lambda w=wanted: conversation_lists.counts(database, [w]))
        for name, wanted in FILTERS.items()
    }  # type: ignore[misc]
    counts |= {"all": figures(every), "as saved views": {name: figures(took) for name, took in saved.items()}}
    await database.close()
    return {"lists": orders, "counts": counts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 200_000])
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="postroom-measure-"))
    folder.chmod(0o711)
    server = PostgresServer(folder, port=free_ports(1)[0])
    server.start()
    try:
        dsn = server.create_database("lists")
        found = {}
        for size in asked.sizes:
            with connect(dsn, "measure", autocommit=True) as connection:
                fill(connection, size)
            found[str(size)] = asyncio.run(measure(dsn, asked.rounds))
        print(json.dumps(found, indent=1))
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
