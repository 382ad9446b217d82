"""Writing first and forwarding, as the store keeps them: who joins, where, and under whose name."""

from __future__ import annotations

import msgspec
import pytest

from events.commands import ForwardMessages, StartConversation
from events.conversations import ConversationStarted, ReplyContent
from events.envelope import AnyEnvelope
from events.values import Address, Bounce
from router.rebuild import rebuild
from router.testing import CHANNEL, INBOX, SUPPORT, Workbench, kinds, mail
from service_kit.ids import new_id

pytestmark = pytest.mark.real
CONTENT = ReplyContent(
    external_id="", sender=Address(SUPPORT), to=(Address("New@Client.example", "New"),), subject="Offer", text="Hello"
)


def appended(events: list[AnyEnvelope]) -> AnyEnvelope:
    """The message, behind the contact who may have been made for it."""
    return next(event for event in events if event.type == "MessageAppended")


def test_the_answer_to_a_first_message_joins_and_its_contact_is_found_again(bench: Workbench) -> None:
    bench.set_up_workspace()
    stream, again = new_id(), new_id()
    wish = StartConversation(message_id=new_id(), inbox_id=INBOX, channel_id=CHANNEL, content=CONTENT)
    assert bench.command(wish, stream).state == "done"
    created, started = bench.events()[-5], bench.events(stream=stream)[0].data
    assert kinds(bench.events()[-5:-1]) == [
        "ContactCreated", "ConversationStarted", "ReplyQueued", "ConversationAssigned"
    ]  # fmt: skip
    assert isinstance(started, ConversationStarted) and started.contact_id == created.stream
    assert started.personal is not None and started.personal.subject == "Offer"
    joined = bench.receive(mail("new@client.example", token=stream))
    assert joined[0].stream == stream and joined[0].data.contact_id == created.stream
    assert not joined[0].data.in_side_thread

    assert bench.command(msgspec.structs.replace(wish, message_id=new_id()), again).state == "done"
    second = bench.events(stream=again)[0].data
    assert (second.contact_id, second.number) == (created.stream, started.number + 1)


def test_whoever_got_a_forward_answers_in_the_side_thread_and_the_customer_does_not(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(message_id="one@c"))[1]
    content = msgspec.structs.replace(CONTENT, to=(Address("carrier@parcels.example"),))
    reply_id = new_id()
    wish = ForwardMessages(
        reply_id=reply_id, channel_id=CHANNEL, message_ids=(opened.data.message.message_id,), content=content
    )
    assert bench.command(wish, opened.stream).state == "done"
    forwarded = bench.parts.house.side_message_id(reply_id, opened.stream)

    def came(*, again: bool = False) -> None:
        carrier = mail("carrier@parcels.example", in_reply_to=[forwarded], cc=["boss@parcels.example"])
        side = appended(bench.receive(carrier))
        boss = appended(bench.receive(mail("boss@parcels.example", token=opened.stream)))
        customer = appended(bench.receive(mail(in_reply_to=["one@c"], cc=["friend@c.example"])))
        friend = appended(bench.receive(mail("friend@c.example", in_reply_to=["one@c"])))
        stranger = bench.receive(mail("stranger@x.example", in_reply_to=[forwarded]))
        assert {event.stream for event in (side, boss, customer, friend)} == {opened.stream}
        marks = [event.data.in_side_thread for event in (side, boss, customer, friend)]
        assert marks == [True, True, False, False]
        if not again:
            assert stranger[1].type == "ConversationOpened" and stranger[1].data.suggested_link == opened.stream

    came()
    rebuild(bench.parts)
    came(again=True)


def test_whoever_the_customer_brings_in_leaves_the_side_thread(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(message_id="one@c"))[1]
    content = msgspec.structs.replace(CONTENT, to=(Address("carrier@parcels.example"),))
    wish = ForwardMessages(reply_id=new_id(), channel_id=CHANNEL, message_ids=(new_id(),), content=content)
    bench.command(wish, opened.stream)
    bench.receive(mail(in_reply_to=["one@c"], cc=["carrier@parcels.example"]))
    assert not appended(bench.receive(mail("carrier@parcels.example", token=opened.stream))).data.in_side_thread


def test_a_forward_that_bounces_says_so_in_the_side_thread(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(message_id="one@c"))[1]
    content = msgspec.structs.replace(CONTENT, to=(Address("carrier@parcels.example"),))
    reply_id = new_id()
    wish = ForwardMessages(reply_id=reply_id, channel_id=CHANNEL, message_ids=(new_id(),), content=content)
    bench.command(wish, opened.stream)
    external_id = bench.parts.house.side_message_id(reply_id, opened.stream)
    known = {"automated": "dsn", "automated_kind": "bounce", "bounced_reply_id": reply_id}
    said = Bounce(recipient="carrier@parcels.example", status="5.1.1", external_id=external_id)
    bounce, failed = bench.receive(mail("mailer-daemon@mx.example", known=known, bounce=said))[:2]
    assert (bounce.stream, bounce.data.in_side_thread, failed.type) == (opened.stream, True, "ReplyFailed")
