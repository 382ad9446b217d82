"""Mails that tell agents something: a storm is one, read needs none, five minutes apart, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from events import excerpts
from events.commands import AddComment, AssignConversation, EraseContact, MarkRead
from events.envelope import SYSTEM, Actor, AnyEnvelope
from events.inbound import ChannelHealthChanged
from events.notifications import SetNotificationPreferences
from events.system_mails import Excerpt, SendAccountMail, SendNotificationMail, SystemMailQueued
from router import notification_rows
from router.testing import ANNA, BORIS, CHANNEL, COMMANDS, NOON, Workbench, envelope, mail
from router.timers import mail_of
from service_kit.ids import new_id
from service_kit.keyring import Keyring
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
AS_BORIS = Actor("agent", str(BORIS))


@pytest.fixture
def desk(bench: Workbench) -> Workbench:
    bench.set_up_workspace()
    wish = SetNotificationPreferences(agent_id=BORIS, mail=("assigned", "customer_answered"))
    assert bench.command(wish, DEFAULT_WORKSPACE_ID, actor=AS_BORIS).state == "done"
    return bench


def with_boris(desk: Workbench) -> UUID:
    """A conversation that Boris has, with nothing due from before."""
    stream = desk.receive(mail())[0].stream
    streams = [event.stream for event in desk.events() if event.type == "ConversationOpened"]
    conversation = streams[-1] if stream not in streams else stream
    desk.command(AssignConversation(agent_id=ANNA, team_id=None), conversation)
    desk.connection.execute("DELETE FROM router.notification_mails")
    desk.command(AssignConversation(agent_id=BORIS, team_id=None), conversation)
    return conversation


def pending(desk: Workbench) -> list[tuple[object, ...]]:
    return desk.rows("SELECT due_at, newest, kinds FROM router.notification_mails WHERE due_at IS NOT NULL")


def send(desk: Workbench, at: datetime) -> list[AnyEnvelope]:
    """What the timers would have the router do at this time; the mails that came of it."""
    made: list[AnyEnvelope] = []
    before = at - timedelta(seconds=30)
    for agent_id, since in desk.rows(notification_rows.DUE_AGENTS.decode(), at, before, 10):
        asked = mail_of(agent_id, since, DEFAULT_WORKSPACE_ID, at)
        made += desk.handle(desk.records(asked, topic=COMMANDS))
    return mails(made)


def mails(events: Sequence[AnyEnvelope]) -> list[AnyEnvelope]:
    return [event for event in events if isinstance(event.data, SystemMailQueued)]


def test_a_storm_on_a_conversation_is_one_mail(desk: Workbench) -> None:
    conversation = with_boris(desk)
    for _ in range(10):
        desk.receive(*(mail(token=conversation) for _ in range(100)))
    ((due_at, newest, kinds),) = pending(desk)
    assert kinds == ["assigned", "customer_answered"] and newest == 1000 + 4
    assert isinstance(due_at, datetime)
    assert send(desk, due_at - timedelta(seconds=1)) == []
    (sent,) = send(desk, due_at)
    assert sent.data.agent_id == BORIS and sent.sequence == 1
    (matter,) = sent.data.matters
    assert (matter.conversation_id, matter.kinds) == (conversation, ("assigned", "customer_answered"))
    assert pending(desk) == []


def test_a_command_that_comes_twice_mails_once(desk: Workbench) -> None:
    with_boris(desk)
    ((due_at, _, _),) = pending(desk)
    assert isinstance(due_at, datetime)
    asked = mail_of(BORIS, due_at, DEFAULT_WORKSPACE_ID, due_at)
    assert len(mails(desk.handle(desk.records(asked, topic=COMMANDS)))) == 1
    assert mails(desk.handle(desk.records(asked, topic=COMMANDS))) == []


def test_what_was_read_by_then_is_not_mailed(desk: Workbench) -> None:
    conversation = with_boris(desk)
    assert desk.command(MarkRead(up_to=99), conversation, actor=AS_BORIS).state == "done"
    ((due_at, _, _),) = pending(desk)
    assert isinstance(due_at, datetime)
    assert send(desk, due_at) == [] and pending(desk) == []


def test_the_next_mail_about_a_conversation_waits_five_minutes(desk: Workbench) -> None:
    conversation = with_boris(desk)
    ((due_at, _, _),) = pending(desk)
    assert isinstance(due_at, datetime)
    desk.now = due_at
    assert len(send(desk, due_at)) == 1
    ((mailed_at,),) = desk.rows("SELECT mailed_at FROM router.notification_mails")
    desk.receive(mail(token=conversation))
    ((next_due, _, kinds),) = pending(desk)
    assert next_due == mailed_at + timedelta(minutes=5) and kinds == ["customer_answered"]


def test_what_comes_in_the_batch_that_mails_is_told_later_and_not_lost(desk: Workbench) -> None:
    conversation = with_boris(desk)
    ((due_at, _, _),) = pending(desk)
    assert isinstance(due_at, datetime)
    wish = envelope(AssignConversation(agent_id=ANNA, team_id=None), stream=conversation, actor=SYSTEM)
    back = envelope(AssignConversation(agent_id=BORIS, team_id=None), stream=conversation, actor=SYSTEM)
    asked = mail_of(BORIS, due_at, DEFAULT_WORKSPACE_ID, due_at)
    made = desk.handle(desk.records(wish, back, asked, topic=COMMANDS))
    assert len(mails(made)) == 1
    ((later, _, _),) = pending(desk)
    assert isinstance(later, datetime) and later > due_at


def test_a_rebuild_of_nothing_and_an_agent_without_wishes_leave_no_rows(bench: Workbench) -> None:
    bench.set_up_workspace()
    bench.receive(mail(), mail(), mail())
    assert bench.count("notification_mails") == 0


def test_an_account_mail_is_queued_once_and_goes_to_who_delivers_it_alone(desk: Workbench) -> None:
    wish = SendAccountMail(kind="invitation", agent_id=BORIS, token=b"sealed", expires_at=NOON + timedelta(days=7))
    mail_id = new_id()
    before = desk.last_position()
    outcome = desk.command(wish, mail_id, actor=SYSTEM)
    assert outcome.state == "done" and {one.topic for one in outcome.shown_at} <= {"workspace.v1"}
    assert desk.command(wish, mail_id, actor=SYSTEM).state == "done"
    (queued,) = mails(desk.events(after=before))
    assert (queued.stream, queued.data.token) == (mail_id, b"sealed")
    stored = desk.rows("SELECT state FROM router.stored_events WHERE originator_id = %s", mail_id)
    assert b"outbound.email.v1" in bytes(stored[0][0]) and b"conversations.v1" not in bytes(stored[0][0])


def test_a_command_for_an_agent_who_is_not_there_makes_no_mail(desk: Workbench) -> None:
    asked = envelope(SendNotificationMail(agent_id=new_id()), stream=new_id(), actor=SYSTEM)
    assert mails(desk.handle(desk.records(asked, topic=COMMANDS))) == []


# -- what was written ---------------------------------------------------------------------------------------------


def told(desk: Workbench) -> AnyEnvelope:
    ((due_at, _, _),) = pending(desk)
    assert isinstance(due_at, datetime)
    (sent,) = send(desk, due_at)
    return sent


def opened(desk: Workbench, sent: AnyEnvelope) -> Excerpt | None:
    (matter,) = sent.data.matters
    assert matter.excerpt is not None
    with desk.parts.store.transaction() as cursor:
        keys = Keyring(desk.settings.secret_key).fetch(cursor, [matter.excerpt.key_id])
    return excerpts.opened(matter.excerpt, matter.conversation_id, keys)


def test_the_mail_holds_who_wrote_and_what_sealed_under_their_key(desk: Workbench) -> None:
    conversation = with_boris(desk)
    desk.receive(mail(token=conversation, text="Is it there yet?"))
    sent = told(desk)
    excerpt = opened(desk, sent)
    assert excerpt is not None and excerpt.text == "Is it there yet?" and excerpt.subject
    assert "maria@customer.example" in excerpt.sender
    stored = desk.rows("SELECT state FROM router.stored_events WHERE originator_id = %s", sent.stream)
    assert b"there yet" not in bytes(stored[0][0]) and b"maria" not in bytes(stored[0][0])


def test_after_the_person_is_erased_neither_the_mail_of_before_nor_a_new_one_says_a_word(desk: Workbench) -> None:
    conversation = with_boris(desk)
    sent = told(desk)
    contact = next(event.stream for event in desk.events() if event.type == "ContactCreated")
    assert opened(desk, sent) is not None
    assert desk.command(EraseContact(), contact).state == "done"
    assert opened(desk, sent) is None
    desk.connection.execute("DELETE FROM router.notification_mails")
    desk.command(AssignConversation(agent_id=ANNA, team_id=None), conversation)
    desk.command(AssignConversation(agent_id=BORIS, team_id=None), conversation)
    assert told(desk).data.matters[0].excerpt is None


def test_who_is_mentioned_is_told_the_comment_and_that_it_is_internal(desk: Workbench) -> None:
    wish = SetNotificationPreferences(agent_id=BORIS, mail=("mention",))
    assert desk.command(wish, DEFAULT_WORKSPACE_ID, actor=AS_BORIS).state == "done"
    conversation = with_boris(desk)
    desk.connection.execute("DELETE FROM router.notification_mails")
    comment = AddComment(comment_id=new_id(), text="Please call her", mentions=(BORIS,))
    assert desk.command(comment, conversation, actor=Actor("agent", str(ANNA))).state == "done"
    sent = told(desk)
    sealed, excerpt = sent.data.matters[0].excerpt, opened(desk, sent)
    assert excerpt is not None and (excerpt.sender, excerpt.text) == ("", "Please call her")
    assert sealed.internal and sealed.agent_id == ANNA


def test_a_channel_with_trouble_is_mailed_once_however_often_that_is_said(desk: Workbench) -> None:
    wish = SetNotificationPreferences(agent_id=BORIS, mail=("channel_unhealthy",))
    assert desk.command(wish, DEFAULT_WORKSPACE_ID, actor=AS_BORIS).state == "done"
    for reason in ("imap_refused", "imap_unreachable"):
        report = ChannelHealthChanged(
            channel="email", channel_id=CHANNEL, state="down", reason=reason, reported_at=NOON, part="receiving"
        )
        desk.handle(desk.records(envelope(report, stream=CHANNEL, actor=SYSTEM)))
    sent = told(desk)
    assert sent.data.matters == ()
    assert [(one.channel_id, one.reason) for one in sent.data.channels] == [(CHANNEL, "imap_unreachable")]
    assert pending(desk) == []
