"""What agents and timers do to the status of a conversation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events import commands as c
from events.commands import ConversationCommand
from events.conversations import (
    ConversationEvent,
    ConversationReopened,
    ConversationResolved,
    ConversationSnoozed,
    ConversationTrashed,
    MarkedAsSpam,
    SnoozeElapsed,
)
from events.envelope import Envelope
from router.domain import conversation, errors
from router.domain.conversation import Conversation, ConversationState
from router.domain.testing import CONVERSATION, HOUSE, NINE, TOMORROW, a_workspace, an_id, command, opened
from service_kit.spec import Given
from service_kit.spec import given as given_decider

RESOLVED = ConversationResolved(at=NINE)
TIMER = an_id("timer")
SNOOZED = ConversationSnoozed(until=TOMORROW, timer_id=TIMER)
SNOOZED_UNTIL_ANSWER = ConversationSnoozed()
SPAM = MarkedAsSpam()
TRASHED = ConversationTrashed(
    until=NINE + timedelta(days=30), timer_id=HOUSE.derived_id(command(c.TrashConversation()).id, "trash")
)


def given(
    *history: ConversationEvent,
) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    return given_decider(conversation.decider(a_workspace(), HOUSE), *history)


@pytest.mark.parametrize(
    ("wish", "event"),
    [
        (c.ResolveConversation(), RESOLVED),
        (c.MarkConversationAsSpam(), SPAM),
        (c.TrashConversation(), TRASHED),
        (c.SnoozeConversation(), SNOOZED_UNTIL_ANSWER),
    ],
)
def test_an_open_conversation_goes_where_the_agent_wants(wish: ConversationCommand, event: ConversationEvent) -> None:
    given(opened()).when(command(wish)).then(event)


@pytest.mark.parametrize("history", [RESOLVED, SNOOZED, SPAM, TRASHED])
def test_an_agent_reopens_a_conversation_wherever_it_is(history: ConversationEvent) -> None:
    given(opened(), history).when(command(c.ReopenConversation())).then(ConversationReopened(reason="agent"))


@pytest.mark.parametrize(
    ("history", "wish"),
    [
        (RESOLVED, c.ResolveConversation()),
        (SPAM, c.MarkConversationAsSpam()),
        (TRASHED, c.TrashConversation()),
        (SNOOZED, c.SnoozeConversation(until=TOMORROW)),
        (SNOOZED_UNTIL_ANSWER, c.SnoozeConversation()),
        (ConversationReopened(reason="agent"), c.ReopenConversation()),
    ],
)
def test_what_is_already_so_changes_nothing(history: ConversationEvent, wish: ConversationCommand) -> None:
    given(opened(), history).when(command(wish)).then_nothing_happened()


@pytest.mark.parametrize(
    "wish",
    [
        c.ResolveConversation(),
        c.ReopenConversation(),
        c.SnoozeConversation(),
        c.MarkConversationAsSpam(),
        c.TrashConversation(),
        c.AddLabel(label="vip"),
        c.RemoveLabel(label="vip"),
        c.ChangePriority(priority="high"),
        c.AssignConversation(agent_id=None, team_id=None),
        c.AddComment(comment_id=an_id("comment"), text="Hm."),
    ],
)
def test_what_was_never_opened_is_not_found(wish: ConversationCommand) -> None:
    given().when(command(wish)).then_refused(errors.ConversationNotFound)


def test_a_snooze_with_a_time_gets_a_timer_of_its_own() -> None:
    wish = command(c.SnoozeConversation(until=TOMORROW))
    timer_id = HOUSE.derived_id(wish.id, "snooze")
    assert timer_id != wish.id
    given(opened()).when(wish).then(ConversationSnoozed(until=TOMORROW, timer_id=timer_id))


def test_a_snooze_can_be_moved_and_gets_another_timer() -> None:
    later = TOMORROW + timedelta(hours=1)
    when = given(opened(), SNOOZED).when(command(c.SnoozeConversation(until=later)))
    when.then_state(lambda state: isinstance(state, Conversation) and state.status == "snoozed")
    assert isinstance(when.events[0], ConversationSnoozed) and when.events[0].timer_id != TIMER


@pytest.mark.parametrize("until", [NINE, NINE - timedelta(seconds=1)])
def test_a_snooze_that_would_be_over_already_is_refused(until: object) -> None:
    wish = c.SnoozeConversation(until=until)  # type: ignore[arg-type]
    given(opened()).when(command(wish)).then_refused(errors.SnoozeInThePast)


def test_a_snooze_elapses_when_its_timer_is_due() -> None:
    when = given(opened(), SNOOZED).when(command(c.ElapseSnooze(timer_id=TIMER), by=None, at=TOMORROW))
    when.then(SnoozeElapsed(timer_id=TIMER))
    when.then_state(lambda state: isinstance(state, Conversation) and state.status == "open")


@pytest.mark.parametrize(
    "history",
    [
        (),
        (opened(),),
        (opened(), SNOOZED_UNTIL_ANSWER),
        (opened(), SNOOZED, ConversationReopened(reason="message")),
        (opened(), SNOOZED, RESOLVED),
        (opened(), SNOOZED, ConversationSnoozed(until=TOMORROW, timer_id=an_id("another timer"))),
        (opened(), SNOOZED, SnoozeElapsed(timer_id=TIMER)),
    ],
)
def test_an_obsolete_timer_changes_nothing(history: tuple[ConversationEvent, ...]) -> None:
    given(*history).when(command(c.ElapseSnooze(timer_id=TIMER), by=None)).then_nothing_happened()


def test_the_stream_of_the_command_is_the_conversation() -> None:
    assert command(c.ResolveConversation()).stream == CONVERSATION
