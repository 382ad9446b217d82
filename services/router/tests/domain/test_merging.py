"""Which conversations may become one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import commands as c
from events import conversations as e
from events.commands import ConversationCommand
from events.conversations import ConversationEvent, MergedConversation
from events.envelope import Envelope
from router.domain import conversation, errors
from router.domain.conversation import ConversationState
from router.domain.merging import MAX_MERGED
from router.domain.testing import CONVERSATION as TARGET
from router.domain.testing import (
    HOUSE,
    NINE,
    OTHER_CONVERSATION,
    ROSA,
    SALES,
    a_workspace,
    an_id,
    appended,
    command,
    opened,
    queued,
)
from router.domain.tidying import Beside
from service_kit.spec import Given
from service_kit.spec import given as given_decider

THIRD = an_id("third")
SECOND = opened(number=2)
ACKNOWLEDGED = replace(queued(), automatic=True, agent_id=None)


def talk(*history: ConversationEvent) -> ConversationState:
    return conversation.decider(a_workspace(), HOUSE).replay(history)


def merged(*ids: tuple[UUID, int], waiting: datetime | None = NINE) -> e.ConversationsMerged:
    each = tuple(MergedConversation(*one) for one in ids)
    return e.ConversationsMerged(merged=each, last_message_at=NINE, waiting_since=waiting, unanswered_since=waiting)


def into(survivor_id: UUID, number: int = 1) -> e.ConversationMergedInto:
    return e.ConversationMergedInto(survivor_id=survivor_id, number=number)


def given(
    *history: ConversationEvent, beside: Mapping[UUID, ConversationState] | None = None
) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    others = {OTHER_CONVERSATION: talk(SECOND)} if beside is None else beside
    return given_decider(conversation.decider(a_workspace(), HOUSE, None, Beside(conversations=others)), *history)


def wish(*from_ids: UUID) -> Envelope[ConversationCommand]:
    return command(c.MergeConversations(from_ids=from_ids or (OTHER_CONVERSATION,)))


def test_one_stands_for_the_other() -> None:
    given(opened()).when(wish()).then(merged((OTHER_CONVERSATION, 2)))
    given(opened()).when(wish(OTHER_CONVERSATION, OTHER_CONVERSATION)).then(merged((OTHER_CONVERSATION, 2)))


def test_what_is_merged_already_is_not_merged_again() -> None:
    given(opened(), merged((OTHER_CONVERSATION, 2))).when(wish()).then_nothing_happened()


def test_all_for_which_the_other_stood_come_along() -> None:
    third = talk(opened(number=3), into(OTHER_CONVERSATION, 2))
    beside = {OTHER_CONVERSATION: talk(SECOND, merged((THIRD, 3))), THIRD: third}
    given(opened(), beside=beside).when(wish()).then(merged((OTHER_CONVERSATION, 2), (THIRD, 3)))


@pytest.mark.parametrize("closed", [e.ConversationResolved(), e.ConversationSnoozed(), e.ConversationTrashed()])
def test_what_is_open_in_the_other_is_open_in_the_one(closed: ConversationEvent) -> None:
    reopened = e.ConversationReopened(reason="agent")
    given(opened(), closed).when(wish()).then(merged((OTHER_CONVERSATION, 2)), reopened)
    beside = {OTHER_CONVERSATION: talk(SECOND, e.ConversationResolved())}
    given(opened(), closed, beside=beside).when(wish()).then(merged((OTHER_CONVERSATION, 2), waiting=None))


def test_what_was_answered_in_the_other_waits_for_nobody_here() -> None:
    later = appended()
    for history, waits in (((queued(),), False), ((queued(), later), True), ((ACKNOWLEDGED,), True)):
        beside = {OTHER_CONVERSATION: talk(SECOND, *history)}
        (event,) = given(opened(), beside=beside).when(wish()).events
        assert isinstance(event, e.ConversationsMerged) and (event.waiting_since is not None) == waits


def waits_of(*history: ConversationEvent) -> tuple[datetime | None, datetime | None]:
    """Since when a conversation with this history waits where it is merged into, and for the first response."""
    (event,) = given(opened(), beside={OTHER_CONVERSATION: talk(SECOND, *history)}).when(wish()).events
    assert isinstance(event, e.ConversationsMerged)
    return event.waiting_since, event.unanswered_since


def test_who_was_answered_before_waits_for_a_reply_and_for_no_first_response() -> None:
    reply = queued()
    accepted = e.ReplySent(reply_id=reply.reply_id, attempt=1)
    assert waits_of(reply, accepted, appended()) == (NINE, None)
    assert waits_of(ACKNOWLEDGED, accepted, appended()) == (NINE, NINE)
    later = (e.ConversationResolved(), appended(), e.ConversationReopened(reason="message"))
    assert waits_of(reply, accepted, *later) == (NINE, NINE)


def test_a_reply_that_failed_or_was_taken_back_answered_nobody() -> None:
    reply = queued()
    failed = e.ReplyFailed(reply_id=reply.reply_id, attempt=1, code="550")
    assert waits_of(reply, failed) == (NINE, NINE)
    assert waits_of(reply, e.ReplyCancelled(reply_id=reply.reply_id, channel="email", released=True)) == (NINE, NINE)
    another = replace(reply, reply_id=an_id("another reply"))
    assert waits_of(reply, another, failed) == (None, None)
    assert waits_of(reply, failed, another) == (None, None)
    assert waits_of(reply, failed, e.ReplySent(reply_id=reply.reply_id, attempt=2)) == (None, None)
    assert waits_of(reply, appended(), failed) == (NINE, NINE)


def test_what_waits_in_one_that_was_merged_goes_along_when_that_is_merged() -> None:
    third = talk(opened(number=3), into(OTHER_CONVERSATION, 2))
    answered = talk(SECOND, queued(), merged((THIRD, 3)))
    beside = {OTHER_CONVERSATION: answered, THIRD: third}
    given(opened(), beside=beside).when(wish()).then(merged((OTHER_CONVERSATION, 2), (THIRD, 3)))


def test_merging_with_itself_is_refused() -> None:
    given(opened()).when(wish(TARGET)).then_refused(errors.MergeWithItself)


def test_merging_in_a_circle_is_refused() -> None:
    beside = {OTHER_CONVERSATION: talk(SECOND, merged((TARGET, 1)))}
    given(opened(), into(OTHER_CONVERSATION, 2), beside=beside).when(wish()).then_refused(errors.ConversationIsMerged)


def test_what_another_stands_for_is_not_merged_by_itself() -> None:
    beside = {OTHER_CONVERSATION: talk(SECOND, into(THIRD, 3))}
    given(opened(), beside=beside).when(wish()).then_refused(errors.ConversationIsMerged, saying="#3")


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ((), errors.ConversationNotFound),
        ((opened(inbox_id=SALES),), errors.OfAnotherInbox),
        ((opened(channel="chat"),), errors.OfAnotherChannel),
        ((SECOND, e.PersonalDataErased(contact_id=ROSA)), errors.ConversationIsErased),
        ((SECOND, e.TrashElapsed(timer_id=THIRD)), errors.ConversationNotFound),
    ],
)
def test_what_could_not_be_read_or_answered_as_one_is_refused(
    other: tuple[ConversationEvent, ...], error: type[errors.Conflict]
) -> None:
    given(opened(), beside={OTHER_CONVERSATION: talk(*other)}).when(wish()).then_refused(error)


def test_nothing_is_merged_into_an_erased_one() -> None:
    gone = e.PersonalDataErased(contact_id=ROSA)
    given(opened(), gone).when(wish()).then_refused(errors.ConversationIsErased)


def test_a_set_has_a_limit() -> None:
    many = {an_id(f"one of many {number}"): talk(opened(number=number)) for number in range(MAX_MERGED + 1)}
    given(opened(), beside=many).when(wish(*many)).then_refused(errors.MergedSetTooLarge)
    fitting = list(many)[:MAX_MERGED]
    assert len(given(opened(), beside=many).when(wish(*fitting)).events) == 1


def test_a_suggestion_that_was_followed_is_no_suggestion_any_more() -> None:
    state = talk(opened(suggested_link=OTHER_CONVERSATION), merged((OTHER_CONVERSATION, 2)))
    assert isinstance(state, conversation.Conversation) and state.suggested_link is None
