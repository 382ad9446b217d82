"""Writing first, and forwarding."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from events import commands as c
from events import conversations as e
from events import workspace as w
from events.envelope import Envelope
from events.values import Address, Attachment
from router.domain import conversation, errors, first_messages, held_replies
from router.domain.conversation import NOT_OPENED, Arrival, Conversation, ConversationState
from router.domain.testing import (
    ADA,
    CONVERSATION,
    FALLBACK_ADDRESS,
    HELPERS,
    HOUSE,
    REPLY,
    ROSA,
    ROSA_ADDRESS,
    SALES_FALLBACK,
    SAM,
    SAM_ADDRESS,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_MAIL,
    a_workspace,
    an_id,
    command,
    mail,
    opened,
    queued,
    reply_content,
)
from service_kit.spec import given as given_decider

MESSAGE = an_id("first")
FILE = Attachment(id=an_id("file"), name="a.pdf", content_type="application/pdf", size=3, blob="x/abc")
EVIL = "a\r\nBcc: x@evil.test"


def starting(content: dict[str, Any] | None = None, **fields: Any) -> Envelope[c.StartConversation]:
    wish = c.StartConversation(
        message_id=REPLY,
        inbox_id=SUPPORT,
        channel_id=SUPPORT_MAIL,
        content=reply_content(**{"subject": "Your offer", **(content or {})}),
        assignee_id=ADA,
    )
    return command(replace(wish, **fields))


def started(
    asked: Envelope[c.StartConversation], state: ConversationState = NOT_OPENED, *more: w.WorkspaceEvent
) -> tuple[e.ConversationEvent, ...]:
    return first_messages.start(asked, state, contact_id=ROSA, number=7, workspace=a_workspace(*more), house=HOUSE)


def test_a_first_message_begins_a_conversation_with_its_mail_and_its_assignee() -> None:
    begun, mailed, assigned = started(starting())
    assert begun == e.ConversationStarted(
        number=7,
        inbox_id=SUPPORT,
        contact_id=ROSA,
        channel="email",
        channel_id=SUPPORT_MAIL,
        message_id=REPLY,
        personal=e.StartedContent(subject="Your offer"),
    )
    assert isinstance(mailed, e.ReplyQueued) and mailed.personal is not None
    assert mailed.personal.external_id == HOUSE.message_id(REPLY, CONVERSATION) and mailed.agent_id == ADA
    assert assigned == e.ConversationAssigned(agent_id=ADA, team_id=HELPERS)
    state = conversation.decider(a_workspace(), HOUSE).replay((begun, mailed, assigned))
    assert isinstance(state, Conversation)
    assert (state.number, state.assignee_id, state.sequence, state.last_message_id) == (7, ADA, 3, REPLY)


def test_begun_twice_it_is_begun_once() -> None:
    begun = conversation.decider(a_workspace(), HOUSE).replay(started(starting()))
    assert started(starting(), begun) == ()


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (starting(inbox_id=an_id("nowhere")), errors.InboxNotFound),
        (starting(channel_id=an_id("nowhere")), errors.ChannelNotFound),
        (starting(channel_id=SALES_FALLBACK, content={"sender": Address("sales-xyz765@in.postroom.test")}),
         errors.ChannelNotFound),
        (starting(assignee_id=an_id("nobody")), errors.AgentNotFound),
        (starting({"to": ()}), errors.NoRecipient),
        (starting({"to": (Address("not an address"),)}), errors.RecipientInvalid),
        (starting({"to": (Address(SUPPORT_ADDRESS),)}), errors.OwnAddress),
        (starting({"bcc": (Address(FALLBACK_ADDRESS.upper()),)}), errors.OwnAddress),
        (starting({"text": "  "}), errors.ReplyEmpty),
        (starting({"to": (Address(ROSA_ADDRESS, EVIL),)}), errors.HeaderUnsafe),
        (starting({"cc": (Address(EVIL),)}), errors.HeaderUnsafe),
        (starting({"subject": EVIL}), errors.HeaderUnsafe),
        (starting({"sender": Address(SUPPORT_ADDRESS, EVIL)}), errors.HeaderUnsafe),
        (starting({"attachments": (replace(FILE, name=EVIL),)}), errors.HeaderUnsafe),
    ],
)  # fmt: skip
def test_what_cannot_go_out_is_refused(asked: Envelope[c.StartConversation], refusal: type) -> None:
    with pytest.raises(refusal):
        started(asked)


def test_on_messenger_the_customer_writes_first() -> None:
    page = w.ChannelConnected(channel_id=an_id("page"), inbox_id=SUPPORT, kind="facebook")
    with pytest.raises(errors.CustomerMustWriteFirst):
        started(starting(channel_id=an_id("page")), NOT_OPENED, page)


def forwarding(content: dict[str, Any] | None = None, **fields: Any) -> Envelope[c.ForwardMessages]:
    wish = c.ForwardMessages(
        reply_id=REPLY,
        channel_id=SUPPORT_MAIL,
        message_ids=(MESSAGE,),
        content=reply_content(**{"to": (Address(SAM_ADDRESS),), "attachments": (FILE,), **(content or {})}),
        blobs=("own/1",),
    )
    return command(replace(wish, **fields))


def given(*history: e.ConversationEvent) -> Any:
    return given_decider(conversation.decider(a_workspace(), HOUSE), *history)


def test_a_forward_goes_out_in_the_side_thread_under_an_id_of_its_own() -> None:
    answering = {"in_reply_to": "first@customer.test", "references": ("first@customer.test",)}
    (event,) = given(opened()).when(forwarding(answering)).events
    assert event.in_side_thread and event.forwarded_ids == (MESSAGE,) and event.blobs == ("own/1",)
    assert event.personal.external_id == HOUSE.side_message_id(REPLY, CONVERSATION)
    assert (event.personal.in_reply_to, event.personal.references, event.personal.history) == (None, (), None)


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (forwarding(message_ids=()), errors.NothingToForward),
        (forwarding(message_ids=(MESSAGE,) * 51), errors.NothingToForward),
        (forwarding({"to": (Address("sales-xyz765@in.postroom.test"),)}), errors.OwnAddress),
        (forwarding({"cc": (Address("support+x@acme.test"),)}), errors.OwnAddress),
        (forwarding({"to": (Address(SAM_ADDRESS, EVIL),)}), errors.HeaderUnsafe),
        (forwarding({"subject": EVIL}), errors.HeaderUnsafe),
        (forwarding(channel_id=an_id("nowhere")), errors.ChannelNotFound),
    ],
)
def test_a_forward_that_cannot_go_out_is_refused(asked: Envelope[c.ForwardMessages], refusal: type) -> None:
    given(opened()).when(asked).then_refused(refusal)


def test_a_note_with_an_unfilled_variable_is_refused_and_an_original_with_one_goes_on() -> None:
    unfilled = "Dear {{contact.name}}"
    given(opened()).when(forwarding(note=unfilled)).then_refused(errors.VariableNotFilled)
    assert given(opened()).when(forwarding({"text": unfilled, "subject": unfilled})).refusal is None


@pytest.mark.parametrize("field", ["subject", "text", "html"])
def test_a_first_message_with_an_unfilled_variable_is_refused(field: str) -> None:
    wish = starting({field: "Dear {{contact.name}}"})
    with pytest.raises(errors.VariableNotFilled, match=r"contact\.name"):
        started(wish)


def test_the_same_forward_twice_goes_out_once() -> None:
    given(opened(), queued()).when(forwarding()).then_nothing_happened()


def test_a_forward_can_be_taken_back_for_a_while_and_goes_out_after_it() -> None:
    asked = forwarding(undo_seconds=5)
    (event,) = given(opened()).when(asked).events
    assert event.hold is not None and event.hold.kind == "undo" and event.in_side_thread
    assert event.hold.not_before - asked.occurred_at == timedelta(seconds=5)
    cancelled = e.ReplyCancelled(reply_id=REPLY, channel="email", reason="agent")
    given(opened(), event).when(command(c.CancelReply(reply_id=REPLY))).then(cancelled)
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(), event))
    due = c.ElapseReply(timer_id=event.hold.timer_id)
    (released,) = held_replies.elapse(due, state, event, asked.occurred_at, an_id("snooze"))
    assert isinstance(released, e.ReplyReleased) and released.in_side_thread and released.blobs == ("own/1",)
    given(opened()).when(forwarding(undo_seconds=31)).then_refused(errors.SendTimeInvalid)


def test_an_answer_to_a_forward_reopens_and_holds_nothing_scheduled() -> None:
    hold = e.Hold(kind="scheduled", not_before=mail().occurred_at, timer_id=an_id("timer"))
    history = (opened(), replace(queued(), hold=hold), e.ConversationResolved())
    state = conversation.decider(a_workspace(), HOUSE).replay(history)
    events = conversation.receive(mail("answer"), state, Arrival(contact_id=SAM, in_side_thread=True))
    assert [type(event) for event in events] == [e.MessageAppended, e.ConversationReopened]
    assert isinstance(events[0], e.MessageAppended) and events[0].in_side_thread
