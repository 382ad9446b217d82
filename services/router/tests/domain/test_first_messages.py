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
from router.domain.conversation_state import Open, Resolved, Snoozed, Trashed
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
    appended,
    command,
    mail,
    opened,
    queued,
    reply_content,
)
from service_kit.spec import given as given_decider

MESSAGE = an_id("first")
FILE = Attachment(id=an_id("file"), name="a.pdf", content_type="application/pdf", size=3, blob="x/abc")
NOW = command(c.ResolveConversation()).occurred_at
RESOLVED, UNTIL_ANSWERED = e.Then(status="resolved"), e.Then(status="snoozed")
SNOOZED_UNTIL_NOW = e.Then(status="snoozed", until=NOW)
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


def waiting(**fields: Any) -> tuple[Envelope[c.StartConversation], tuple[e.ConversationEvent, ...], e.Hold]:
    """A first message that waits: what was asked, what happened, and what it waits for."""
    asked = starting(**fields)
    events = started(asked)
    mailed = events[1]
    assert isinstance(mailed, e.ReplyQueued) and mailed.hold is not None
    return asked, events, mailed.hold


def state_after(*events: e.ConversationEvent) -> Conversation:
    state = conversation.decider(a_workspace(), HOUSE).replay(events)
    assert isinstance(state, Conversation)
    return state


def test_a_first_message_waits_for_its_undo_window_or_its_time() -> None:
    asked, events, hold = waiting(undo_seconds=5)
    assert (hold.kind, hold.not_before - asked.occurred_at) == ("undo", timedelta(seconds=5))
    later = asked.occurred_at + timedelta(days=1)
    _, events, hold = waiting(send_at=later)
    assert (hold.kind, hold.not_before) == ("scheduled", later)
    assert [type(event) for event in events] == [e.ConversationStarted, e.ReplyQueued, e.ConversationAssigned]
    mailed, state = events[1], state_after(*events)
    assert isinstance(mailed, e.ReplyQueued)
    due = c.ElapseReply(timer_id=hold.timer_id)
    (released,) = held_replies.elapse(due, state, state, mailed, later, an_id("snooze"))
    assert isinstance(released, e.ReplyReleased) and released.personal == mailed.personal


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"undo_seconds": 31}, errors.SendTimeInvalid),
        ({"undo_seconds": 5, "send_at": NOW + timedelta(days=9)}, errors.SendTimeInvalid),
        ({"send_at": NOW}, errors.SendTimeInThePast),
        ({"send_at": NOW + timedelta(days=367)}, errors.SendTimeInvalid),
        ({"then": SNOOZED_UNTIL_NOW}, errors.SnoozeInThePast),
    ],
)
def test_a_first_message_of_a_wrong_time_is_refused(fields: dict[str, Any], refusal: type) -> None:
    with pytest.raises(refusal):
        started(starting(**fields))


@pytest.mark.parametrize(("then", "stands"), [(RESOLVED, Resolved), (UNTIL_ANSWERED, Snoozed), (None, Open)])
def test_what_becomes_of_it_comes_with_a_first_message_that_goes_now(then: e.Then | None, stands: type) -> None:
    for seconds in (0, 5):
        assert isinstance(state_after(*started(starting(then=then, undo_seconds=seconds))).standing, stands)


def test_what_becomes_of_it_waits_with_a_first_message_that_goes_later() -> None:
    later = starting().occurred_at + timedelta(days=1)
    _, events, hold = waiting(then=RESOLVED, send_at=later)
    mailed, state = events[1], state_after(*events)
    assert isinstance(state.standing, Open) and isinstance(mailed, e.ReplyQueued)
    due = c.ElapseReply(timer_id=hold.timer_id)
    released = held_replies.elapse(due, state, state, mailed, later, an_id("snooze"))
    assert [type(event) for event in released] == [e.ReplyReleased, e.ConversationResolved]


@pytest.mark.parametrize("then", [None, RESOLVED, UNTIL_ANSWERED])
def test_a_first_message_taken_back_takes_the_conversation_to_the_trash(then: e.Then | None) -> None:
    _, events, _ = waiting(then=then, undo_seconds=30)
    taken = command(c.CancelReply(reply_id=REPLY))
    decided = given(*events).when(taken)
    cancelled, trashed = decided.events
    assert cancelled == e.ReplyCancelled(reply_id=REPLY, channel="email", reason="agent")
    assert isinstance(trashed, e.ConversationTrashed) and trashed.until is not None
    assert isinstance(state_after(*events, cancelled, trashed).standing, Trashed)
    given(*events, cancelled, trashed).when(taken).then_nothing_happened()


@pytest.mark.parametrize(
    "said",
    [
        e.CommentAdded(comment_id=an_id("comment"), agent_id=ADA),
        appended(),
        queued(an_id("another")),
    ],
)
def test_where_anything_else_was_said_the_conversation_stays(said: e.ConversationEvent) -> None:
    _, events, _ = waiting(undo_seconds=30)
    taken = command(c.CancelReply(reply_id=REPLY))
    given(*events, said).when(taken).then(e.ReplyCancelled(reply_id=REPLY, channel="email", reason="agent"))


def test_a_first_message_that_may_be_under_way_leaves_the_conversation_where_it_is() -> None:
    taken = command(c.CancelReply(reply_id=REPLY))
    cancelled = e.ReplyCancelled(reply_id=REPLY, channel="email", reason="agent", released=True)
    given(*started(starting())).when(taken).then(cancelled)


def test_an_answer_taken_back_never_takes_the_customers_message_to_the_trash() -> None:
    hold = e.Hold(kind="undo", not_before=mail().occurred_at, timer_id=an_id("timer"))
    taken = command(c.CancelReply(reply_id=REPLY))
    cancelled = e.ReplyCancelled(reply_id=REPLY, channel="email", reason="agent")
    given(opened(), replace(queued(), hold=hold)).when(taken).then(cancelled)


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
    (released,) = held_replies.elapse(due, state, state, event, asked.occurred_at, an_id("snooze"))
    assert isinstance(released, e.ReplyReleased) and released.in_side_thread and released.blobs == ("own/1",)
    given(opened()).when(forwarding(undo_seconds=31)).then_refused(errors.SendTimeInvalid)


def test_an_answer_to_a_forward_reopens_and_holds_nothing_scheduled() -> None:
    hold = e.Hold(kind="scheduled", not_before=mail().occurred_at, timer_id=an_id("timer"))
    history = (opened(), replace(queued(), hold=hold), e.ConversationResolved())
    state = conversation.decider(a_workspace(), HOUSE).replay(history)
    events = conversation.receive(mail("answer"), state, Arrival(contact_id=SAM, in_side_thread=True))
    assert [type(event) for event in events] == [e.MessageAppended, e.ConversationReopened]
    assert isinstance(events[0], e.MessageAppended) and events[0].in_side_thread
