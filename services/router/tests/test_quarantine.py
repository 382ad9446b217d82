"""A record that cannot be handled stops nothing: it is kept, shown, and retried by command."""

from __future__ import annotations

import random

import pytest

from events.commands import AddLabel, RetryQuarantined
from events.inbound import DeliveryAccepted
from router.testing import (
    AS_ANNA,
    COMMANDS,
    EMAIL,
    FakeRecord,
    Workbench,
    envelope,
    kinds,
    mail,
)
from service_kit.faults import StaleOffsets
from service_kit.ids import new_id

pytestmark = pytest.mark.real
TOO_LONG = random.Random(1).randbytes(600_000).hex()


def stranger(bench: Workbench) -> FakeRecord:
    """A record whose bytes are no event at all."""
    return bench.records(b"\x00 not an event")[0]


def test_bytes_that_are_no_event_are_quarantined_and_the_rest_is_handled(bench: Workbench) -> None:
    events = bench.receive(mail(), b"{not json", mail())
    assert kinds(events).count("ConversationOpened") == 2
    quarantined = next(event for event in events if event.type == "InboundQuarantined")
    assert quarantined.data.reason.startswith("MalformedEvent")
    assert (quarantined.data.topic, quarantined.data.partition, quarantined.data.offset) == (EMAIL, 0, 1)
    assert b"{not json" in bench.blobs.kept[quarantined.data.raw]
    assert bench.tallies == [{"appended": 2, "quarantined": 1}]
    assert bench.rows("SELECT name FROM router.blobs") == [(quarantined.data.raw,)]


def test_a_culprit_is_found_by_splitting_and_the_others_are_handled_in_order(bench: Workbench) -> None:
    mails = [mail(f"{n}@c.example") for n in range(9)]
    mails[5] = mail("culprit@c.example", text=TOO_LONG)
    events = bench.receive(*mails)
    assert kinds(events).count("ConversationOpened") == 8
    quarantined = [event for event in events if event.type == "InboundQuarantined"]
    assert [event.data.offset for event in quarantined] == [5]
    assert quarantined[0].data.reason.startswith("EventTooLarge")
    assert [event.data.number for event in events if event.type == "ConversationOpened"] == list(range(1, 9))


def test_the_reason_of_a_quarantine_quotes_no_personal_data(bench: Workbench) -> None:
    events = bench.receive(mail(dedupe_key="maria@customer.example\x00"))
    assert kinds(events) == ["InboundQuarantined"]
    assert "maria" not in events[0].data.reason


def test_a_report_for_a_reply_that_never_was_is_quarantined(bench: Workbench) -> None:
    report = DeliveryAccepted(channel="email", reply_id=new_id(), attempt=1, reported_at=mail().occurred_at)
    events = bench.receive(envelope(report, stream=new_id()))
    assert events[0].data.reason.startswith("ReplyNotFound")


def test_a_quarantined_record_is_handled_on_a_retry(bench: Workbench) -> None:
    bench.set_up_workspace()
    received = mail()
    record = bench.records(received)[0]
    handler = bench.parts.handler
    handler.handle([record], [bench.parts.decoder.broken(record, KeyError("a fault of the code, since mended"))])
    quarantined = bench.events()[-1]
    assert quarantined.type == "InboundQuarantined"

    before = bench.last_position()
    outcome = bench.command(RetryQuarantined(), quarantined.stream)
    assert outcome.state == "done"
    events = bench.events(after=before)
    assert kinds(events) == [
        "QuarantineReleased", "ContactCreated", "ConversationOpened", "ConversationRouted", "CommandHandled",
    ]  # fmt: skip
    assert {event.causation_id for event in events[1:4]} == {events[0].id}
    assert {event.correlation_id for event in events[1:4]} == {received.correlation_id}
    assert {one.topic for one in outcome.shown_at} == {"conversations.v1", "contacts.v1"}
    assert bench.rows("SELECT name FROM router.blobs_to_delete") == [(quarantined.data.raw,)]

    assert bench.command(RetryQuarantined(), quarantined.stream).state == "done"
    assert kinds(bench.events()).count("ConversationOpened") == 1


def test_a_record_that_still_cannot_be_read_stays_in_quarantine(bench: Workbench) -> None:
    bench.receive(b"nothing")
    quarantined = bench.events()[-1]
    outcome = bench.command(RetryQuarantined(), quarantined.stream)
    assert (outcome.state, outcome.code) == ("refused", "conflict.record-still-unreadable")
    assert kinds(bench.events(stream=quarantined.stream)) == ["InboundQuarantined"]


def test_a_record_that_still_fails_stays_in_quarantine(bench: Workbench) -> None:
    bench.receive(mail(text=TOO_LONG))
    quarantined = bench.events()[-1]
    outcome = bench.command(RetryQuarantined(), quarantined.stream)
    assert (outcome.state, outcome.code) == ("refused", "conflict.record-still-unreadable")
    assert "EventTooLarge" in outcome.detail


def test_retrying_what_is_not_in_quarantine_is_refused(bench: Workbench) -> None:
    outcome = bench.command(RetryQuarantined(), new_id())
    assert outcome.code == "not_found.quarantined-record-not-found"


def test_a_command_that_cannot_be_read_is_quarantined_and_its_sender_told(bench: Workbench) -> None:
    bench.set_up_workspace()
    good = envelope(AddLabel(label="vip"), stream=new_id(), actor=AS_ANNA)
    record = bench.records(good, topic=COMMANDS)[0]
    spoilt = FakeRecord(COMMANDS, 0, record.offset, b"key", b'{"data":{"label":7}}', record.headers)
    events = bench.handle([spoilt])
    assert kinds(events) == ["InboundQuarantined", "CommandHandled"]
    assert (events[1].data.command_id, events[1].data.state) == (good.id, "refused")
    assert events[1].data.code == "invalid.command-quarantined"


def test_a_mail_among_commands_and_a_command_among_mails_are_quarantined(bench: Workbench) -> None:
    command = envelope(AddLabel(label="vip"), stream=new_id(), actor=AS_ANNA)
    assert kinds(bench.handle(bench.records(command, topic=EMAIL))) == ["InboundQuarantined"]
    assert kinds(bench.handle(bench.records(mail(), topic=COMMANDS)))[0] == "InboundQuarantined"


def test_a_record_of_another_process_is_stale_before_it_is_a_culprit(bench: Workbench) -> None:
    record = stranger(bench)
    bench.handle([record])
    with pytest.raises(StaleOffsets):
        bench.parts.handler.handle([record])
    assert kinds(bench.events()) == ["InboundQuarantined"]
