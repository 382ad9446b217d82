"""Mail between our own addresses: one message in the inbox that receives it, and no loop."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.commands import ConnectChannel, CreateInbox, SendReply
from events.conversations import ReplyContent
from events.values import Address
from events.workspace import EmailSettings
from router.testing import CHANNEL, INBOX, SUPPORT, TEAM, Workbench, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
SALES, SALES_CHANNEL, SALES_ADDRESS = UUID(int=71), UUID(int=72), "sales@example.com"
MARIA = "maria@customer.example"


def two_inboxes(bench: Workbench) -> None:
    bench.set_up_workspace()
    for wish in (
        CreateInbox(inbox_id=SALES, name="Sales", team_ids=(TEAM,)),
        ConnectChannel(
            channel_id=SALES_CHANNEL, inbox_id=SALES, kind="email", email=EmailSettings(address=SALES_ADDRESS)
        ),
    ):
        assert bench.command(wish, DEFAULT_WORKSPACE_ID).state == "done"
    bench.tallies.clear()


def reply(bench: Workbench, stream: UUID, to: str, *, sender: str = SUPPORT, channel: UUID = CHANNEL) -> str:
    """The Message-ID of a reply that was sent there."""
    reply_id = new_id()
    content = ReplyContent(external_id="", sender=Address(sender), to=(Address(to),), subject="Re", text="Look")
    outcome = bench.command(SendReply(reply_id=reply_id, channel_id=channel, content=content), stream)
    assert outcome.state == "done", outcome
    return bench.parts.house.message_id(reply_id, stream)


def messages(bench: Workbench) -> list[tuple[Any, str]]:
    """Every inbound message in a conversation, with its conversation."""
    return [
        (event.stream, event.type)
        for event in bench.events()
        if event.type in ("ConversationOpened", "MessageAppended")
    ]


def test_a_reply_to_another_inbox_is_one_message_there_and_the_answers_join_back_and_forth(bench: Workbench) -> None:
    two_inboxes(bench)
    support = bench.receive(mail(message_id="one@c"))[1].stream
    asked = reply(bench, support, SALES_ADDRESS)
    there = bench.receive(mail(SUPPORT, message_id=asked, inbox_id=SALES, to=[SALES_ADDRESS]))
    assert kinds(there) == ["ContactCreated", "ConversationOpened", "ConversationRouted"]
    sales = there[1].stream
    answer = reply(bench, sales, SUPPORT, sender=SALES_ADDRESS, channel=SALES_CHANNEL)
    back = bench.receive(mail(SALES_ADDRESS, message_id=answer, in_reply_to=[asked]))
    assert [event.stream for event in back if event.type == "MessageAppended"] == [support]
    again = reply(bench, support, SALES_ADDRESS)
    joined = bench.receive(mail(SUPPORT, message_id=again, in_reply_to=[answer], inbox_id=SALES, to=[SALES_ADDRESS]))
    assert [event.stream for event in joined] == [sales]
    assert len(messages(bench)) == 4, "one for each mail"


def test_a_reply_to_our_own_address_comes_back_as_nothing_new(bench: Workbench) -> None:
    two_inboxes(bench)
    support = bench.receive(mail(message_id="one@c"))[1].stream
    ours = reply(bench, support, SUPPORT)
    assert bench.receive(mail(SUPPORT, message_id=ours)) == []
    assert bench.receive(mail(SUPPORT.upper(), message_id=ours, in_reply_to=["one@c"])) == []
    assert bench.tallies[-2:] == [{"duplicate": 1}, {"duplicate": 1}]
    assert len(messages(bench)) == 1


def test_our_message_id_in_a_strangers_mail_is_a_mail_of_the_stranger(bench: Workbench) -> None:
    two_inboxes(bench)
    support = bench.receive(mail(message_id="one@c"))[1].stream
    ours = reply(bench, support, MARIA)
    events = bench.receive(mail("thief@evil.example", message_id=ours))
    assert "ConversationOpened" in kinds(events)


def test_a_mail_to_ourselves_that_is_no_reply_is_one_message(bench: Workbench) -> None:
    two_inboxes(bench)
    events = bench.receive(mail(SUPPORT, message_id="note@example.com"))
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationRouted"]
    answer = reply(bench, events[1].stream, SUPPORT)
    assert bench.receive(mail(SUPPORT, message_id=answer, in_reply_to=["note@example.com"])) == []
    assert len(messages(bench)) == 1


def test_a_mail_to_two_inboxes_is_one_message_in_each(bench: Workbench) -> None:
    two_inboxes(bench)
    copies = [mail(message_id="both@c", dedupe_key="both", inbox_id=inbox) for inbox in (INBOX, SALES)]
    events = bench.receive(*copies, *copies)
    assert kinds(events).count("ConversationOpened") == 2
    assert bench.tallies[-1] == {"appended": 2, "duplicate": 2}


def test_a_loop_of_machines_between_two_of_our_inboxes_stops_waking_people(bench: Workbench) -> None:
    two_inboxes(bench)
    known = {"automated": "auto-submitted", "automated_kind": "other"}
    opened = bench.receive(mail(SALES_ADDRESS, message_id="0@x", known=known))[1]
    for number in range(1, 30):
        events = bench.receive(mail(SALES_ADDRESS, message_id=f"{number}@x", in_reply_to=["0@x"], known=known))
        assert [event.stream for event in events] == [opened.stream]
    assert len(messages(bench)) == 30
