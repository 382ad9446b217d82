"""The delivering process on real parts: from the log to a mail server and back to the log."""

from __future__ import annotations

import email
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events import codec
from events.commands import ResolveConversation
from events.conversations import QuarantineRetryRequested, ReplyContent, ReplySent
from events.values import Address, Attachment
from ingest_email.deliver import GROUP
from service_kit.clock import utc_now
from service_kit.ids import new_id

pytestmark = pytest.mark.real
Content = Callable[..., ReplyContent]


def kinds(reports: list[Any]) -> list[tuple[str, int]]:
    return [(type(envelope.data).__name__, envelope.data.attempt) for envelope in reports]


def message_id(content: bytes) -> str:
    return str(email.message_from_bytes(content)["Message-ID"])


async def test_a_queued_reply_arrives_once_and_is_reported_however_often_the_relay_repeats_it(
    desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk = desk_with_intake
    reply_id, conversation_id = new_id(), new_id()
    envelope = desk.event(reply_content(reply_id), reply_id, conversation_id)
    record = desk.sealed(envelope, new_id())
    await desk.publish("outbound.email.v1", conversation_id, record, record)
    async with desk.running("replies", "listener", "workers", "reports") as deliverer:
        await desk.until_state(reply_id, "accepted")
        await desk.until_reported()
        await desk.until(lambda: deliverer.health.is_ready)
    reports = await desk.reports(reply_id)
    assert kinds(reports) == [("DeliveryAttempted", 1), ("DeliveryAccepted", 1)]
    for report in reports:
        assert (report.stream, report.causation_id) == (conversation_id, envelope.id)
        assert (report.correlation_id, report.workspace_id) == (envelope.correlation_id, envelope.workspace_id)
    (received,) = mail_server.received
    assert message_id(received.content) == f"<{reply_id.hex}.token@postroom.localhost>"
    assert b"Good morning" in received.content
    assert b"postroom_replies_finished_total" in deliverer.metrics.page()[1]


async def test_what_is_no_reply_becomes_a_dead_letter_and_stops_nothing(
    desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk = desk_with_intake
    reply_id, conversation_id = new_id(), new_id()
    envelope = desk.event(reply_content(reply_id), reply_id, conversation_id)
    stranger = codec.encode(desk.event(reply_content(reply_id), reply_id, conversation_id, data=ResolveConversation()))
    garbage = codec.Record([("ce_type", b"ReplyQueued")], b"\0not json")
    for_receivers = desk.event(
        reply_content(reply_id), reply_id, conversation_id, data=QuarantineRetryRequested(raw="a/b")
    )
    good = desk.sealed(envelope, new_id())
    await desk.publish("outbound.email.v1", conversation_id, stranger, garbage, codec.encode(for_receivers), good)
    async with desk.running("replies", f"watchdog of {GROUP}", "listener", "workers", "reports"):
        await desk.until_state(reply_id, "accepted")
    assert len(mail_server.received) == 1
    letters = [dict(record.headers) for record in await desk.read("dead-letters.ingest-email.delivery.v1")]
    assert {(letter["dl_partition"], letter["dl_offset"]) for letter in letters if letter["dl_reason"]} == {
        (letters[0]["dl_partition"], offset) for offset in (b"0", b"1")
    }


async def test_a_reply_that_is_put_off_is_tried_until_it_is_taken(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    mail_server.script["MAIL"] += ["451 later", "421 busy"]
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    async with desk.running():
        await desk.until_state(reply_id, "accepted")
        await desk.until_reported()
    attempts = [("DeliveryAttempted", number) for number in (1, 2, 3)]
    assert kinds(await desk.reports(reply_id)) == [*attempts, ("DeliveryAccepted", 3)]
    assert len(mail_server.received) == 1


async def test_a_refusal_is_reported_with_the_servers_words_and_never_tried_again(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    mail_server.script["RCPT"].append("550 5.1.1 no such user")
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    async with desk.running():
        await desk.until_state(reply_id, "failed")
        await desk.until_reported()
    *_, refused = await desk.reports(reply_id)
    assert (refused.data.code, refused.data.can_retry) == ("550", True)
    assert refused.data.reason == "ann@example.org: 550 5.1.1 no such user"
    assert mail_server.connections == 1


async def test_a_deferred_recipient_is_served_later_without_a_second_copy_for_the_others(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    mail_server.script["RCPT"] += ["250 ok", "450 greylisted"]
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id, "ann@example.org", "bob@example.org")))
    async with desk.running():
        await desk.until_state(reply_id, "accepted")
    assert [received.recipients for received in mail_server.received] == [("ann@example.org",), ("bob@example.org",)]


@pytest.mark.parametrize("fault", ["cut", "hang"])
async def test_silence_after_the_final_dot_is_flagged_and_repeated_once_under_the_same_id(
    desk: Any, mail_server: Any, reply_content: Content, fault: str
) -> None:
    mail_server.script["DOT"].append(fault)
    desk.own = desk.impatient()
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    async with desk.running():
        await desk.until_state(reply_id, "accepted")
        await desk.until_reported()
    assert kinds(await desk.reports(reply_id)) == [
        ("DeliveryAttempted", 1),
        ("DeliveryUncertain", 1),
        ("DeliveryAttempted", 2),
        ("DeliveryAccepted", 2),
    ]
    first, repeat = mail_server.received
    assert first.content == repeat.content and not first.answered and repeat.answered


async def test_a_server_that_never_answers_the_dot_gets_two_copies_and_no_third(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    mail_server.script["DOT"] += ["cut"] * 9
    reply_id, conversation_id, next_id = new_id(), new_id(), new_id()
    desk.queue((reply_id, conversation_id, reply_content(reply_id)))
    async with desk.running():
        await desk.until(lambda: desk.is_settled(reply_id))
        mail_server.script["DOT"].clear()
        desk.queue((next_id, conversation_id, reply_content(next_id)))
        await desk.until_state(next_id, "accepted")
        await desk.until_reported()
    assert desk.state(reply_id) == "unknown"
    assert [message_id(received.content)[1:33] for received in mail_server.received] == [
        reply_id.hex,
        reply_id.hex,
        next_id.hex,
    ]
    reports = await desk.reports(reply_id)
    assert kinds(reports)[-1] == ("DeliveryUncertain", 2)
    assert [each.data.final for each in reports if each.type == "DeliveryUncertain"] == [False, True]


async def test_a_reply_that_arrived_by_an_agents_word_is_not_sent_a_second_time(
    desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk = desk_with_intake
    mail_server.script["DOT"].append("cut")
    mail_server.script["MAIL"] += ["250 ok", *["451 later"] * 1000]
    reply_id, conversation_id, next_id = new_id(), new_id(), new_id()
    desk.queue((reply_id, conversation_id, reply_content(reply_id)))
    async with desk.running("replies", "listener", "workers", "reports"):
        await desk.until_state(reply_id, "unknown")
        await mail_server.until(lambda: sum(command.startswith("MAIL") for command in mail_server.commands) > 2)
        known = desk.event(
            reply_content(reply_id),
            reply_id,
            conversation_id,
            data=ReplySent(reply_id=reply_id, attempt=1, channel="email"),
        )
        await desk.publish("outbound.email.v1", conversation_id, codec.encode(known))
        await desk.until_state(reply_id, "accepted")
        mail_server.script["MAIL"].clear()
        desk.queue((next_id, conversation_id, reply_content(next_id)))
        await desk.until_state(next_id, "accepted")
    assert [message_id(received.content)[1:33] for received in mail_server.received] == [reply_id.hex, next_id.hex]


async def test_replies_of_a_conversation_arrive_in_order_while_others_overtake(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    conversations = [new_id() for _ in range(6)]
    replies = [(new_id(), conversations[number % 6]) for number in range(48)]
    mail_server.script["MAIL"] += ["451 later", "250 ok", "421 busy"] * 8
    mail_server.script["RCPT"] += ["250 ok", "450 later"] * 6
    desk.queue(*((reply_id, place, reply_content(reply_id)) for reply_id, place in replies))
    async with desk.running(), desk.running():
        await desk.until(lambda: all(desk.is_settled(reply_id) for reply_id, _ in replies))
    arrived = [message_id(received.content)[1:33] for received in mail_server.received]
    assert sorted(arrived) == sorted(reply_id.hex for reply_id, _ in replies)
    for conversation_id in conversations:
        wanted = [reply_id.hex for reply_id, place in replies if place == conversation_id]
        assert [one for one in arrived if one in wanted] == wanted


async def test_an_erased_person_gets_no_mail_and_the_reply_is_refused(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    reply_id, contact_id = new_id(), new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)), contact_id=contact_id)
    desk.erase(contact_id)
    async with desk.running():
        await desk.until_state(reply_id, "failed")
        await desk.until_reported()
    *_, refused = await desk.reports(reply_id)
    assert (refused.data.code, refused.data.can_retry) == ("erased", False)
    assert mail_server.connections == 0


async def test_a_reply_whose_person_was_erased_before_the_intake_is_refused_too(
    desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk = desk_with_intake
    reply_id, conversation_id, contact_id = new_id(), new_id(), new_id()
    record = desk.sealed(desk.event(reply_content(reply_id), reply_id, conversation_id), contact_id)
    desk.erase(contact_id)
    await desk.publish("outbound.email.v1", conversation_id, record)
    async with desk.running("replies", "listener", "workers", "reports"):
        await desk.until_state(reply_id, "failed")
        await desk.until_reported()
    assert (await desk.reports(reply_id))[-1].data.code == "erased"
    assert mail_server.connections == 0


async def test_the_ledger_holds_no_word_of_a_reply_in_the_clear(
    desk_with_intake: Any, mail_server: Any, reply_content: Content
) -> None:
    desk = desk_with_intake
    mail_server.script["RCPT"] += ["451 <ann@example.org> is busy"] * 1000
    reply_id, conversation_id = new_id(), new_id()
    content = reply_content(reply_id, subject="Canary subject", text="Canary text")
    await desk.publish(
        "outbound.email.v1", conversation_id, desk.sealed(desk.event(content, reply_id, conversation_id), new_id())
    )
    async with desk.running("replies", "listener", "workers", "reports"):
        await desk.until(lambda: mail_server.connections > 2)
        rows = desk.execute("SELECT d::text, encode(record, 'escape') FROM ingest_email.deliveries d")
        rows += desk.execute("SELECT r::text FROM ingest_email.delivery_reports r")
    assert len(rows) > 1
    assert "anary" not in str(rows) and "ann@" not in str(rows)


async def test_an_erasure_between_two_attempts_is_obeyed(desk: Any, mail_server: Any, reply_content: Content) -> None:
    mail_server.script["MAIL"] += ["451 later"] * 1000
    reply_id, contact_id = new_id(), new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)), contact_id=contact_id)
    async with desk.running():
        await mail_server.until(lambda: any(command.startswith("MAIL") for command in mail_server.commands))
        desk.erase(contact_id)
        await desk.until_state(reply_id, "failed")
    assert mail_server.received == []


async def test_a_missing_key_is_a_fault_and_the_reply_waits_for_it(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    reply_id, contact_id = new_id(), new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)), contact_id=contact_id)
    desk.execute("CREATE TABLE kept AS TABLE keyring.keys")
    desk.execute("DELETE FROM keyring.keys WHERE key_id = %s", contact_id)
    async with desk.running() as deliverer:
        await desk.until(
            lambda: (
                "missing" in str(deliverer.health.report()["keyring"])
                or "no row" in str(deliverer.health.report()["keyring"])
            )
        )
        assert desk.state(reply_id) in ("requested", "attempting")
        desk.execute("INSERT INTO keyring.keys TABLE kept ON CONFLICT DO NOTHING")
        await desk.until_state(reply_id, "accepted")
        assert deliverer.health.report()["keyring"] == "ready"
    assert len(mail_server.received) == 1


