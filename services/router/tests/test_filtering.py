"""E-mail filters on real rows: blocked mails are kept apart, counted, found again when their sender is erased."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.commands import EraseContact, RetryQuarantined, SendReply, SetEmailFilters
from events.conversations import ReplyContent
from events.inbound import MessageParsedAnew
from events.outcomes import CommandHandled
from events.values import Address
from events.workspace import EmailFilter
from router.rebuild import rebuild
from router.testing import CHANNEL, INBOX, SUPPORT, TEAM, Workbench, envelope, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
SPAMMER = "offers@spam.example"
BLOCKED = EmailFilter(id=UUID(int=1), kind="block", field="domain", value="spam.example")
ALLOWED = EmailFilter(id=UUID(int=2), kind="allow", field="address", value="good@spam.example")
SPAM = EmailFilter(id=UUID(int=3), kind="spam", field="subject", operator="contains", value="lottery")


def filters(bench: Workbench, *wanted: EmailFilter, version: int | None = None) -> CommandHandled:
    return bench.command(SetEmailFilters(filters=wanted, version=version), DEFAULT_WORKSPACE_ID)


def filtering(bench: Workbench, *wanted: EmailFilter) -> None:
    bench.set_up_workspace()
    assert filters(bench, *wanted).state == "done"
    bench.tallies.clear()


def test_a_blocked_mail_is_kept_in_a_stream_of_its_own_and_counted(bench: Workbench) -> None:
    filtering(bench, BLOCKED)
    received = mail(SPAMMER, dedupe_key="one", blobs=["raw/1"])
    (event,) = bench.receive(received)
    assert event.type == "InboundFiltered"
    assert (event.data.filter_id, event.data.filter_version, event.data.inbox_id) == (BLOCKED.id, 1, INBOX)
    assert event.data.personal.new_text == "Where is my parcel?"
    assert (event.sequence, event.causation_id, str(event.actor)) == (1, received.id, "rule")
    assert bench.rows("SELECT 1 FROM keyring.keys WHERE key_id = %s", event.stream) == [(1,)]
    assert bench.rows("SELECT contact_id FROM router.blobs WHERE name = 'raw/1'") == [(event.stream,)]
    assert bench.count("conversations") == 0 and bench.count("handles") == 2, "only the agents have handles"
    assert bench.receive(mail(SPAMMER, dedupe_key="one")) == [], "a second copy"
    assert bench.tallies == [{"filtered": 1}, {"duplicate": 1}]


def test_of_two_copies_in_one_batch_one_is_filtered(bench: Workbench) -> None:
    filtering(bench, BLOCKED)
    assert kinds(bench.receive(mail(SPAMMER, dedupe_key="one"), mail(SPAMMER, dedupe_key="one"))) == ["InboundFiltered"]
    assert bench.tallies == [{"filtered": 1, "duplicate": 1}]


def test_who_is_allowed_gets_through(bench: Workbench) -> None:
    filtering(bench, BLOCKED, ALLOWED)
    assert "ConversationOpened" in kinds(bench.receive(mail("good@spam.example")))


def test_a_blocked_sender_is_blocked_in_a_known_thread_too(bench: Workbench) -> None:
    bench.set_up_workspace()
    bench.receive(mail(SPAMMER, message_id="one@s"))
    filters(bench, BLOCKED)
    assert kinds(bench.receive(mail(SPAMMER, in_reply_to=["one@s"]))) == ["InboundFiltered"]


def test_filters_count_from_the_next_record_and_without_them_mail_comes_again(bench: Workbench) -> None:
    filtering(bench, BLOCKED)
    bench.receive(mail(SPAMMER))
    assert filters(bench, version=1).state == "done"
    assert "ConversationOpened" in kinds(bench.receive(mail(SPAMMER)))
    stale = filters(bench, BLOCKED, version=1)
    assert (stale.state, stale.code) == ("refused", "precondition_failed.filters-changed")


def test_a_router_without_memory_filters_the_same(bench: Workbench) -> None:
    filtering(bench, BLOCKED)
    assert kinds(bench.handle(bench.records(mail(SPAMMER)), bench.built())) == ["InboundFiltered"]


def test_a_mail_taken_for_spam_opens_as_spam_and_nobody_gets_it(bench: Workbench) -> None:
    filtering(bench, SPAM)
    events = bench.receive(mail(subject="You won the LOTTERY", message_id="one@c"))
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "MarkedAsSpam"]
    assert (events[2].data.filter_id, str(events[2].actor)) == (SPAM.id, "rule")
    assert bench.rows("SELECT status, assignee_id, team_id FROM router.conversations") == [("spam", None, None)]
    assert bench.rows("SELECT 1 FROM router.agent_load WHERE open_conversations > 0") == []
    assert kinds(bench.receive(mail(in_reply_to=["one@c"]))) == ["MessageAppended"], "spam stays spam"
    assert bench.tallies == [{"appended": 1}, {"appended": 1}]


def test_erasing_a_person_destroys_what_filters_kept_of_them(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact = bench.receive(mail(SPAMMER))[0]
    filters(bench, BLOCKED)
    mine = bench.receive(mail(SPAMMER.upper(), blobs=["raw/1"], dedupe_key="mine"))[0]
    other = bench.receive(mail("another@spam.example", blobs=["raw/2"]))[0]
    before = bench.last_position()
    assert bench.command(EraseContact(), contact.stream).state == "done"
    events = bench.events(after=before)
    assert kinds(events) == ["ContactErased", "PersonalDataErased", "PersonalDataErased", "CommandHandled"]
    noted = next(event for event in events if event.stream == mine.stream)
    assert (noted.sequence, noted.data.contact_id) == (2, contact.stream)
    assert bench.events(stream=mine.stream)[0].data.personal is None
    assert bench.events(stream=other.stream)[0].data.personal is not None
    erased = "SELECT key_id FROM keyring.keys WHERE erased_at IS NOT NULL ORDER BY key_id"
    assert {row[0] for row in bench.rows(erased)} == {contact.stream, mine.stream}
    assert bench.rows("SELECT name FROM router.blobs_to_delete") == [("raw/1",)]
    assert bench.rows("SELECT stream_id FROM router.filtered") == [(other.stream,)]
    assert bench.rows("SELECT 1 FROM router.dedupe WHERE contact_id = %s", mine.stream) == []


def test_look_ups_of_blocked_mails_are_rebuilt_and_an_erased_one_stays_erased(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact = bench.receive(mail(SPAMMER))[0]
    filters(bench, BLOCKED)
    bench.receive(mail(SPAMMER, blobs=["raw/1"]), mail("another@spam.example", blobs=["raw/2"]))

    def rows() -> list[Any]:
        return [bench.rows(f"SELECT t::text FROM router.{name} t ORDER BY 1") for name in ("filtered", "blobs")]

    grown = rows()
    rebuild(bench.parts)
    assert rows() == grown and len(grown[0]) == 2
    bench.command(EraseContact(), contact.stream)
    erased = rows()
    rebuild(bench.built(), page_events=2, kept=1)
    assert rows() == erased and len(erased[0]) == 1


def test_a_quarantined_mail_of_somebody_blocked_since_is_filtered_on_the_retry(bench: Workbench) -> None:
    filtering(bench, BLOCKED)
    received = mail(SPAMMER, blobs=("m/raw",))
    record = bench.records(received)[0]
    bench.parts.handler.handle([record], [bench.parts.decoder.broken(record, KeyError())])
    assert bench.command(RetryQuarantined(), bench.events()[-1].stream).state == "done"
    retry = bench.events()[-2]
    fact = MessageParsedAnew(
        channel="email",
        quarantine_id=retry.stream,
        retry_id=retry.id,
        received_id=received.id,
        received=received.data,
    )
    filtered, released = bench.receive(envelope(fact, stream=retry.stream))
    assert kinds([filtered, released]) == ["InboundFiltered", "QuarantineReleased"]
    assert ("m/raw", filtered.stream) in bench.rows("SELECT name, contact_id FROM router.blobs")


def test_the_proven_bounce_of_a_reply_is_no_mail_for_filters(bench: Workbench) -> None:
    bench.set_up_workspace()
    conversation = bench.receive(mail(SPAMMER))[1].stream
    reply_id = new_id()
    content = ReplyContent(external_id="", sender=Address(SUPPORT, "S"), to=(Address(SPAMMER),), subject="R", text="No")
    sent = bench.command(SendReply(reply_id=reply_id, channel_id=CHANNEL, content=content), conversation)
    assert sent.state == "done"
    filters(bench, BLOCKED)
    known = {"automated": "dsn", "automated_kind": "bounce", "bounced_reply_id": reply_id}
    returned = mail("mailer-daemon@spam.example", known=known, token=conversation)
    assert kinds(bench.receive(returned)) == ["MessageAppended", "ReplyFailed"]
    unproven = mail("mailer-daemon@spam.example", known=known | {"bounced_reply_id": TEAM}, token=conversation)
    assert kinds(bench.receive(unproven)) == ["InboundFiltered"]
