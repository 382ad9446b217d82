"""Replies that wait: to be undone, or for a time; taken back, sent now, tried again, answered for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from events import commands as c
from events import conversations as e
from events.commands import ConversationCommand, SendReply
from events.conversations import ConversationEvent, Hold, ReplyQueued, Then
from events.envelope import Envelope
from events.inbound import DeliveryAccepted, DeliveryRefused, DeliveryUncertain
from router.domain import conversation, errors
from router.domain.conversation import Arrival, Conversation, ConversationState
from router.domain.held_replies import close_survivor, holds, undone
from router.domain.testing import (
    ADA,
    CONVERSATION,
    HOUSE,
    NINE,
    NO_FIRST_ANSWER,
    OTHER_CONVERSATION,
    REPLY,
    ROSA,
    SUPPORT_MAIL,
    TOMORROW,
    a_workspace,
    an_id,
    appended,
    command,
    mail,
    opened,
    queued,
    reply_content,
)
from router.domain.tidying import Beside
from service_kit.spec import Given
from service_kit.spec import given as given_decider

TIMER = an_id("timer")
SOON = NINE + timedelta(seconds=10)
UNDO = Hold(kind="undo", not_before=SOON, timer_id=TIMER)
LATER = Hold(kind="scheduled", not_before=TOMORROW, timer_id=TIMER)
RESOLVED = Then(status="resolved")
CANCEL, RETRY = c.CancelReply(reply_id=REPLY), c.RetryReply(reply_id=REPLY)
DUE = c.ElapseReply(timer_id=TIMER)


def waiting(hold: Hold | None = UNDO, then: Then | None = None) -> ReplyQueued:
    return replace(queued(), hold=hold, then=then)


def failed(**changes: Any) -> e.ReplyFailed:
    return e.ReplyFailed(**{"reply_id": REPLY, "attempt": 2, "code": "550"} | changes)


def released(reason: Any = "due", after: int = 0) -> e.ReplyReleased:
    return e.ReplyReleased(
        reply_id=REPLY,
        conversation_id=CONVERSATION,
        inbox_id=opened().inbox_id,
        channel="email",
        channel_id=SUPPORT_MAIL,
        agent_id=ADA,
        reason=reason,
        after_attempt=after,
        personal=queued().personal,
    )


def given(
    *history: ConversationEvent, kept: ReplyQueued | None = None
) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    """`kept` is the reply as the store has it, by default the one of the history."""
    stored = kept or next((event for event in history if isinstance(event, ReplyQueued)), None)
    return given_decider(conversation.decider(a_workspace(NO_FIRST_ANSWER), HOUSE, stored), *history)


def reply(**fields: Any) -> Envelope[SendReply]:
    return command(SendReply(reply_id=REPLY, channel_id=SUPPORT_MAIL, content=reply_content(), **fields))


def delivery_after(*history: ConversationEvent) -> str:
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(), *history))
    assert isinstance(state, Conversation)
    return state.replies[REPLY].state


def test_an_undo_window_holds_the_reply_for_so_long() -> None:
    (event,) = given(opened()).when(reply(undo_seconds=10)).events
    assert isinstance(event, ReplyQueued) and event.hold is not None
    assert (event.hold.kind, event.hold.not_before) == ("undo", SOON)


def test_a_scheduled_reply_waits_for_its_time_and_closes_nothing_before() -> None:
    (event,) = given(opened()).when(reply(send_at=TOMORROW, then=RESOLVED)).events
    assert isinstance(event, ReplyQueued) and event.hold is not None
    assert (event.hold.kind, event.hold.not_before, event.then) == ("scheduled", TOMORROW, RESOLVED)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"send_at": NINE}, errors.SendTimeInThePast),
        ({"send_at": NINE - timedelta(days=1)}, errors.SendTimeInThePast),
        ({"send_at": NINE + timedelta(days=400)}, errors.SendTimeInvalid),
        ({"send_at": TOMORROW, "undo_seconds": 10}, errors.SendTimeInvalid),
        ({"undo_seconds": 31}, errors.SendTimeInvalid),
        ({"undo_seconds": -1}, errors.SendTimeInvalid),
        ({"then": Then(status="snoozed", until=NINE)}, errors.SnoozeInThePast),
        ({"then": Then(status="snoozed", until=SOON), "send_at": TOMORROW}, errors.SnoozeInThePast),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(fields: dict[str, Any], refusal: type) -> None:
    given(opened()).when(reply(**fields)).then_refused(refusal)


def test_with_then_the_conversation_is_closed_in_the_same_command() -> None:
    assert given(opened()).when(reply(then=RESOLVED)).events[1:] == (e.ConversationResolved(at=NINE),)
    snoozed = given(opened()).when(reply(then=Then(status="snoozed", until=TOMORROW))).events[1]
    assert isinstance(snoozed, e.ConversationSnoozed) and snoozed.until == TOMORROW and snoozed.timer_id


def test_what_is_closed_already_stays_as_it_is() -> None:
    assert len(given(opened(), e.ConversationSnoozed()).when(reply(then=RESOLVED)).events) == 1


def test_when_its_time_comes_it_is_released_with_all_that_is_delivered() -> None:
    given(opened(), waiting()).when(command(DUE, by=None)).then(released())


def test_a_scheduled_one_closes_the_conversation_when_it_is_released() -> None:
    then = Then(status="resolved")
    when = given(opened(), waiting(LATER, then)).when(command(DUE, by=None, at=TOMORROW))
    assert [type(event) for event in when.events] == [e.ReplyReleased, e.ConversationResolved]


def test_a_snooze_that_has_passed_when_it_is_released_leaves_the_conversation_open() -> None:
    then = Then(status="snoozed", until=TOMORROW + timedelta(hours=1))
    late = command(DUE, by=None, at=TOMORROW + timedelta(hours=2))
    assert [type(event) for event in given(opened(), waiting(LATER, then)).when(late).events] == [e.ReplyReleased]


@pytest.mark.parametrize(
    "history",
    [
        (),
        (queued(),),
        (waiting(), released()),
        (waiting(), e.ReplyCancelled(reply_id=REPLY, channel="email")),
        (waiting(LATER), e.ReplyHeld(reply_id=REPLY, agent_id=ADA, reason="customer_wrote")),
    ],
)
def test_an_obsolete_timer_changes_nothing(history: tuple[ConversationEvent, ...]) -> None:
    given(opened(), *history).when(command(DUE, by=None)).then_nothing_happened()


def test_a_timer_of_a_conversation_that_is_not_there_is_never_refused() -> None:
    given().when(command(DUE, by=None)).then_nothing_happened()


def test_of_an_erased_person_nothing_is_sent_when_the_time_comes() -> None:
    bare = replace(waiting(), personal=None)
    cancelled = e.ReplyCancelled(reply_id=REPLY, channel="email", reason="erased")
    erased = e.PersonalDataErased(contact_id=ROSA)
    given(opened(), waiting(), erased, kept=bare).when(command(DUE, by=None)).then(cancelled)


@pytest.mark.parametrize("put_away", [e.MarkedAsSpam(), e.ConversationTrashed()])
def test_a_scheduled_reply_to_what_was_put_away_waits_for_an_agent(put_away: ConversationEvent) -> None:
    held = e.ReplyHeld(reply_id=REPLY, agent_id=ADA, reason="put_away")
    given(opened(), waiting(LATER), put_away).when(command(DUE, by=None)).then(held)


def received(*history: ConversationEvent, **known: Any) -> list[str]:
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(), *history))
    events = conversation.receive(mail("second", known=known), state, Arrival(contact_id=ROSA))
    return [type(event).__name__ for event in events]


def test_a_message_of_the_customer_holds_what_is_scheduled() -> None:
    assert received(waiting(LATER)) == ["MessageAppended", "ReplyHeld"]


@pytest.mark.parametrize("history", [waiting(UNDO), queued()])
def test_an_undo_window_is_not_held(history: ConversationEvent) -> None:
    assert received(history) == ["MessageAppended"]


def test_a_machine_holds_nothing() -> None:
    assert received(waiting(LATER), automated="auto", automated_kind="auto_reply") == ["MessageAppended"]


@pytest.mark.parametrize("hold", [UNDO, LATER])
def test_a_waiting_reply_is_taken_back(hold: Hold) -> None:
    given(opened(), waiting(hold)).when(command(CANCEL)).then(e.ReplyCancelled(reply_id=REPLY, channel="email"))


def test_taken_back_it_reopens_what_it_closed() -> None:
    when = given(opened(), waiting(UNDO, RESOLVED), e.ConversationResolved()).when(command(CANCEL))
    assert when.events[1:] == (e.ConversationReopened(reason="reply_cancelled"),)


def test_taken_back_it_leaves_closed_what_somebody_else_closed() -> None:
    assert len(given(opened(), waiting(UNDO), e.ConversationResolved()).when(command(CANCEL)).events) == 1


def test_a_queued_reply_is_taken_back_where_it_is_delivered() -> None:
    cancelled = e.ReplyCancelled(reply_id=REPLY, channel="email", released=True)
    given(opened(), queued()).when(command(CANCEL)).then(cancelled)


def test_taken_back_twice_is_taken_back_once() -> None:
    cancelled = e.ReplyCancelled(reply_id=REPLY, channel="email")
    given(opened(), waiting(), cancelled).when(command(CANCEL)).then_nothing_happened()


@pytest.mark.parametrize(
    "event",
    [
        e.ReplySending(reply_id=REPLY, attempt=1),
        e.ReplySent(reply_id=REPLY, attempt=1),
        e.ReplyUncertain(reply_id=REPLY, attempt=1),
        failed(),
    ],
)
def test_what_is_under_way_or_was_sent_cannot_be_taken_back(event: ConversationEvent) -> None:
    given(opened(), queued(), event).when(command(CANCEL)).then_refused(errors.AlreadySent)


@pytest.mark.parametrize("wish", [CANCEL, RETRY, c.ConfirmReply(reply_id=REPLY, arrived=True)])
def test_a_reply_that_is_not_there_is_not_found(wish: ConversationCommand) -> None:
    given(opened()).when(command(wish)).then_refused(errors.ReplyNotFound)


def test_what_was_taken_back_too_late_shows_as_sent() -> None:
    cancelled = e.ReplyCancelled(reply_id=REPLY, channel="email", released=True)
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(), queued(), cancelled))
    accepted = DeliveryAccepted(channel="email", reply_id=REPLY, attempt=1, reported_at=NINE)
    assert conversation.report(accepted, state) == (e.ReplySent(reply_id=REPLY, attempt=1),)


def test_a_failed_reply_is_sent_again_and_its_old_attempts_say_nothing_any_more() -> None:
    given(opened(), queued(), failed()).when(command(RETRY)).then(released("retried", after=2))
    state = conversation.decider(a_workspace(), HOUSE).replay(
        (opened(), queued(), failed(), released("retried", after=2))
    )
    late = DeliveryRefused(channel="email", reply_id=REPLY, attempt=2, reported_at=NINE, code="550")
    assert conversation.report(late, state) == ()
    assert delivery_after(queued(), failed(), released("retried", 2)) == "queued"
    sent = e.ReplySent(reply_id=REPLY, attempt=3)
    assert delivery_after(queued(), failed(), released("retried", 2), sent) == "sent"


def test_what_failed_for_good_or_did_not_fail_is_not_sent_again() -> None:
    given(opened(), queued(), failed(can_retry=False)).when(command(RETRY)).then_refused(errors.ReplyCannotBeRetried)
    sent = e.ReplySent(reply_id=REPLY, attempt=1)
    given(opened(), queued(), sent).when(command(RETRY)).then_refused(errors.ReplyDidNotFail)
    given(opened(), queued()).when(command(RETRY)).then_nothing_happened()


def test_a_held_reply_is_sent_now_by_an_agent() -> None:
    held = e.ReplyHeld(reply_id=REPLY, agent_id=ADA, reason="customer_wrote")
    given(opened(), waiting(LATER), held).when(command(RETRY)).then(released("sent_now"))
    given(opened(), waiting(LATER), held, e.MarkedAsSpam()).when(command(RETRY)).then_refused(errors.ConversationIsSpam)


def test_an_uncertain_reply_arrived_or_is_sent_again() -> None:
    doubt = e.ReplyUncertain(reply_id=REPLY, attempt=2)
    yes, no = c.ConfirmReply(reply_id=REPLY, arrived=True), c.ConfirmReply(reply_id=REPLY, arrived=False)
    given(opened(), queued(), doubt).when(command(yes)).then(e.ReplySent(reply_id=REPLY, attempt=2, channel="email"))
    given(opened(), queued(), doubt).when(command(no)).then(released("not_arrived", after=2))
    sent = e.ReplySent(reply_id=REPLY, attempt=2)
    given(opened(), queued(), doubt, sent).when(command(yes)).then_nothing_happened()
    given(opened(), queued(), sent).when(command(no)).then_refused(errors.ReplyIsNotUncertain)


@pytest.mark.parametrize("closed", [e.ConversationResolved(), e.ConversationSnoozed()])
def test_a_reply_that_fails_never_leaves_its_conversation_closed(closed: ConversationEvent) -> None:
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(), queued(), closed))
    refused = DeliveryRefused(channel="email", reply_id=REPLY, attempt=1, reported_at=NINE, code="550")
    events = conversation.report(refused, state)
    assert events[1:] == (e.ConversationReopened(reason="reply_failed"),)
    assert (
        conversation.report(refused, conversation.decider(a_workspace(), HOUSE).replay((opened(), queued())))[1:] == ()
    )


def doubted(state: ConversationState, *, final: bool) -> tuple[ConversationEvent, ...]:
    doubt = DeliveryUncertain(channel="email", reply_id=REPLY, attempt=2, reported_at=NINE, final=final)
    return conversation.report(doubt, state)


@pytest.mark.parametrize("closed", [e.ConversationResolved(), e.ConversationSnoozed()])
def test_a_doubt_that_lasts_never_leaves_its_conversation_closed_and_a_first_one_does(
    closed: ConversationEvent,
) -> None:
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(), queued(), closed))
    reopened = e.ConversationReopened(reason="reply_uncertain")
    assert doubted(state, final=True)[1:] == (reopened,)
    assert doubted(state, final=False)[1:] == ()
    standing = conversation.decider(a_workspace(), HOUSE).replay((opened(), queued()))
    assert doubted(standing, final=True)[1:] == ()


def test_that_it_arrived_after_all_leaves_the_conversation_to_its_agent() -> None:
    doubt = e.ReplyUncertain(reply_id=REPLY, attempt=2, final=True)
    history = (queued(), e.ConversationResolved(), doubt, e.ConversationReopened(reason="reply_uncertain"))
    arrived = c.ConfirmReply(reply_id=REPLY, arrived=True)
    sent = e.ReplySent(reply_id=REPLY, attempt=2, channel="email")
    given(opened(), *history).when(command(arrived)).then(sent)


SURVIVOR = OTHER_CONVERSATION
MERGED = e.ConversationMergedInto(survivor_id=SURVIVOR, number=2)


def standing_for(*history: ConversationEvent) -> Beside:
    """What stands for the conversation, after this."""
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(number=2), *history))
    return Beside(conversations={SURVIVOR: state})


def of_merged(*history: ConversationEvent, beside: Beside) -> Given[Any, ConversationState, ConversationEvent]:
    decider = conversation.decider(a_workspace(), HOUSE, waiting(LATER, RESOLVED), beside)
    return given_decider(decider, opened(), waiting(LATER, RESOLVED), MERGED, *history)


@pytest.mark.parametrize("put_away", [e.MarkedAsSpam(), e.ConversationTrashed(), e.TrashElapsed(timer_id=TIMER)])
def test_a_scheduled_reply_of_what_was_merged_waits_when_what_stands_for_it_was_put_away(
    put_away: ConversationEvent,
) -> None:
    due = command(DUE, by=None, at=TOMORROW)
    held = e.ReplyHeld(reply_id=REPLY, agent_id=ADA, reason="put_away")
    of_merged(beside=standing_for(put_away)).when(due).then(held)
    of_merged(beside=standing_for()).when(due).then(released())


def test_of_what_was_merged_nothing_is_sent_by_hand_out_of_spam_either() -> None:
    of_merged(beside=standing_for(e.MarkedAsSpam())).when(command(RETRY)).then_refused(errors.ConversationIsSpam)
    of_merged(beside=standing_for()).when(command(RETRY)).then(released("sent_now"))


def closed_with(survivor: Beside, *events: ConversationEvent) -> tuple[ConversationEvent, ...]:
    """What the reply of the merged one that goes out does to what stands for it."""
    before = conversation.decider(a_workspace(), HOUSE).replay((opened(), waiting(LATER, RESOLVED), MERGED))
    standing = survivor.conversations[SURVIVOR]
    assert isinstance(before, Conversation) and isinstance(standing, Conversation)
    return close_survivor(events, before, standing, TOMORROW, TIMER)


def test_sent_at_its_time_it_closes_what_stands_for_the_merged_one() -> None:
    assert closed_with(standing_for(), released()) == (e.ConversationResolved(at=TOMORROW),)
    assert closed_with(standing_for(e.ConversationSnoozed()), released()) == ()
    assert closed_with(standing_for(), e.ReplyHeld(reply_id=REPLY, agent_id=ADA, reason="put_away")) == ()
    assert closed_with(standing_for(), replace(released(), reply_id=an_id("another"))) == ()


def test_taken_back_or_failed_it_leaves_what_stands_for_the_merged_one_no_more_closed() -> None:
    before = conversation.decider(a_workspace(), HOUSE).replay((opened(), waiting(LATER, RESOLVED), MERGED, released()))
    assert isinstance(before, Conversation)
    cancelled = e.ReplyCancelled(reply_id=REPLY, channel="email", released=True)
    assert undone((cancelled,), before) == "reply_cancelled"
    assert undone((failed(),), before) == "reply_failed"
    assert undone((e.ReplyUncertain(reply_id=REPLY, attempt=2, final=True),), before) == "reply_uncertain"
    assert undone((e.ReplyUncertain(reply_id=REPLY, attempt=1),), before) is None
    unasked = replace(before, replies={REPLY: replace(before.replies[REPLY], closed=False)})
    assert undone((cancelled,), unasked) is None
    assert undone((released(),), before) is None


def test_a_message_of_a_person_to_what_stands_for_others_holds_theirs() -> None:
    said = appended()
    assert holds(said)
    assert not holds(replace(said, in_side_thread=True))
    assert not holds(replace(said, message=replace(said.message, history=True)))
    assert not holds(replace(said, message=replace(said.message, automated="auto", automated_kind="auto_reply")))