async def test_files_come_from_the_blob_store_and_a_lost_one_refuses_the_reply(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    def with_file(reply_id: UUID, blob: str) -> ReplyContent:
        file = Attachment(new_id(), "terms.pdf", "application/pdf", 4, blob)
        return reply_content(reply_id, attachments=(file,))

    await desk.blobs.put("upload/there", b"%PDF")
    there, gone = new_id(), new_id()
    desk.queue((there, new_id(), with_file(there, "upload/there")), (gone, new_id(), with_file(gone, "upload/gone")))
    async with desk.running():
        await desk.until_state(there, "accepted")
        await desk.until_state(gone, "failed")
        await desk.until_reported()
    (received,) = mail_server.received
    *_, part = email.message_from_bytes(received.content).walk()
    assert part.get_payload(decode=True) == b"%PDF"
    assert (await desk.reports(gone))[-1].data.code == "attachment-missing"


async def test_a_subject_with_a_line_break_is_refused_and_never_sent(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id, subject="Hi\r\nBcc: evil@example.net")))
    async with desk.running():
        await desk.until_state(reply_id, "failed")
        await desk.until_reported()
    assert (await desk.reports(reply_id))[-1].data.code == "unsendable"
    assert mail_server.connections == 0


async def test_blind_copies_arrive_and_stay_blind(desk: Any, mail_server: Any, reply_content: Content) -> None:
    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id, bcc=(Address("secret@example.net"),))))
    async with desk.running():
        await desk.until_state(reply_id, "accepted")
    (received,) = mail_server.received
    assert received.recipients == ("ann@example.org", "secret@example.net")
    assert b"secret" not in received.content


