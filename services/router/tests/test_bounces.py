"""Bounces find the reply that they speak of, and nobody else's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.commands import EraseContact, ResolveConversation, SendReply
from events.conversations import ReplyContent
from events.inbound import DeliveryAccepted
from events.values import Address, Bounce
from router.rebuild import rebuild
from router.testing import CHANNEL, INBOX, NOON, SUPPORT, TEAM, Workbench, envelope, kinds, mail
from service_kit.ids import new_id

pytestmark = pytest.mark.real
DAEMON = "mailer-daemon@mx.example"


class Replied:
    """A conversation with a reply of ours that the next hop has accepted."""

    def __init__(self, bench: Workbench) -> None:
        bench.set_up_workspace()
        self.contact, opened = bench.receive(mail(message_id="one@c"))[:2]
        self.stream, self.reply_id = opened.stream, new_id()
        content = ReplyContent(
            external_id="", sender=Address(SUPPORT), to=(Address("maria@customer.example"),), subject="Re", text="Yes"
        )
        wish = SendReply(reply_id=self.reply_id, channel_id=CHANNEL, content=content)
        assert bench.command(wish, self.stream).state == "done"
        self.external_id = bench.parts.house.message_id(self.reply_id, self.stream)
        self.accepted = DeliveryAccepted(channel="email", reply_id=self.reply_id, attempt=1, reported_at=NOON)
        bench.receive(envelope(self.accepted, stream=self.stream))
        bench.tallies.clear()

    def bounce(self, kind: str = "bounce", reply_id: UUID | None = None, inbox: UUID = INBOX, **more: Any) -> Any:
        known = {"automated": "dsn", "automated_kind": kind, "bounced_reply_id": reply_id or self.reply_id}
        said = Bounce(status="5.1.1", diagnostic="550 maria unknown", external_id=self.external_id)
        return mail(DAEMON, known=known, bounce=said, inbox_id=inbox, **more)


def test_a_bounce_joins_the_replys_conversation_fails_it_and_reopens(bench: Workbench) -> None:
    replied = Replied(bench)
    bench.command(ResolveConversation(), replied.stream)
    events = bench.receive(replied.bounce(message_id="b@mx"))
    assert kinds(events) == ["MessageAppended", "ReplyFailed", "ConversationReopened", "ConversationRouted"]
    assert {event.stream for event in events} == {replied.stream}
    appended, failed = events[:2]
    assert appended.data.contact_id == replied.contact.stream, "a mail server becomes no contact"
    assert appended.data.personal.sender.address == DAEMON
    assert (failed.data.code, failed.data.attempt, failed.data.can_retry) == ("5.1.1", 1, False)
    assert failed.data.personal.reason == "550 maria unknown"
    assert str(failed.actor) == "system"
    assert events[3].data.reason == "returned_to_agent"
    assert bench.tallies[-1] == {"appended": 1}
    assert bench.receive(replied.bounce(message_id="b2@mx"))[0].type == "MessageAppended"


def test_a_report_that_comes_late_does_not_undo_a_bounce(bench: Workbench) -> None:
    replied = Replied(bench)
    bench.receive(replied.bounce())
    assert bench.receive(envelope(replied.accepted, stream=replied.stream)) == []


def test_a_mail_server_does_not_take_part_from_then_on(bench: Workbench) -> None:
    replied = Replied(bench)
    bench.receive(replied.bounce(message_id="b@mx", cc=["stranger@x.example"]))
    events = bench.receive(mail("stranger@x.example", in_reply_to=["b@mx"]))
    assert "ConversationOpened" in kinds(events)
    daemon = bench.receive(mail(DAEMON, in_reply_to=["one@c"]))
    assert "ConversationOpened" in kinds(daemon)


def test_a_bounce_of_a_reply_that_was_never_sent_opens_its_own(bench: Workbench) -> None:
    replied = Replied(bench)
    events = bench.receive(replied.bounce(reply_id=TEAM))
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationRouted"]
    assert events[1].data.suggested_link == replied.stream


def test_a_bounce_that_comes_to_another_inbox_opens_its_own_there(bench: Workbench) -> None:
    replied = Replied(bench)
    events = bench.receive(replied.bounce(inbox=TEAM))
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationRouted"]


def test_a_warning_of_a_delay_is_noted_in_the_conversation(bench: Workbench) -> None:
    replied = Replied(bench)
    bench.command(ResolveConversation(), replied.stream)
    assert kinds(bench.receive(replied.bounce("delayed"))) == ["MessageAppended"]


def test_what_a_bounce_says_goes_with_the_person(bench: Workbench) -> None:
    replied = Replied(bench)
    appended = bench.receive(replied.bounce(blobs=["raw/bounce"]))[0]
    bench.command(EraseContact(), replied.contact.stream)
    again = {event.id: event for event in bench.events(stream=replied.stream)}
    assert again[appended.id].data.personal is None
    assert ("raw/bounce",) in bench.rows("SELECT name FROM router.blobs_to_delete")
    late = bench.receive(replied.bounce())
    assert kinds(late)[:2] == ["ContactCreated", "MessageAppended"], "nobody is left under whose key it could go"


def test_look_ups_with_bounces_are_rebuilt(bench: Workbench) -> None:
    replied = Replied(bench)
    bench.receive(replied.bounce(message_id="b@mx", cc=["stranger@x.example"]), mail(DAEMON))

    def rows() -> list[Any]:
        tables = ("thread_keys", "participants", "handles", "holdings", "conversations", "agent_load")
        return [bench.rows(f"SELECT t::text FROM router.{name} t ORDER BY 1") for name in tables]

    grown = rows()
    rebuild(bench.parts)
    assert rows() == grown
