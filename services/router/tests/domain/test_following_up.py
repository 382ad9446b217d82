"""Where a message goes on that belongs to a conversation."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from events import conversations as e
from events import workspace as w
from events.commands import ChangeInbox
from events.conversations import ConversationEvent
from events.values import MessageFacts
from router.domain import conversation, errors
from router.domain.conversation import NOT_OPENED, ConversationState
from router.domain.following_up import goes_on
from router.domain.inboxes import change_inbox
from router.domain.testing import (
    CONVERSATION,
    HOUSE,
    NINE,
    OTHER_CONVERSATION,
    SUPPORT,
    a_workspace,
    an_id,
    facts,
    opened,
)
from router.domain.threading import Join, NewConversation

THIRD = an_id("third")
RESOLVED = e.ConversationResolved(at=NINE)
LATE, IN_TIME = timedelta(days=30, seconds=1), timedelta(days=30)
FOLLOWED = e.ConversationFollowedUp(conversation_id=OTHER_CONVERSATION, number=2)
GONE = (e.ConversationTrashed(), e.TrashElapsed(timer_id=THIRD))
MERGED = e.ConversationMergedInto(survivor_id=OTHER_CONVERSATION, number=2)


def where(
    *history: ConversationEvent,
    after: timedelta = LATE,
    others: dict[UUID, tuple[ConversationEvent, ...]] | None = None,
    reopen_days: int = 30,
    aside: bool = False,
    message: MessageFacts | None = None,
) -> Join | NewConversation:
    decider = conversation.decider(a_workspace(), HOUSE)
    states: dict[UUID, ConversationState] = {CONVERSATION: decider.replay((opened(), *history))}
    states |= {each: decider.replay((opened(number=2), *theirs)) for each, theirs in (others or {}).items()}
    workspace = a_workspace(w.InboxChanged(inbox_id=SUPPORT, name="Support", reopen_days=reopen_days))
    came = message or facts("late", received_at=NINE + after)
    return goes_on(CONVERSATION, came, lambda each: states.get(each, NOT_OPENED), workspace, aside=aside)


def test_a_message_in_time_joins_what_is_resolved() -> None:
    assert where(RESOLVED, after=IN_TIME) == Join(CONVERSATION)


def test_a_message_that_comes_too_late_begins_a_follow_up() -> None:
    assert where(RESOLVED) == NewConversation(follow_up_of=CONVERSATION)


@pytest.mark.parametrize(("days", "joins"), [(0, False), (1, False), (31, True), (3650, True)])
def test_how_late_is_too_late_the_inbox_says(days: int, joins: bool) -> None:
    assert isinstance(where(RESOLVED, reopen_days=days), Join) == joins


@pytest.mark.parametrize(
    "history",
    [
        (),
        (e.ConversationSnoozed(),),
        (e.MarkedAsSpam(),),
        (e.ConversationTrashed(),),
        (e.ConversationResolved(),),
        (RESOLVED, e.ConversationReopened(reason="agent")),
        (e.ConversationMuted(), RESOLVED),
    ],
)
def test_only_what_was_resolved_at_a_known_time_is_ever_over(history: tuple[ConversationEvent, ...]) -> None:
    assert where(*history) == Join(CONVERSATION)


def test_what_is_gone_from_the_trash_is_over() -> None:
    assert where(*GONE, after=timedelta()) == NewConversation(follow_up_of=CONVERSATION)


def test_a_further_late_message_joins_the_follow_up() -> None:
    others: dict[UUID, tuple[ConversationEvent, ...]] = {OTHER_CONVERSATION: ()}
    assert where(RESOLVED, FOLLOWED, others=others) == Join(OTHER_CONVERSATION)


def test_when_that_is_over_too_there_is_another_one() -> None:
    assert where(RESOLVED, FOLLOWED, others={OTHER_CONVERSATION: (RESOLVED,)}) == NewConversation(
        follow_up_of=OTHER_CONVERSATION
    )


def test_what_an_agent_opened_again_is_joined_and_not_its_follow_up() -> None:
    history = (RESOLVED, FOLLOWED, e.ConversationReopened(reason="agent"))
    assert where(*history, others={OTHER_CONVERSATION: ()}) == Join(CONVERSATION)


def test_what_is_merged_goes_on_where_it_was_merged_into() -> None:
    assert where(MERGED, others={OTHER_CONVERSATION: ()}) == Join(OTHER_CONVERSATION)
    assert where(MERGED, others={OTHER_CONVERSATION: (RESOLVED,)}) == NewConversation(follow_up_of=OTHER_CONVERSATION)


def test_a_follow_up_that_was_merged_back_is_no_circle() -> None:
    back = e.ConversationsMerged(merged=(e.MergedConversation(OTHER_CONVERSATION, 2),))
    into = e.ConversationMergedInto(survivor_id=CONVERSATION, number=1)
    found = where(RESOLVED, FOLLOWED, back, others={OTHER_CONVERSATION: (into,)})
    assert found == NewConversation(follow_up_of=CONVERSATION)
    assert where(RESOLVED, FOLLOWED, others={OTHER_CONVERSATION: (into,)}) == Join(CONVERSATION)


def test_an_out_of_office_note_begins_nothing() -> None:
    note = facts("away", received_at=NINE + LATE, automated="auto-replied", automated_kind="auto_reply")
    assert where(RESOLVED, message=note) == Join(CONVERSATION)


def test_an_answer_to_a_forward_stays_in_the_side_thread() -> None:
    assert where(RESOLVED, aside=True) == Join(CONVERSATION)
    assert where(MERGED, aside=True, others={OTHER_CONVERSATION: (RESOLVED,)}) == Join(OTHER_CONVERSATION)


@pytest.mark.parametrize("days", [-1, 3651])
def test_a_number_of_days_that_makes_no_sense_is_refused(days: int) -> None:
    with pytest.raises(errors.ReopenDaysInvalid):
        change_inbox(ChangeInbox(inbox_id=SUPPORT, reopen_days=days), a_workspace(), HOUSE)


def test_the_days_of_an_inbox_are_changed_and_left_alone() -> None:
    (changed,) = change_inbox(ChangeInbox(inbox_id=SUPPORT, reopen_days=7), a_workspace(), HOUSE)
    assert isinstance(changed, w.InboxChanged) and changed.reopen_days == 7
    assert change_inbox(ChangeInbox(inbox_id=SUPPORT, reopen_days=7), a_workspace(changed), HOUSE) == ()
