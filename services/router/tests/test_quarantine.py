"""A record that cannot be handled stops nothing: it is kept, shown, and retried by command."""

from __future__ import annotations

import random
from typing import Any

import pytest
from msgspec.structs import replace

from events.commands import AddLabel, RetryQuarantined
from events.conversations import QuarantineRetryRequested
from events.envelope import AnyEnvelope, Envelope
from events.inbound import ChannelHealthChanged, DeliveryAccepted, MessageParsedAnew, MessageReceived
from router.testing import (
    AS_ANNA,
    CHANNEL,
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


def quarantined(bench: Workbench, *facts: Envelope[Any]) -> list[AnyEnvelope]:
    """The facts, all of which the router could not handle."""
    error = KeyError("a fault of the code, since mended")
    for record in bench.records(*facts):
        bench.parts.handler.handle([record], [bench.parts.decoder.broken(record, error)])
    return bench.events()[-len(facts) :]


def parsed(
    retry: AnyEnvelope, received: Envelope[MessageReceived] | None, reason: str = ""
) -> Envelope[MessageParsedAnew]:
    """What ingest-email answers to a retry."""
    fact = MessageParsedAnew(
        channel="email",
        quarantine_id=retry.stream,
        retry_id=retry.id,
        received_id=None if received is None else received.id,
        received=None if received is None else received.data,
        reason=reason,
    )
    return envelope(fact, stream=retry.stream)


def asked(bench: Workbench, kept: AnyEnvelope) -> AnyEnvelope:
    """A retry of a mail, as far as it is the router's."""
    before = bench.last_position()
    assert bench.command(RetryQuarantined(), kept.stream).state == "done"
    retry, _ = bench.events(after=before)
    assert retry.type == "QuarantineRetryRequested"
    return retry


def test_a_quarantined_report_is_handled_on_a_retry(bench: Workbench) -> None:
    bench.set_up_workspace()
    health = ChannelHealthChanged(channel="email", channel_id=CHANNEL, state="down", reported_at=mail().occurred_at)
    (kept,) = quarantined(bench, envelope(health, stream=CHANNEL))
    before = bench.last_position()
    outcome = bench.command(RetryQuarantined(), kept.stream)
    assert outcome.state == "done"
    events = bench.events(after=before)
    assert kinds(events) == ["QuarantineReleased", "ChannelHealthNoted", "CommandHandled"]
    assert events[1].causation_id == events[0].id
    assert bench.rows("SELECT name FROM router.blobs_to_delete") == [(kept.data.raw,)]
    assert bench.command(RetryQuarantined(), kept.stream).state == "done"
    assert kinds(bench.events()).count("ChannelHealthNoted") == 1


def test_a_mail_is_kept_with_its_blobs_until_its_channel_has_read_it_anew(bench: Workbench) -> None:
    bench.set_up_workspace()
    received = mail(blobs=("m/raw", "m/old"))
    (kept,) = quarantined(bench, received)
    held = [(name, None) for name in sorted((kept.data.raw, "m/raw", "m/old"))]
    assert bench.rows("SELECT name, contact_id FROM router.blobs ORDER BY name") == held

    retry = asked(bench, kept)
    assert retry.data.raw == kept.data.raw
    topics = bench.connection.execute(
        "SELECT state FROM router.stored_events WHERE originator_id = %s ORDER BY originator_version DESC LIMIT 1",
        (kept.stream,),
    ).fetchone()
    assert topics is not None and b"outbound.email.v1" in bytes(topics[0])

    better = replace(
        received, data=replace(received.data, facts=replace(received.data.facts, blobs=("m/raw", "m/new")))
    )
    events = bench.receive(parsed(retry, better))
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationRouted", "QuarantineReleased"]
    opened = events[1]
    assert opened.data.message.message_id == received.data.facts.message_id
    assert events[3].data.unused == ("m/old",)
    owned = [(name, opened.data.contact_id) for name in ("m/new", "m/raw")]
    assert bench.rows("SELECT name, contact_id FROM router.blobs ORDER BY name") == owned
    assert bench.rows("SELECT name FROM router.blobs_to_delete ORDER BY name") == sorted([(kept.data.raw,), ("m/old",)])


def test_however_often_it_is_asked_and_answered_a_mail_comes_once(bench: Workbench) -> None:
    bench.set_up_workspace()
    received = mail()
    (kept,) = quarantined(bench, received)
    first, second = asked(bench, kept), asked(bench, kept)
    bench.receive(parsed(first, received))
    assert bench.receive(parsed(first, received), parsed(second, received)) == []
    assert bench.command(RetryQuarantined(), kept.stream).state == "done"
    found = kinds(bench.events())
    assert (found.count("ConversationOpened"), found.count("QuarantineReleased")) == (1, 1)
    assert bench.tallies[-2] == {"duplicate": 1}


def test_a_mail_of_which_another_copy_came_meanwhile_is_released_as_a_duplicate(bench: Workbench) -> None:
    bench.set_up_workspace()
    received = mail(dedupe_key="same", blobs=("m/raw",))
    (kept,) = quarantined(bench, received)
    bench.receive(mail(dedupe_key="same", blobs=("n/raw",)))
    events = bench.receive(parsed(asked(bench, kept), received))
    assert kinds(events) == ["QuarantineReleased"]
    assert events[0].data.unused == ("m/raw",)
    assert bench.rows("SELECT name FROM router.blobs") == [("n/raw",)]


def test_the_blobs_of_a_message_stay_although_a_second_record_of_it_was_quarantined(bench: Workbench) -> None:
    bench.set_up_workspace()
    received = mail(blobs=("m/raw",))
    bench.receive(received)
    (kept,) = quarantined(bench, received)
    bench.receive(parsed(asked(bench, kept), received))
    assert [name for (name,) in bench.rows("SELECT name FROM router.blobs")] == ["m/raw"]
    assert bench.rows("SELECT name FROM router.blobs_to_delete") == [(kept.data.raw,)]


def test_a_mail_that_cannot_be_read_anew_stays_and_says_why_once(bench: Workbench) -> None:
    (kept,) = quarantined(bench, mail())
    retry = asked(bench, kept)
    events = bench.receive(parsed(retry, None, "raw-missing"), parsed(retry, None, "raw-missing"))
    assert kinds(events) == ["QuarantineRetryFailed"]
    assert (events[0].stream, events[0].data.retry_id, events[0].data.reason) == (kept.stream, retry.id, "raw-missing")
    assert len(bench.rows("SELECT name FROM router.blobs")) == 1


def test_a_mail_that_cannot_be_handled_as_it_is_read_anew_stays_and_says_why(bench: Workbench) -> None:
    bench.set_up_workspace()
    (kept,) = quarantined(bench, mail())
    too_long = bench.receive(parsed(asked(bench, kept), mail(text=TOO_LONG)))
    assert kinds(too_long) == ["QuarantineRetryFailed"]
    assert too_long[0].data.reason.startswith("EventTooLarge")
    odd = bench.receive(parsed(asked(bench, kept), mail(dedupe_key="a\x00b")))
    assert kinds(odd) == ["QuarantineRetryFailed"]


def test_an_answer_about_what_was_never_in_quarantine_changes_nothing(bench: Workbench) -> None:
    lost = envelope(QuarantineRetryRequested(raw="a/b"), stream=new_id())
    assert bench.receive(parsed(lost, mail())) == []
    assert bench.tallies[-1] == {"duplicate": 1}


def test_a_record_that_still_cannot_be_read_stays_in_quarantine(bench: Workbench) -> None:
    bench.receive(b"nothing")
    quarantined = bench.events()[-1]
    outcome = bench.command(RetryQuarantined(), quarantined.stream)
    assert (outcome.state, outcome.code) == ("refused", "conflict.record-still-unreadable")
    assert kinds(bench.events(stream=quarantined.stream)) == ["InboundQuarantined"]


def test_a_record_that_still_fails_stays_in_quarantine(bench: Workbench) -> None:
    report = DeliveryAccepted(channel="email", reply_id=new_id(), attempt=1, reported_at=mail().occurred_at)
    bench.receive(envelope(report, stream=new_id()))
    kept = bench.events()[-1]
    outcome = bench.command(RetryQuarantined(), kept.stream)
    assert (outcome.state, outcome.code) == ("refused", "conflict.record-still-unreadable")
    assert "ReplyNotFound" in outcome.detail


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
