"""The delivery ledger in PostgreSQL: what is to be sent, who is at it, what became of it, and who was told.

Every method takes a cursor in a transaction of the caller's and makes at most two round trips.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from events import frame
from events.system_mails import SystemMailQueued
from ingest_email import delivery
from ingest_email import ledger_statements as statements
from ingest_email.delivery import Delivery, Recipient, Report, ReportKind, Settlement, State
from ingest_email.delivery_lanes import Turns
from service_kit.database import Connection, Cursor
from service_kit.ids import derived_id

SCHEMA: Final = "ingest_email"
HASTENED: Final = 200
NO_CHANNEL: Final = UUID(int=0)
"""Of replies that were queued before their channel was noted: they go by the relay."""
ORPHANED_REPORT_SECONDS: Final = 60.0
_SYSTEM_MAIL: Final = SystemMailQueued.__name__.encode()
_recipients: Final = msgspec.json.Decoder(tuple[Recipient, ...])
_encode: Final = msgspec.json.encode


class LeaseLost(Exception):
    """Someone else has taken the reply over meanwhile: nothing of this attempt may be sent or written any more."""


class Queued(msgspec.Struct, frozen=True):
    """A reply as it arrives: ids in the clear, the record sealed. Its attempts go on after `after_attempt`."""

    reply_id: UUID
    conversation_id: UUID
    event_id: UUID
    workspace_id: UUID
    correlation_id: UUID
    record: bytes
    channel_id: UUID | None = None
    after_attempt: int = 0


class Lease(msgspec.Struct, frozen=True):
    """A reply that this process alone may attempt until the lease ends."""

    lease_id: UUID
    state: State
    delivery: Delivery
    event_id: UUID
    correlation_id: UUID
    record: bytes
    channel_id: UUID | None = None

    @property
    def is_system_mail(self) -> bool:
        """Whether it is a mail to an agent, whose fate is for our log and metrics and is reported to nobody."""
        kind = _SYSTEM_MAIL in self.record and dict(frame.unpack(self.record).headers).get("ce_type")
        return kind == _SYSTEM_MAIL


class Due(msgspec.Struct, frozen=True):
    """A report with what its event needs."""

    report_id: UUID
    report: Report
    made_at: datetime
    reply_id: UUID
    conversation_id: UUID
    event_id: UUID
    workspace_id: UUID
    correlation_id: UUID


class DeliveryLedger:
    """The ledger as one process sees it. `instance` is the process's lasting name, `incarnation` this run of it."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.incarnation = uuid4()
        self._held_on: Connection | None = None

    def insert(self, cursor: Cursor, replies: Sequence[Queued], now: datetime) -> int:
        """Adds replies in their order, each at most once. One that is there already stays as it is, unless it is
        settled and released anew. Returns how many are due by this."""
        cursor.execute(statements.INSERT, (*_columns(replies), now), binary=True)
        return cursor.rowcount

    def cancel(self, cursor: Cursor, reply_ids: Sequence[UUID], now: datetime) -> int:
        """Settles those of the replies that nobody has attempted since they arrived; what is under way goes on, and is
        reported. Returns how many will not be sent."""
        cursor.execute(statements.CANCEL, (now, list(reply_ids)))
        return cursor.rowcount

    def arrived(self, cursor: Cursor, reply_ids: Sequence[UUID], now: datetime) -> int:
        """An agent knows of these that they arrived: whoever may have one is tried no more, also when an attempt has
        begun that is not at its final dot. Returns how many were in doubt; each takes two further round trips.
        """
        cursor.execute(
            statements.TAKE_DOUBTFUL,
            {"replies": list(reply_ids), "instance": self.instance, "incarnation": self.incarnation, "now": now},
        )
        doubtful = [_lease(row) for row in cursor.fetchall()]
        for lease in doubtful:
            self.settle(cursor, lease, delivery.arrived(lease.delivery, now), now)
        return len(doubtful)

    def lease(self, cursor: Cursor, now: datetime, turns: Turns, seconds: float) -> list[Lease]:
        """Takes due replies whose turn it is, each the oldest open one of its conversation, and notes that they are
        attempted.
        """
        cursor.execute(
            statements.LEASE,
            {
                **parameters(turns),
                "instance": self.instance,
                "incarnation": self.incarnation,
                "until": now + timedelta(seconds=seconds),
            },
        )
        leases = [_lease(row) for row in cursor.fetchall()]
        self._report(cursor, ((lease, Report("attempted", lease.delivery.attempt)) for lease in leases), now)
        return leases

    def data_sent(self, cursor: Cursor, lease: Lease, recipients: Sequence[Recipient], until: datetime) -> None:
        """Before the final dot: from its commit on, a silence means doubt. `recipients` stand as if no answer came.

        Raises LeaseLost: then the final dot must not be sent.
        """
        cursor.execute(statements.DATA_SENT, (_encode(recipients), until, lease.delivery.reply_id, lease.lease_id))
        if cursor.rowcount != 1:
            raise LeaseLost(f"the lease of reply {lease.delivery.reply_id} has passed on before its final dot")

    def settle(self, cursor: Cursor, lease: Lease, settlement: Settlement, now: datetime) -> None:
        """Ends the lease and notes the reports. Raises LeaseLost, and then nothing was written."""
        settled_at = now if settlement.due_at is None else None
        cursor.execute(
            statements.SETTLE,
            (
                settlement.state,
                _encode(settlement.recipients),
                settlement.due_at,
                settled_at,
                settled_at,
                lease.delivery.reply_id,
                lease.lease_id,
            ),
        )
        if cursor.rowcount != 1:
            raise LeaseLost(f"the lease of reply {lease.delivery.reply_id} has passed on before it was settled")
        self._report(cursor, ((lease, report) for report in settlement.reports), now)

    def stranded(self, cursor: Cursor, now: datetime, active: Iterable[UUID]) -> list[Lease]:
        """Leases that nobody works on: ended ones, own ones that aren't `active` (their lease's COMMIT was unclear),
        and at once those of earlier incarnations of this instance that no longer `hold`.

        They stay locked until the caller settles them in the same transaction.
        """
        cursor.execute(
            statements.STRANDED,
            {"now": now, "incarnation": self.incarnation, "active": list(active), "instance": self.instance},
        )
        return [_lease(row) for row in cursor.fetchall()]

    def unreported(self, cursor: Cursor, now: datetime, limit: int) -> list[Due]:
        """Reports that Kafka has not acknowledged, oldest first: own ones, those of earlier incarnations of this
        instance that no longer `hold`, and any that are a minute old.
        """
        orphaned_since = now - timedelta(seconds=ORPHANED_REPORT_SECONDS)
        cursor.execute(statements.UNREPORTED, (self.incarnation, self.instance, orphaned_since, limit))
        return [_due(row) for row in cursor.fetchall()]

    def reported(self, cursor: Cursor, report_ids: Sequence[UUID], now: datetime) -> None:
        """After Kafka's acknowledgement."""
        cursor.execute(statements.REPORTED, (now, list(report_ids)))

    def next_due(self, cursor: Cursor, turns: Turns) -> datetime | None:
        """When the next attempt of those whose turn it is or the end of a lease is, None when there is none."""
        lanes = turns.channels.values()
        rooms = {
            "relay_room": int(turns.may_lease(turns.relay)),
            "rooms": [int(turns.may_lease(turn)) for turn in lanes],
        }
        cursor.execute(statements.NEXT_DUE, parameters(turns) | rooms)
        row = cursor.fetchone()
        return None if row is None else row[0]

    def hasten(self, cursor: Cursor, turns: Turns, hurried: Iterable[UUID | None], now: datetime) -> int:
        """What waits of these channels is due at once; None stands for all that go by the relay. Returns how many: at
        most HASTENED, so that nobody else waits for a long backlog; then there may be more.
        """
        channels = set(hurried)
        cursor.execute(
            statements.HASTEN,
            {
                "now": now,
                "relay": None in channels,
                "hurried": [channel_id for channel_id in channels if channel_id is not None],
                "channels": list(turns.channels),
                "limit": HASTENED,
            },
        )
        return cursor.rowcount

    def counts(self, cursor: Cursor) -> tuple[dict[str, int], int]:
        """Open replies by state, and reports not yet acknowledged."""
        cursor.execute(statements.COUNTS)
        rows: list[tuple[str, int]] = cursor.fetchall()
        by_state = dict(rows)
        return by_state, by_state.pop("unreported", 0)

    def prune(self, cursor: Cursor, before: datetime) -> int:
        """Forgets settled and reported replies older than `before`, which must lie further back than the topic."""
        cursor.execute(statements.PRUNE, (before,))
        return cursor.rowcount

    def hold(self, cursor: Cursor) -> None:
        """Shows to others that this incarnation lives, by a session lock that ends with the connection."""
        if cursor.connection is not self._held_on:
            cursor.execute(statements.HOLD, (str(self.incarnation),))
            self._held_on = cursor.connection

    def _report(self, cursor: Cursor, reports: Iterable[tuple[Lease, Report]], now: datetime) -> None:
        rows = [
            (
                derived_id(lease.event_id, f"{report.kind}/{report.attempt}"),
                lease.delivery.reply_id,
                report.kind,
                report.attempt,
                report.code,
                report.reason,
                report.can_retry,
            )
            for lease, report in reports
            if not lease.is_system_mail
        ]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(statements.REPORT, (now, self.instance, self.incarnation, *columns))