async def test_a_broken_transport_is_a_fault_that_is_tried_again(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    class BrokenOnce:
        calls = 0

        async def send(self, mail: Any, wanted: Any, before_final_dot: Any) -> Any:
            self.calls += 1
            if self.calls == 1:
                raise ZeroDivisionError
            server = desk.transport()
            answered = await server.send(mail, wanted, before_final_dot)
            await server.close()
            return answered

    reply_id = new_id()
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    async with desk.running(transport=BrokenOnce()):
        await desk.until_state(reply_id, "accepted")
    assert len(mail_server.received) == 1


async def test_a_server_that_is_away_too_long_fails_the_reply_in_the_end(
    desk: Any, reply_content: Content, unused_port: int
) -> None:
    reply_id = new_id()
    desk.settings = desk.relayed_to(f"smtp://127.0.0.1:{unused_port}")
    desk.queue((reply_id, new_id(), reply_content(reply_id)))
    began = utc_now()

    def clock() -> Any:
        """A clock on which a minute passes in half a second."""
        return began + timedelta(seconds=120 * (utc_now() - began).total_seconds())

    async with desk.running(clock=clock):
        await desk.until_state(reply_id, "failed")
        await desk.until_reported()
    *_, refused = await desk.reports(reply_id)
    assert refused.data.code == "connection" and "given up" in refused.data.reason
