"""An agent's answer to a notification mail: the agent's reply, or why not."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import timedelta
from functools import reduce
from typing import Any, cast
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import workspace as w
from events.commands import SendReply
from events.conversations import MarkedAsSpam, ReplyQueued
from events.envelope import Actor, Envelope
from events.inbound import MessageReceived
from events.values import Address, Attachment, Blob
from router.domain import conversation, errors
from router.domain.agent_answers import ANSWERABLE, Notified, Question, check_answer, reply_of
from router.domain.conversation import NOT_OPENED, Conversation, ConversationState
from router.domain.testing import (
    ADA,
    BOB,
    CONVERSATION,
    FALLBACK_ADDRESS,
    HELPERS,
    HOUSE,
    NINE,
    ROSA_ADDRESS,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_MAIL,
    a_workspace,
    an_id,
    content,
    mail,
    opened,
    reply_content,
)
from router.domain.workspace import Workspace
from service_kit.decider import DomainError

ASKED = Question(last=content(), last_at=NINE, through=(SUPPORT_MAIL,), subject="My parcel")
TOLD = Notified(agent_id=BOB, conversation_id=CONVERSATION, number=1, told_at=NINE, question=ASKED)
OPEN = cast(Conversation, reduce(conversation.evolve, (opened(),), cast(ConversationState, NOT_OPENED)))
WITHOUT_BOB = (
    w.InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS,), member_ids=(ADA,)),
    w.TeamChanged(team_id=HELPERS, name="Helpers", member_ids=(ADA,)),
)


def answered(text: str = "It leaves today.", **changes: Any) -> Envelope[MessageReceived]:
    known = changes.pop("known", {})
    return mail("answer", known=known, sender="bob@acme.test", new_text=text, **changes)


def command_of(
    message: Envelope[MessageReceived], workspace: Workspace | None = None, told: Notified = TOLD
) -> Envelope[SendReply]:
    return reply_of(message, told, OPEN, workspace or a_workspace(), HOUSE)


def test_what_is_new_in_the_answer_is_the_agents_reply_to_the_customer() -> None:
    command = command_of(answered(quoted="> Hello Bob, #1: assigned to you"))
    (queued, *_) = conversation.decide(command, OPEN, workspace=a_workspace(), house=HOUSE)  # type: ignore[arg-type]
    assert isinstance(queued, ReplyQueued) and queued.personal is not None
    assert command.actor == Actor("agent", str(BOB)) and queued.agent_id == BOB
    assert queued.reply_id == an_id("answer") and queued.channel_id == SUPPORT_MAIL
    sent = queued.personal
    assert sent.text == "It leaves today."
    assert [one.address for one in sent.to] == [ROSA_ADDRESS] and sent.sender.address == SUPPORT_ADDRESS
    assert sent.reply_to == Address(HOUSE.reply_address(FALLBACK_ADDRESS, CONVERSATION), "Support")
    assert sent.subject == "Re: My parcel" and sent.in_reply_to == "first@customer.test"
    assert sent.references == ("first@customer.test",) and sent.history is None


def test_it_quotes_the_customer_where_the_inbox_wants_that() -> None:
    quoting = a_workspace(w.InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(BOB,), quote_history=True))
    history = command_of(answered(), quoting).data.content.history
    assert history is not None and history.text == "Where is it?"


def test_where_nobody_wrote_yet_it_goes_on_to_those_we_wrote_to() -> None:
    ours = reply_content(external_id="ours@in.postroom.test", cc=(Address("sam@elsewhere.test"),))
    told = replace(TOLD, question=Question(ours=ours, through=(SUPPORT_MAIL,)))
    sent = command_of(answered(), told=told).data.content
    assert [one.address for one in (*sent.to, *sent.cc)] == [ROSA_ADDRESS, "sam@elsewhere.test"]


def test_its_files_go_along() -> None:
    file = Attachment(an_id("file"), "label.pdf", "application/pdf", 3, "one/two", "shown@in-place")
    sent = command_of(answered("", attachments=(file,))).data.content
    assert sent.attachments == (replace(file, content_id=None),) and sent.text == ""


@pytest.mark.parametrize(
    ("message", "notified", "sender", "more", "refusal"),
    [
        (answered(known={"automated": "auto-submitted"}), TOLD, BOB, (), errors.AnswerAutomated),
        (answered(), None, BOB, (), errors.NotificationNotFound),
        (answered(), TOLD, BOB, (w.AgentDeactivated(agent_id=BOB),), errors.AgentIsDeactivated),
        (answered(), TOLD, None, (), errors.AnswerFromAnotherAddress),
        (answered(), TOLD, ADA, (), errors.AnswerFromAnotherAddress),
        (
            answered(),
            replace(TOLD, told_at=NINE - ANSWERABLE - timedelta(seconds=1)),
            BOB,
            (),
            errors.NotificationTooOld,
        ),
        (answered(known={"unreadable": "broken"}), TOLD, BOB, (), errors.AnswerUnreadable),
    ],
)
def test_not_every_mail_speaks_for_the_agent(
    message: Envelope[MessageReceived],
    notified: Notified | None,
    sender: UUID | None,
    more: tuple[w.WorkspaceEvent, ...],
    refusal: type[DomainError],
) -> None:
    with pytest.raises(refusal):
        check_answer(message.data, notified, sender, a_workspace(*more))
    assert check_answer(answered().data, TOLD, BOB, a_workspace()) == TOLD


def test_who_was_taken_off_the_inbox_answers_nobody_there() -> None:
    with pytest.raises(errors.AgentNotOfInbox):
        command_of(answered(), a_workspace(*WITHOUT_BOB))
    promoted = a_workspace(*WITHOUT_BOB, w.AgentRoleChanged(agent_id=BOB, role="administrator"))
    assert command_of(answered(), promoted).data.content.text


def test_nothing_of_the_notification_reaches_the_customer() -> None:
    for text in (f"https://desk.test/conversations/{CONVERSATION}", f"> see conversations/{CONVERSATION}\nYes."):
        with pytest.raises(errors.NotificationQuoted):
            command_of(answered(text))


def test_a_text_that_was_cut_is_not_sent_in_part() -> None:
    whole = Blob("one/two", 10**6, "text/plain", "two")
    with pytest.raises(errors.ReplyTooLarge):
        command_of(answered(text_blob=whole))
    assert command_of(answered(text_blob=whole, quoted="> a long history")).data.content.text


def test_an_answer_without_words_or_to_nobody_or_to_spam_is_refused() -> None:
    spam = cast(Conversation, conversation.evolve(OPEN, MarkedAsSpam()))
    for message, told, state, refusal in (
        (answered("  \n"), TOLD, OPEN, errors.ReplyEmpty),
        (answered(), replace(TOLD, question=Question()), OPEN, errors.NoRecipient),
        (answered(), TOLD, spam, errors.ConversationIsSpam),
    ):
        with pytest.raises(refusal):
            command: Any = reply_of(message, told, state, a_workspace(), HOUSE)
            conversation.decide(command, state, workspace=a_workspace(), house=HOUSE)


def test_without_an_address_left_nothing_can_be_sent() -> None:
    nowhere = changed(a_workspace(), channels={})
    with pytest.raises(errors.ChannelNotFound):
        command_of(answered(), nowhere)


def test_the_answer_comes_once_however_often_it_is_decided() -> None:
    command: Any = command_of(answered())
    events = conversation.decide(command, OPEN, workspace=a_workspace(), house=HOUSE)
    after = reduce(conversation.evolve, events, cast(ConversationState, OPEN))
    assert conversation.decide(command, after, workspace=a_workspace(), house=HOUSE) == ()


def test_below_the_answer_stands_the_inboxs_signature_as_below_every_reply() -> None:
    signing = a_workspace(
        w.InboxChanged(
            inbox_id=SUPPORT,
            name="Support",
            member_ids=(BOB,),
            signature="{{agent.name}}, {{inbox.name}} #{{conversation.number}}\n{{agent.meeting_url}}",
        )
    )
    told = replace(TOLD, agent=w.AgentProfile(name="Bob", email="bob@acme.test"))
    assert command_of(answered(), signing, told).data.content.text == "It leaves today.\n\n-- \nBob, Support #1"