def _columns(replies: Sequence[Queued]) -> list[list[Any]]:
    return [
        [reply.reply_id for reply in replies],
        [reply.conversation_id for reply in replies],
        [reply.event_id for reply in replies],
        [reply.workspace_id for reply in replies],
        [reply.correlation_id for reply in replies],
        [reply.channel_id or NO_CHANNEL for reply in replies],
        [reply.record for reply in replies],
        [reply.after_attempt for reply in replies],
    ]


def _lease(row: tuple[Any, ...]) -> Lease:
    reply_id, lease_id, state, attempt, requested_at, recipients, event_id, correlation_id, record, channel_id = row
    delivery = Delivery(reply_id, attempt, requested_at, _recipients.decode(recipients))
    return Lease(lease_id, state, delivery, event_id, correlation_id, bytes(record), channel_id)


def _due(row: tuple[Any, ...]) -> Due:
    report_id, kind, attempt, code, reason, can_retry, *rest = row
    report_kind: ReportKind = kind
    return Due(report_id, Report(report_kind, attempt, code, reason, can_retry), *rest)


def parameters(turns: Turns) -> dict[str, Any]:
    """The parameters of LEASE and NEXT_DUE."""
    lanes = turns.channels.values()
    return {
        "relay_room": turns.relay.room,
        "relay_before": turns.relay.before,
        "channels": list(turns.channels),
        "rooms": [turn.room for turn in lanes],
        "befores": [turn.before for turn in lanes],
        "suspects": [turn.suspect for turn in lanes],
        "known_places": turns.known,
        "suspect_places": turns.suspects,
    }
