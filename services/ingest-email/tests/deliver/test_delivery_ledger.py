"""The ledger on a real PostgreSQL: leases, order within a conversation, doubt at the dot, reports."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import psycopg
import pytest

from ingest_email import delivery
from ingest_email.delivery import Answered, Interrupted, PutOff, Recipient, Silence, Taken
from ingest_email.delivery_lanes import Turn, Turns
from ingest_email.delivery_ledger import LeaseLost, Queued
from ingest_email.testing_ledger import LEASE, NOW, OneProcess, a_reply
from service_kit.ids import new_id

pytestmark = pytest.mark.real
LATER = NOW + timedelta(minutes=30)


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


def arrive(process: OneProcess, *replies: Queued) -> int:
    return process.do(lambda cursor: process.ledger.arrived(cursor, [reply.reply_id for reply in replies], NOW))


def test_what_arrived_by_an_agents_word_is_not_tried_again(process: OneProcess) -> None:
    doubtful, put_off = a_reply(), a_reply()
    process.insert(doubtful, put_off)
    first, second = process.lease()
    process.settle(first, SILENT)
    process.settle(second, PUT_OFF)
    assert arrive(process, doubtful, put_off, a_reply()) == 1
    assert arrive(process, doubtful, put_off) == 0
    assert (process.row(doubtful, "state"), process.row(doubtful, "record")) == ("accepted", None)
    assert [lease.delivery.reply_id for lease in process.lease(LATER)] == [put_off.reply_id]


def test_an_agents_word_stops_an_attempt_before_its_final_dot(process: OneProcess, other: OneProcess) -> None:
    reply = a_reply()
    process.insert(reply)
    process.settle(process.lease()[0], SILENT)
    (repeat,) = process.lease(LATER)
    assert arrive(other, reply) == 1
    with pytest.raises(LeaseLost):
        process.data_sent(repeat, Recipient("unknown"))
    with pytest.raises(LeaseLost):
        process.settle(repeat, PUT_OFF)
    assert process.row(reply, "state") == "accepted"


def test_past_its_final_dot_the_mail_servers_answer_counts(process: OneProcess) -> None:
    reply = a_reply()
    process.insert(reply)
    process.settle(process.lease()[0], SILENT)
    (repeat,) = process.lease(LATER)
    process.data_sent(repeat, Recipient("unknown"))
    assert arrive(process, reply) == 0
    process.settle(repeat, TAKEN)
    assert process.row(reply, "state") == "accepted"


def test_the_table_refuses_states_that_contradict_themselves(process: OneProcess) -> None:
    process.insert(a_reply())
    for change in ("state = 'attempting'", "state = 'sent'", "record = NULL", "due_at = NULL", "settled_at = now()"):
        with pytest.raises(psycopg.errors.CheckViolation):
            process.connection.execute(f"UPDATE ingest_email.deliveries SET {change}".encode())


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
