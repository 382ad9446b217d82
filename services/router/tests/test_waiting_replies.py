"""Replies that wait are kept by the store and a timer, so that no death in between loses or hastens them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import frame
from events.commands import (
    AssignConversation,
    CancelReply,
    ConfirmReply,
    ElapseReply,
    EraseContact,
    RetryReply,
    SendReply,
)
from events.conversations import ReplyContent, ReplyReleased, Then
from events.envelope import SYSTEM, Actor
from events.inbound import DeliveryAccepted, DeliveryRefused, DeliveryUncertain
from events.notifications import SetNotificationPreferences
from events.values import Address
from router.rebuild import rebuild
from router.testing import ANNA, BORIS, CHANNEL, COMMANDS, NOON, SUPPORT, Workbench, envelope, kinds, mail
from router.timers import Timer, command_of
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
SOON = NOON + timedelta(seconds=10)
CONTENT = ReplyContent(
    external_id="", sender=Address(SUPPORT), to=(Address("maria@customer.example"),), subject="Re", text="A secret"
)


class Waiting:
    """A conversation with a reply that can be undone for ten seconds."""

    def __init__(self, bench: Workbench) -> None:
        bench.set_up_workspace()
        self.bench, self.reply_id = bench, new_id()
        self.contact, opened = bench.receive(mail())[:2]
        self.stream = opened.stream
        wish = SendReply(reply_id=self.reply_id, channel_id=CHANNEL, content=CONTENT, undo_seconds=10)
        assert bench.command(wish, self.stream).state == "done"
        [(self.timer_id, due, kind)] = bench.rows("SELECT timer_id, due_at, kind FROM router.timers")
        assert (due, kind) == (SOON, "reply")

    def elapse(self) -> None:
        due = ElapseReply(timer_id=self.timer_id)
        self.bench.command(due, self.stream, id=self.timer_id, actor=SYSTEM, at=SOON)

    def outbound(self) -> list[str]:
        rows = self.bench.rows(
            "SELECT topic, state FROM router.stored_events WHERE originator_id = %s ORDER BY originator_version",
            self.stream,
        )
        return [name for name, state in rows if "outbound.email.v1" in frame.unpack(bytes(state)).topics]


def test_nothing_goes_to_the_channel_before_its_time_and_then_all_that_is_delivered_does(bench: Workbench) -> None:
    waiting = Waiting(bench)
    assert waiting.outbound() == []
    waiting.elapse()
    assert waiting.outbound() == ["ReplyReleased"]
    released = bench.events(stream=waiting.stream)[-1].data
    assert isinstance(released, ReplyReleased) and released.personal is not None
    assert released.personal.text == "A secret" and released.personal.external_id
    assert bench.count("timers") == 0
    waiting.elapse()
    assert waiting.outbound() == ["ReplyReleased"]


def test_a_router_that_knows_nothing_of_before_releases_it_too(bench: Workbench) -> None:
    waiting = Waiting(bench)
    rebuild(bench.parts)
    assert bench.count("timers") == 1
    due = ElapseReply(timer_id=waiting.timer_id)
    asked = envelope(due, stream=waiting.stream, id=waiting.timer_id, at=SOON)
    bench.handle(bench.records(asked, topic=COMMANDS), bench.built())
    assert waiting.outbound() == ["ReplyReleased"]


def test_undone_it_never_goes_anywhere(bench: Workbench) -> None:
    waiting = Waiting(bench)
    assert bench.command(CancelReply(reply_id=waiting.reply_id), waiting.stream).state == "done"
    assert bench.count("timers") == 0
    waiting.elapse()
    assert waiting.outbound() == []
    refused = bench.command(RetryReply(reply_id=waiting.reply_id), waiting.stream)
    assert refused.code == "conflict.reply-did-not-fail"


def test_of_an_erased_person_nothing_is_sent(bench: Workbench) -> None:
    waiting = Waiting(bench)
    bench.command(EraseContact(), waiting.contact.stream)
    waiting.elapse()
    assert kinds(bench.events(stream=waiting.stream))[-1] == "ReplyCancelled"
    assert waiting.outbound() == []


def test_a_failed_reply_is_sent_again_with_what_was_queued(bench: Workbench) -> None:
    waiting = Waiting(bench)
    waiting.elapse()
    refused = DeliveryRefused(channel="email", reply_id=waiting.reply_id, attempt=1, reported_at=NOON, code="550")
    bench.receive(envelope(refused, stream=waiting.stream))
    assert bench.command(RetryReply(reply_id=waiting.reply_id), waiting.stream).state == "done"
    again = bench.events(stream=waiting.stream)[-1].data
    assert (again.reason, again.after_attempt, again.personal.text) == ("retried", 1, "A secret")
    unknown = bench.command(RetryReply(reply_id=new_id()), waiting.stream)
    assert unknown.code == "not_found.reply-not-found"


def test_an_agents_word_that_a_reply_arrived_goes_to_the_channel_and_a_channels_own_does_not(bench: Workbench) -> None:
    told = Waiting(bench)
    told.elapse()
    doubt = DeliveryUncertain(channel="email", reply_id=told.reply_id, attempt=1, reported_at=NOON, reason="no answer")
    bench.receive(envelope(doubt, stream=told.stream))
    assert bench.command(ConfirmReply(reply_id=told.reply_id, arrived=True), told.stream).state == "done"
    assert told.outbound() == ["ReplyReleased", "ReplySent"]
    accepted = DeliveryAccepted(channel="email", reply_id=told.reply_id, attempt=2, reported_at=NOON)
    bench.receive(envelope(accepted, stream=told.stream))
    assert kinds(bench.events(stream=told.stream))[-2:] == ["ReplySent", "ReplySent"]
    assert told.outbound() == ["ReplyReleased", "ReplySent"]


def test_a_doubt_that_lasts_opens_what_its_reply_closed_and_its_author_is_told_by_mail(bench: Workbench) -> None:
    bench.set_up_workspace()
    stream = bench.receive(mail())[1].stream
    bench.command(AssignConversation(agent_id=BORIS, team_id=None), stream)
    mailed = SetNotificationPreferences(agent_id=ANNA, mail=("send_failed",))
    assert bench.command(mailed, DEFAULT_WORKSPACE_ID).state == "done"
    reply_id = new_id()
    wish = SendReply(reply_id=reply_id, channel_id=CHANNEL, content=CONTENT, then=Then(status="resolved"))
    assert bench.command(wish, stream).state == "done"
    doubt = DeliveryUncertain(channel="email", reply_id=reply_id, attempt=1, reported_at=NOON)
    assert kinds(bench.receive(envelope(doubt, stream=stream))) == ["ReplyUncertain"]
    assert bench.count("notification_mails") == 0
    last = replace(doubt, attempt=2, final=True)
    told, opened = bench.receive(envelope(last, stream=stream))
    assert (told.data.final, told.data.agent_id, opened.data.reason) == (True, ANNA, "reply_uncertain")
    assert bench.rows("SELECT agent_id, kinds FROM router.notification_mails") == [(ANNA, ["send_failed"])]


def test_who_scheduled_in_a_colleagues_conversation_is_told_by_mail_that_it_was_held(bench: Workbench) -> None:
    bench.set_up_workspace()
    stream = bench.receive(mail(message_id="one@c"))[1].stream
    bench.command(AssignConversation(agent_id=BORIS, team_id=None), stream)
    for agent_id, kinds_ in (
        (ANNA, ("send_failed", "customer_answered")),
        (BORIS, ("send_failed", "customer_answered")),
    ):
        wish_to_know = SetNotificationPreferences(agent_id=agent_id, mail=kinds_)
        bench.command(wish_to_know, DEFAULT_WORKSPACE_ID, actor=Actor("agent", str(agent_id)))
    wish = SendReply(reply_id=new_id(), channel_id=CHANNEL, content=CONTENT, send_at=NOON + timedelta(days=1))
    assert bench.command(wish, stream).state == "done"
    bench.connection.execute("DELETE FROM router.notification_mails")
    assert "ReplyHeld" in kinds(bench.receive(mail(in_reply_to=["one@c"])))
    told = bench.rows("SELECT agent_id, kinds FROM router.notification_mails")
    assert sorted(told) == sorted([(ANNA, ["send_failed"]), (BORIS, ["customer_answered"])])


def test_the_kind_of_a_timer_says_which_command_it_becomes() -> None:
    timer, conversation = UUID(int=1), UUID(int=2)
    command = command_of(Timer(timer, conversation, "reply"), DEFAULT_WORKSPACE_ID, NOON)
    assert (command.id, command.stream, command.data) == (timer, conversation, ElapseReply(timer_id=timer))


def test_a_reply_that_the_store_cannot_give_back_is_quarantined_and_stops_nothing(bench: Workbench) -> None:
    waiting = Waiting(bench)
    bench.connection.execute(
        "UPDATE router.stored_events SET state = set_byte(state, length(state) - 10,"
        " (get_byte(state, length(state) - 10) + 1) %% 256) WHERE topic = 'ReplyQueued' AND originator_id = %s",
        (waiting.stream,),
    )
    asked = envelope(RetryReply(reply_id=waiting.reply_id), stream=waiting.stream)
    events = bench.handle(bench.records(asked, topic=COMMANDS))
    assert kinds(events) == ["InboundQuarantined", "CommandHandled"]
    assert events[-1].data.code == "invalid.command-quarantined"
