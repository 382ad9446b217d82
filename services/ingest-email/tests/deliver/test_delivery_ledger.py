"""The ledger on a real PostgreSQL: leases, order within a conversation, doubt at the dot, reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec
import psycopg
import pytest

from ingest_email import delivery, delivery_ledger
from ingest_email import ledger_statements as statements
from ingest_email.delivery import Answered, Interrupted, Outcome, PutOff, Recipient, Schedule, Silence, Taken
from ingest_email.delivery_lanes import Turn, Turns
from ingest_email.delivery_ledger import HASTENED, NO_CHANNEL, SCHEMA, DeliveryLedger, Lease, LeaseLost, Queued
from service_kit import database
from service_kit.database import Connection, Cursor
from service_kit.ids import new_id

pytestmark = pytest.mark.real
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
LEASE = 600.0
T = TypeVar("T")


@pytest.fixture
def dsn(fresh_database: str) -> str:
    database.migrate(fresh_database, SCHEMA, "ingest_email.migrations")
    return fresh_database


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
        query = f"SELECT {column} FROM ingest_email.deliveries WHERE reply_id = %s"
        found = self.connection.execute(query.encode(), (reply.reply_id,)).fetchone()
        assert found is not None
        return found[0]


@pytest.fixture
def process(dsn: str) -> Iterator[OneProcess]:
    process = OneProcess(dsn)
    yield process
    process.connection.close()


@pytest.fixture
def other(dsn: str) -> Iterator[OneProcess]:
    process = OneProcess(dsn, "1")
    yield process
    process.connection.close()


def a_reply(conversation_id: UUID | None = None) -> Queued:
    return Queued(new_id(), conversation_id or new_id(), new_id(), new_id(), new_id(), b"sealed")


TAKEN = Answered(("ann@example.org",), {0: Taken()})
PUT_OFF = Answered(("ann@example.org",), {0: PutOff("451")})
SILENT = Answered(("ann@example.org",), {0: Silence()})


def test_a_reply_is_leased_with_its_record_and_its_first_attempt_is_to_be_reported(process: OneProcess) -> None:
    reply = a_reply()
    assert process.insert(reply) == 1
    (lease,) = process.lease()
    assert (lease.delivery.reply_id, lease.delivery.attempt, lease.record) == (reply.reply_id, 1, b"sealed")
    assert (lease.event_id, lease.correlation_id) == (reply.event_id, reply.correlation_id)
    assert process.unreported() == [(reply.reply_id, "attempted", 1)]


def test_a_reply_that_comes_again_is_the_same_reply(process: OneProcess) -> None:
    reply = a_reply()
    process.insert(reply)
    assert process.insert(reply, a_reply()) == 1
    process.settle(process.lease()[0], TAKEN)
    assert process.insert(reply) == 0
    assert reply.reply_id not in [lease.delivery.reply_id for lease in process.lease()]


def test_a_leased_reply_is_nobody_elses(process: OneProcess, other: OneProcess) -> None:
    process.insert(a_reply(), a_reply())
    assert len(process.lease(limit=1)) == 1
    assert len(other.lease()) == 1
    assert process.lease() == other.lease() == []


def test_two_processes_that_lease_at_once_never_share_a_reply(process: OneProcess, other: OneProcess) -> None:
    process.insert(*(a_reply() for _ in range(20)))
    with process.connection.transaction(), process.connection.cursor() as cursor:
        mine = process.ledger.lease(cursor, NOW, Turns(Turn(12, NOW)), LEASE)
        theirs = other.lease(limit=20)
    ids = {lease.delivery.reply_id for lease in (*mine, *theirs)}
    assert (len(mine), len(theirs), len(ids)) == (12, 8, 20)


def test_replies_of_a_conversation_go_out_one_after_the_other_in_their_order(
    process: OneProcess, other: OneProcess
) -> None:
    conversation = new_id()
    replies = [a_reply(conversation) for _ in range(4)]
    process.insert(*replies)
    for reply in replies:
        (lease,) = process.lease()
        assert lease.delivery.reply_id == reply.reply_id
        assert other.lease() == []
        process.settle(lease, TAKEN)


def test_backing_off_holds_up_its_own_conversation_only(process: OneProcess) -> None:
    conversation, elsewhere = new_id(), a_reply()
    first, second = a_reply(conversation), a_reply(conversation)
    process.insert(first, second)
    settlement = process.settle(process.lease()[0], PUT_OFF)
    process.insert(elsewhere)
    assert [lease.delivery.reply_id for lease in process.lease()] == [elsewhere.reply_id]
    assert settlement.due_at is not None
    (again,) = process.lease(settlement.due_at)
    assert (again.delivery.reply_id, again.delivery.attempt) == (first.reply_id, 2)


def test_doubt_holds_up_its_conversation_until_the_repeat(process: OneProcess) -> None:
    conversation = new_id()
    first, second = a_reply(conversation), a_reply(conversation)
    process.insert(first, second)
    process.settle(process.lease()[0], SILENT)
    (repeat,) = process.lease(LATER)
    assert (repeat.delivery.reply_id, repeat.delivery.recipients) == (first.reply_id, (Recipient("doubtful"),))
    process.settle(repeat, TAKEN)
    assert [lease.delivery.reply_id for lease in process.lease(LATER)] == [second.reply_id]


def test_a_settled_reply_keeps_neither_its_record_nor_its_reason_once_reported(process: OneProcess) -> None:
    reply = a_reply()
    process.insert(reply)
    process.settle(process.lease()[0], delivery.Impossible("unsendable", "ann@example.org is odd"))
    assert process.row(reply, "record") is None
    dues = process.do(lambda cursor: process.ledger.unreported(cursor, NOW, 10))
    assert [due.report.reason for due in dues] == ["", "ann@example.org is odd"]
    process.report_all()
    assert process.connection.execute("SELECT DISTINCT reason FROM ingest_email.delivery_reports").fetchall() == [("",)]
    assert process.unreported() == []


def test_an_unfinished_attempt_is_stranded_only_after_its_lease(process: OneProcess, other: OneProcess) -> None:
    process.insert(a_reply())
    process.lease()
    assert other.stranded(NOW + timedelta(seconds=LEASE - 1)) == []
    (lease,) = other.stranded(NOW + timedelta(seconds=LEASE))
    assert lease.state == "attempting"


def test_after_the_dot_the_lease_is_longer_and_the_doubt_is_on_the_row(process: OneProcess, other: OneProcess) -> None:
    reply = a_reply()
    process.insert(reply)
    (lease,) = process.lease()
    process.data_sent(lease, Recipient("doubtful"), Recipient("refused", "550"))
    (found,) = other.stranded(LATER)
    assert found.state == "data_sent"
    assert found.delivery.recipients == (Recipient("doubtful"), Recipient("refused", "550"))
    settlement = other.settle(found, Interrupted(), LATER)
    assert (settlement.state, process.row(reply, "state")) == ("unknown", "unknown")
    assert (reply.reply_id, "uncertain", 1) in other.unreported(LATER)


def test_whoever_lost_the_lease_may_neither_send_nor_settle(process: OneProcess, other: OneProcess) -> None:
    process.insert(a_reply())
    (lease,) = process.lease()
    (stranded,) = other.stranded(LATER)
    other.settle(stranded, delivery.Postponed("interrupted"), LATER)
    with pytest.raises(LeaseLost):
        process.data_sent(lease, Recipient("doubtful"))
    with pytest.raises(LeaseLost):
        process.settle(lease, TAKEN)
    assert [kind for _, kind, _ in process.unreported(LATER)] == ["attempted"]


def test_the_dot_is_granted_once(process: OneProcess) -> None:
    process.insert(a_reply())
    (lease,) = process.lease()
    process.data_sent(lease, Recipient("doubtful"))
    with pytest.raises(LeaseLost):
        process.data_sent(lease, Recipient("doubtful"))


def test_a_lease_whose_commit_was_unclear_is_found_again_by_its_own_process(process: OneProcess) -> None:
    process.insert(a_reply(), a_reply())
    known, forgotten = process.lease()
    assert process.stranded(NOW, known.lease_id) == [forgotten]


def test_a_restarted_process_takes_over_from_its_former_self_as_soon_as_that_is_gone(
    process: OneProcess, dsn: str
) -> None:
    process.do(process.ledger.hold)
    process.insert(a_reply())
    process.lease()
    successor = OneProcess(dsn)
    successor.do(successor.ledger.hold)
    assert successor.stranded(NOW) == [] and successor.unreported() == []
    process.connection.close()
    while not (stranded := successor.stranded(NOW)):
        pass
    assert [lease.state for lease in stranded] == ["attempting"]
    assert len(successor.unreported()) == 1
    successor.connection.close()


def test_another_process_waits_for_the_end_of_the_lease_even_when_its_holder_is_gone(
    process: OneProcess, other: OneProcess
) -> None:
    process.insert(a_reply())
    process.lease()
    process.connection.close()
    assert other.stranded(NOW) == [] and other.unreported(NOW) == []
    assert len(other.stranded(LATER)) == len(other.unreported(LATER)) == 1


def test_reports_of_a_living_process_are_its_own_until_they_are_old(process: OneProcess, other: OneProcess) -> None:
    process.insert(a_reply())
    process.lease()
    assert other.unreported(NOW) == []
    assert len(other.unreported(LATER)) == 1


def test_a_report_made_twice_is_one_report(process: OneProcess) -> None:
    process.insert(a_reply())
    (lease,) = process.lease()
    report = delivery.Report("attempted", 1)
    process.do(lambda cursor: process.ledger._report(cursor, [(lease, report)], NOW))
    assert len(process.unreported()) == 1


def test_the_next_due_moment_ignores_what_waits_for_its_predecessor(process: OneProcess) -> None:
    assert process.next_due() is None
    conversation = new_id()
    process.insert(a_reply(conversation), a_reply(conversation))
    settlement = process.settle(process.lease()[0], PUT_OFF)
    assert process.next_due() == settlement.due_at
    assert settlement.due_at is not None
    process.lease(settlement.due_at)
    assert process.next_due() == settlement.due_at + timedelta(seconds=LEASE)


def test_counts_show_what_is_open_and_unreported(process: OneProcess) -> None:
    process.insert(*(a_reply() for _ in range(3)))
    process.settle(process.lease(limit=1)[0], TAKEN)
    process.lease(limit=1)
    by_state, unreported = process.do(process.ledger.counts)
    assert by_state == {"requested": 1, "attempting": 1}
    assert unreported == 3


def test_only_settled_and_reported_replies_are_forgotten(process: OneProcess) -> None:
    process.insert(a_reply(), a_reply(), a_reply())
    first, second, _ = process.lease()
    process.settle(first, TAKEN)
    process.report_all()
    process.settle(second, TAKEN)
    assert process.do(lambda cursor: process.ledger.prune(cursor, LATER)) == 1
    assert process.do(lambda cursor: process.ledger.prune(cursor, NOW)) == 0


def test_the_table_refuses_states_that_contradict_themselves(process: OneProcess) -> None:
    process.insert(a_reply())
    for change in ("state = 'attempting'", "state = 'sent'", "record = NULL", "due_at = NULL", "settled_at = now()"):
        with pytest.raises(psycopg.errors.CheckViolation):
            process.connection.execute(f"UPDATE ingest_email.deliveries SET {change}".encode())


def by_channel(channel_id: UUID) -> Queued:
    return msgspec.structs.replace(a_reply(), channel_id=channel_id)


def test_each_lane_gives_what_it_has_room_for_and_the_relay_serves_all_others(process: OneProcess) -> None:
    mine, dead, other = new_id(), new_id(), new_id()
    own = [by_channel(mine) for _ in range(3)]
    process.insert(*own, by_channel(dead), *(unknown := [by_channel(other), a_reply()]))
    turns = Turns(
        Turn(10, NOW),
        {mine: Turn(2, NOW), dead: Turn(1, NOW - timedelta(hours=48), suspect=True, closed=True)},
        known=5,
        suspects=5,
    )
    leased = {lease.delivery.reply_id: lease.channel_id for lease in process.lease_turns(turns)}
    assert leased == {
        own[0].reply_id: mine,
        own[1].reply_id: mine,
        unknown[0].reply_id: other,
        unknown[1].reply_id: NO_CHANNEL,
    }


def test_servers_that_are_not_known_to_work_share_their_own_places(process: OneProcess) -> None:
    suspects, known = [new_id() for _ in range(5)], new_id()
    process.insert(*(by_channel(channel_id) for channel_id in suspects), by_channel(known))
    lanes = {channel_id: Turn(1, NOW, suspect=True) for channel_id in suspects} | {known: Turn(4, NOW)}
    leased = [lease.channel_id for lease in process.lease_turns(Turns(Turn(0, NOW), lanes, known=1, suspects=2))]
    assert len(leased) == 3 and known in leased


def test_what_has_waited_too_long_is_leased_from_a_closed_lane(process: OneProcess) -> None:
    channel_id = new_id()
    process.insert(by_channel(channel_id))
    later = NOW + timedelta(hours=49)
    closed = Turns(
        Turn(0, later), {channel_id: Turn(1, later - timedelta(hours=48), suspect=True, closed=True)}, suspects=1
    )
    assert len(process.lease_turns(closed, later)) == 1


def test_a_closed_lane_is_nothing_to_wait_for(process: OneProcess) -> None:
    channel_id = new_id()
    process.insert(by_channel(channel_id))
    for turn, due in ((Turn(1, NOW, suspect=True, closed=True), None), (Turn(1, NOW, suspect=True), NOW)):
        turns = Turns(Turn(1, NOW), {channel_id: turn}, suspects=1)
        assert process.do(lambda cursor, turns=turns: process.ledger.next_due(cursor, turns)) == due  # type: ignore[misc]


def test_what_waits_of_a_channel_is_hastened_and_nothing_else(process: OneProcess) -> None:
    mine, own = new_id(), new_id()
    replies = [by_channel(mine), by_channel(own), a_reply()]
    process.insert(*replies)
    turns = Turns(Turn(10, NOW), {own: Turn(4, NOW)}, known=5)
    for lease in process.lease_turns(turns):
        process.settle(lease, PUT_OFF)

    def hasten(*hurried: UUID | None) -> int:
        return process.do(lambda cursor: process.ledger.hasten(cursor, turns, hurried, NOW))

    assert [hasten(own), hasten(own), hasten(None), hasten(None)] == [1, 0, 2, 0]


def test_a_long_backlog_is_hastened_a_portion_at_a_time_the_oldest_first(process: OneProcess) -> None:
    channel_id = new_id()
    replies = [by_channel(channel_id) for _ in range(HASTENED + 1)]
    process.insert(*replies, now=LATER)
    turns = Turns(Turn(0, NOW), {channel_id: Turn(500, NOW)}, known=500)

    def hasten() -> int:
        return process.do(lambda cursor: process.ledger.hasten(cursor, turns, [channel_id], NOW))

    assert hasten() == HASTENED
    assert {lease.delivery.reply_id for lease in process.lease_turns(turns)} == {one.reply_id for one in replies[:-1]}
    assert [hasten(), hasten()] == [1, 0]


def test_what_waits_for_a_dead_server_is_not_looked_at_when_others_are_leased(process: OneProcess) -> None:
    dead, other = new_id(), new_id()
    process.insert(*(by_channel(dead) for _ in range(3_000)))
    process.insert(by_channel(other), now=NOW + timedelta(seconds=1))
    process.connection.execute("ANALYZE ingest_email.deliveries")
    later = NOW + timedelta(minutes=1)
    turns = Turns(Turn(8, later), {dead: Turn(0, later, suspect=True)})

    def buffers(statement: str, **parameters: object) -> int:
        explained = process.connection.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}".encode(), parameters
        ).fetchone()
        assert explained is not None
        return int(explained[0][0]["Plan"]["Shared Hit Blocks"])

    told = delivery_ledger.parameters(turns)
    assert buffers(statements.NEXT_DUE, **told) < 500
    leased = {"instance": "test", "incarnation": new_id(), "until": later}
    assert buffers(statements.LEASE, **told, **leased) < 500


def again(reply: Queued, after_attempt: int = 1) -> Queued:
    """The reply released anew."""
    return msgspec.structs.replace(reply, event_id=new_id(), after_attempt=after_attempt, record=b"again")


def test_a_settled_reply_that_is_released_again_is_due_with_further_attempts(process: OneProcess) -> None:
    reply = a_reply()
    process.insert(reply)
    (lease,) = process.lease()
    process.settle(lease, Answered(("a@b.test",), {0: delivery.TurnedDown("550")}))
    retried = again(reply)
    assert process.insert(retried, now=LATER) == 1
    assert process.insert(retried, now=LATER) == 0
    (second,) = process.lease(LATER)
    assert (second.delivery.attempt, second.delivery.recipients, second.record) == (2, (), b"again")
    process.settle(second, Answered(("a@b.test",), {0: Taken()}), LATER)
    assert process.insert(retried, now=LATER) == 0
    assert process.row(reply, "state") == "accepted"


def test_a_reply_under_way_is_not_begun_anew(process: OneProcess) -> None:
    reply = a_reply()
    process.insert(reply)
    assert process.insert(again(reply)) == 0
    process.lease()
    assert process.insert(again(reply)) == 0
    assert process.row(reply, "attempt") == 1


def test_only_what_nobody_has_attempted_is_cancelled(process: OneProcess) -> None:
    waiting, tried = a_reply(), a_reply()
    process.insert(tried)
    process.lease()
    process.insert(waiting)
    cancelled = [waiting.reply_id, tried.reply_id, new_id()]
    assert process.do(lambda cursor: process.ledger.cancel(cursor, cancelled, NOW)) == 1
    assert process.do(lambda cursor: process.ledger.cancel(cursor, cancelled, NOW)) == 0
    assert process.lease() == []
    assert process.row(waiting, "record") is None and process.row(tried, "state") == "attempting"
