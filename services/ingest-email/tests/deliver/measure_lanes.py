"""Measures a look into the ledger beside a dead server with many waiting replies: python measure_lanes.py [replies]."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest_email.delivery_lanes import Turn, Turns
from ingest_email.delivery_ledger import SCHEMA, DeliveryLedger, Queued
from local_runtime.ports import free_ports
from local_runtime.postgres import PostgresServer
from service_kit import database
from service_kit.ids import new_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRIES = 30
DEAD, OWN_CHANNELS, RELAYED = new_id(), [new_id() for _ in range(20)], [new_id() for _ in range(200)]


def queued(channel_id: Any) -> Queued:
    return Queued(new_id(), new_id(), new_id(), new_id(), new_id(), b"x" * 500, channel_id)


def took(work: Callable[[], object]) -> float:
    """Milliseconds, the median of some tries."""
    spent = []
    for _ in range(TRIES):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


def measure(dsn: str, backlog: int) -> None:
    ledger = DeliveryLedger("measure")
    with database.connect(dsn, "measure") as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for _ in range(0, backlog, 1000):
            ledger.insert(cursor, [queued(DEAD) for _ in range(1000)], NOW)
        ledger.insert(cursor, [queued(one) for one in RELAYED for _ in range(5)], NOW + timedelta(seconds=1))
        ledger.insert(cursor, [queued(one) for one in OWN_CHANNELS for _ in range(5)], NOW + timedelta(seconds=1))
        connection.execute("ANALYZE ingest_email.deliveries")
        now = NOW + timedelta(minutes=1)
        works = dict.fromkeys(OWN_CHANNELS, Turn(4, now))
        for name, dead in {
            "closed": Turn(1, now - timedelta(hours=48), suspect=True, closed=True),
            "tried": Turn(1, now, suspect=True),
        }.items():
            turns = Turns(Turn(8, now), {DEAD: dead, **works}, known=16, suspects=8)

            def lease(turns: Turns = turns) -> None:
                with connection.transaction(force_rollback=True):
                    assert len(ledger.lease(cursor, now, turns, 600)) >= 24

            nothing = Turns(Turn(8, NOW - timedelta(days=9)), {DEAD: dead}, known=16, suspects=8)
            print(
                f"{backlog:,} waiting, lane {name}: lease {took(lease):.1f} ms,"
                f" next due {took(lambda turns=turns: ledger.next_due(cursor, turns)):.1f} ms,"
                f" nothing due by the relay {took(lambda turns=nothing: ledger.next_due(cursor, turns)):.1f} ms"
            )

        def hasten() -> None:
            with connection.transaction(force_rollback=True):
                ledger.hasten(cursor, turns, [DEAD, None], NOW - timedelta(seconds=1))

        print(f"{backlog:,} waiting: hastened in {took(hasten):.1f} ms")


def main(*backlogs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="postroom-lanes-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (port,) = free_ports(1)
        postgres = PostgresServer(folder / "pg", port=port, tcp=True, durable=False)
        postgres.start()
        try:
            for backlog in backlogs:
                dsn = postgres.create_database(f"measure{backlog}")
                database.migrate(dsn, SCHEMA, "ingest_email.migrations")
                measure(dsn, backlog)
        finally:
            postgres.stop("immediate")


if __name__ == "__main__":
    main(*([int(argument) for argument in sys.argv[1:]] or [1_000, 100_000]))
