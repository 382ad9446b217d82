"""Delivery reports come in any order, often twice, and the last word is always the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from events.conversations import (
    ConversationEvent,
    FailureReason,
    ReplyDelivered,
    ReplyFailed,
    ReplySending,
    ReplySent,
    ReplyUncertain,
)
from events.inbound import (
    DeliveryAccepted,
    DeliveryAttempted,
    DeliveryConfirmed,
    DeliveryRefused,
    DeliveryReport,
    DeliveryUncertain,
)
from events.testing import example
from router.domain.conversation import NOT_OPENED, Conversation, ConversationState, evolve, report
from router.domain.delivery import Delivery, bounced, later, progress
from router.domain.errors import ReplyNotFound
from router.domain.testing import ADA, NINE, REPLY, an_id, opened, queued

ACCEPTED = DeliveryAccepted(channel="email", reply_id=REPLY, attempt=1, reported_at=NINE)


def attempted(attempt: int = 1) -> DeliveryReport:
    return DeliveryAttempted(channel="email", reply_id=REPLY, attempt=attempt, reported_at=NINE)


def accepted(attempt: int = 1) -> DeliveryReport:
    return DeliveryAccepted(channel="email", reply_id=REPLY, attempt=attempt, reported_at=NINE)


def uncertain(attempt: int = 1, *, final: bool = False) -> DeliveryReport:
    return DeliveryUncertain(channel="email", reply_id=REPLY, attempt=attempt, reported_at=NINE, final=final)


def doubt(attempt: int, *, final: bool = False) -> ReplyUncertain:
    return ReplyUncertain(reply_id=REPLY, attempt=attempt, agent_id=ADA, final=final)


def confirmed(attempt: int = 1) -> DeliveryReport:
    return DeliveryConfirmed(channel="email", reply_id=REPLY, attempt=attempt, reported_at=NINE)


def refused(attempt: int = 1, reason: str = "550 no such user") -> DeliveryReport:
    return DeliveryRefused(
        channel="email", reply_id=REPLY, attempt=attempt, reported_at=NINE, code="550", reason=reason
    )


def told(*reports: DeliveryReport) -> tuple[list[ConversationEvent], Delivery]:
    """The events that the reports led to, and what is known of the reply after them."""
    state: ConversationState = evolve(evolve(NOT_OPENED, opened()), queued())
    events: list[ConversationEvent] = []
    for one in reports:
        for event in report(one, state):
            events.append(event)
            state = evolve(state, event)
    assert isinstance(state, Conversation)
    return events, state.replies[REPLY]


def test_a_delivery_that_goes_well_is_told_step_by_step() -> None:
    events, delivery = told(attempted(), accepted(), confirmed())
    assert events == [
        ReplySending(reply_id=REPLY, attempt=1),
        ReplySent(reply_id=REPLY, attempt=1),
        ReplyDelivered(reply_id=REPLY, attempt=1),
    ]
    assert delivery == Delivery("delivered", 1, agent_id=ADA)


def test_only_the_first_attempt_is_told() -> None:
    events, _ = told(attempted(1), attempted(2), attempted(3))
    assert events == [ReplySending(reply_id=REPLY, attempt=1)]


def test_a_failure_carries_its_code_in_the_open_and_its_words_sealed() -> None:
    events, _ = told(refused(reason="550 <rosa@customer.test> unknown"))
    assert events == [
        ReplyFailed(
            reply_id=REPLY,
            attempt=1,
            agent_id=ADA,
            code="550",
            personal=FailureReason(reason="550 <rosa@customer.test> unknown"),
        )
    ]


def test_a_failure_without_words_has_nothing_sealed() -> None:
    events, _ = told(refused(reason=""))
    assert events == [ReplyFailed(reply_id=REPLY, attempt=1, agent_id=ADA, code="550")]


def test_uncertain_becomes_sent_when_the_second_attempt_is_accepted() -> None:
    events, _ = told(uncertain(1), accepted(2))
    assert events == [doubt(1), ReplySent(reply_id=REPLY, attempt=2)]


def test_of_two_doubts_the_later_attempt_is_known_in_either_order() -> None:
    events, delivery = told(uncertain(1), uncertain(2, final=True))
    assert events == [doubt(1), doubt(2, final=True)]
    assert delivery == told(uncertain(2), uncertain(1))[1] == Delivery("uncertain", 2, agent_id=ADA)


@pytest.mark.parametrize("late", [attempted(), uncertain()])
def test_what_comes_late_changes_nothing(late: DeliveryReport) -> None:
    assert told(accepted(), late) == told(accepted())


@pytest.mark.parametrize("one", [attempted(), uncertain(), accepted(), refused(), confirmed()])
def test_a_duplicate_changes_nothing(one: DeliveryReport) -> None:
    assert told(one, one, one) == told(one)


def test_a_bounce_after_the_acceptance_is_a_failure_in_either_order() -> None:
    assert told(accepted(), refused())[1] == told(refused(), accepted())[1] == Delivery("failed", 1, agent_id=ADA)


def test_a_later_attempt_that_was_accepted_outweighs_an_earlier_failure_in_either_order() -> None:
    assert told(refused(1), accepted(2))[1] == told(accepted(2), refused(1))[1] == Delivery("sent", 2, agent_id=ADA)


def test_a_reply_that_the_recipient_has_never_failed() -> None:
    assert told(confirmed(), refused(3))[1].state == "delivered"


def test_a_report_of_a_reply_that_never_was_is_a_fault_that_shows() -> None:
    state = evolve(NOT_OPENED, opened())
    with pytest.raises(ReplyNotFound):
        report(ACCEPTED, state)
    with pytest.raises(ReplyNotFound):
        report(ACCEPTED, NOT_OPENED)


def test_replies_of_one_conversation_do_not_mix() -> None:
    other = an_id("other reply")
    state = evolve(evolve(evolve(NOT_OPENED, opened()), queued()), queued(other))
    (event,) = report(ACCEPTED, state)
    after = evolve(state, event)
    assert isinstance(after, Conversation)
    assert (after.replies[REPLY].state, after.replies[other].state) == ("sent", "queued")


reports = st.builds(
    lambda make, attempt: make(attempt),
    st.sampled_from([attempted, uncertain, accepted, refused, confirmed]),
    st.integers(min_value=1, max_value=3),
)


@given(st.lists(reports, max_size=4), st.data())
def test_reports_end_in_the_same_state_in_whatever_order_and_however_often(
    told_once: list[DeliveryReport], data: st.DataObject
) -> None:
    again: Sequence[DeliveryReport] = data.draw(st.permutations(told_once * 2))
    assert told(*again)[1].rank == told(*told_once)[1].rank


@given(st.lists(reports, max_size=8))
def test_each_event_is_further_than_the_one_before(history: list[DeliveryReport]) -> None:
    state: ConversationState = evolve(evolve(NOT_OPENED, opened()), queued())
    for one in history:
        assert isinstance(state, Conversation)
        before = state.replies[REPLY]
        for event in report(one, state):
            state = evolve(state, event)
            assert isinstance(state, Conversation)
            assert state.replies[REPLY].rank > before.rank
        assert report(one, state) == ()


def test_the_later_of_three_is_the_same_in_every_order() -> None:
    known = [Delivery("sent", 2), Delivery("failed", 1), Delivery("failed", 2)]
    assert {later(later(a, b), c) for a, b, c in permutations(known)} == {Delivery("failed", 2)}


def test_a_failure_says_who_wrote_the_reply() -> None:
    known = Delivery("sent", 1, agent_id=ADA)
    (failed,) = progress(replace(example(DeliveryRefused), attempt=2), known)
    assert isinstance(failed, ReplyFailed) and failed.agent_id == ADA
    (back,) = bounced(REPLY, None, known)
    assert back.agent_id == ADA
