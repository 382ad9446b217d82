"""The delivery ledger for tests, one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from ingest_email import delivery
from ingest_email.delivery import Outcome, Recipient, Schedule
from ingest_email.delivery_lanes import Turn, Turns
from ingest_email.delivery_ledger import DeliveryLedger, Lease, Queued
from service_kit import database
from service_kit.database import Connection, Cursor
from service_kit.ids import new_id

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
LEASE: Final = 600.0
T = TypeVar("T")


def a_reply(conversation_id: UUID | None = None) -> Queued:
    return Queued(new_id(), conversation_id or new_id(), new_id(), new_id(), new_id(), b"sealed")


class OneProcess:
    """A ledger with a connection of its own."""

    def __init__(self, dsn: str, instance: str = "0") -> None:
        self.ledger = DeliveryLedger(instance)
        self.connection: Connection = database.connect(dsn, "test")

    def do(self, work: Callable[[Cursor], T]) -> T:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            return work(cursor)

    def insert(self, *replies: Queued, now: datetime = NOW) -> int:
        return self.do(lambda cursor: self.ledger.insert(cursor, replies, now))

    def lease(self, now: datetime = NOW, limit: int = 10) -> list[Lease]:
        return self.lease_turns(Turns(Turn(limit, now)), now)

    def lease_turns(self, turns: Turns, now: datetime = NOW) -> list[Lease]:
        return self.do(lambda cursor: self.ledger.lease(cursor, now, turns, LEASE))

    def next_due(self) -> datetime | None:
        return self.do(lambda cursor: self.ledger.next_due(cursor, Turns(Turn(1, NOW))))

    def settle(self, lease: Lease, outcome: Outcome, now: datetime = NOW) -> delivery.Settlement:
        settlement = delivery.settle(lease.delivery, outcome, now, Schedule(), 0.5)
        self.do(lambda cursor: self.ledger.settle(cursor, lease, settlement, now))
        return settlement

    def data_sent(self, lease: Lease, *recipients: Recipient) -> None:
        until = NOW + timedelta(seconds=LEASE)
        self.do(lambda cursor: self.ledger.data_sent(cursor, lease, recipients, until))

    def stranded(self, now: datetime, *active: UUID) -> list[Lease]:
        return self.do(lambda cursor: self.ledger.stranded(cursor, now, active))

    def unreported(self, now: datetime = NOW) -> list[tuple[UUID, str, int]]:
        dues = self.do(lambda cursor: self.ledger.unreported(cursor, now, 100))
        return [(due.reply_id, due.report.kind, due.report.attempt) for due in dues]

    def report_all(self, now: datetime = NOW) -> None:
        def work(cursor: Cursor) -> None:
            dues = self.ledger.unreported(cursor, now, 100)
            self.ledger.reported(cursor, [due.report_id for due in dues], now)

        self.do(work)

    def row(self, reply: Queued, column: str) -> object:
        query = f"SELECT {column} FROM ingest_email.deliveries WHERE reply_id = %s"  # noqa: S608 (a test's own column)
        found = self.connection.execute(query.encode(), (reply.reply_id,)).fetchone()
        assert found is not None
        return found[0]
