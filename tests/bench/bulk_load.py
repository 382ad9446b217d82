"""One wish for 10,000 conversations, with agents' other commands beside it."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

from commands_load import ApiConnection, work
from figures import percentiles, report, usage
from inbound_load import publish

if TYPE_CHECKING:
    from scenarios import Bench

NEWEST = "SELECT conversation_id::text FROM inbox.conversations ORDER BY created_at DESC, conversation_id LIMIT %s"
SHOWN = "SELECT sum(count) FROM inbox.stored WHERE outcome = 'appended'"
ALONE_SECONDS = 10.0
WISHES: tuple[dict[str, Any], ...] = (
    {"type": "add_label", "label": "bench"},
    {"type": "status", "status": "resolved"},
)


def bulk(bench: Bench, conversations: int = 10_000) -> None:
    """A label for 10,000 conversations, then all of them resolved, with replies and assignments at 10 a second beside;
    before that, how long these take alone."""
    while bench.number("SELECT count(*) FROM inbox.conversations") < conversations:
        shown, prepared = bench.number(SHOWN), list(bench.inbound(conversations))
        asyncio.run(publish(bench.settings["POSTROOM_KAFKA_BOOTSTRAP_SERVERS"], iter(prepared)))
        bench.wait_until_shown(shown + len(prepared))
    ids = [str(row[0]) for row in bench.database.execute(NEWEST, (conversations,)).fetchall()]
    until = time.monotonic() + ALONE_SECONDS
    alone, _ = work(bench.live, lambda: time.monotonic() < until, per_second=10)
    for wish in WISHES:
        _report(bench, ids, wish, alone)


def _report(bench: Bench, ids: list[str], wish: dict[str, Any], alone: list[float]) -> None:
    done = threading.Event()
    took: list[float] = []
    statuses: dict[int, int] = {}

    def beside() -> None:
        seconds, found = work(bench.live, lambda: not done.is_set(), per_second=10)
        took.extend(seconds)
        statuses.update(found)

    worker = threading.Thread(target=beside)
    worker.start()
    before = usage(bench.live)
    seconds, result = _timed(bench, ids, wish)
    spent = usage(bench.live).since(before)
    done.set()
    worker.join()
    report(
        "bulk",
        wish=wish["type"],
        conversations=len(ids),
        seconds=round(seconds, 2),
        done=result["done"],
        refused=len(result["refused"]),
        commands_beside=statuses,
        command_answered=percentiles(took),
        command_answered_alone=percentiles(alone),
        cpu_seconds=round(sum(spent.values()), 2),
    )


def _timed(bench: Bench, ids: list[str], wish: dict[str, Any]) -> tuple[float, Any]:
    """Until the views show all of it; asks for the progress as a page would."""
    api = ApiConnection(bench.live)
    began = time.perf_counter()
    status, answer = api.request("POST", "/conversations/bulk", {"ids": ids, "command": wish})
    if status == 200:
        return time.perf_counter() - began, answer
    if status != 202:
        raise AssertionError(f"the bulk was answered with {status}: {answer}")
    while True:
        told = api.request("GET", f"/commands/{answer['id']}")[1]
        if told["state"] == "done":
            return time.perf_counter() - began, told["result"]
        time.sleep(0.2)
