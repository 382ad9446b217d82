"""A conversation moved to another inbox."""

from __future__ import annotations

import pytest

from events import commands as c
from events import conversations as e
from events import workspace as w
from events.commands import ConversationCommand
from events.conversations import ConversationEvent, ConversationMoved
from events.envelope import Envelope
from events.workspace import WorkspaceEvent
from router.domain import conversation, errors
from router.domain.conversation import Conversation, ConversationState
from router.domain.moving import go_along
from router.domain.testing import (
    ADA,
    BOB,
    CONVERSATION,
    HELPERS,
    HOUSE,
    SALES,
    SALES_FALLBACK,
    SELLERS,
    SUPPORT,
    a_workspace,
    an_id,
    available,
    command,
    opened,
)
from service_kit.spec import Given
from service_kit.spec import given as given_decider

STAFFED = w.InboxChanged(inbox_id=SALES, name="Sales", team_ids=(SELLERS,))
WISH = command(c.MoveConversation(inbox_id=SALES))


def given(
    *history: ConversationEvent, happened: tuple[WorkspaceEvent, ...] = (STAFFED,)
) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    return given_decider(conversation.decider(a_workspace(*happened), HOUSE), *history)


def assigned(agent: object, team: object) -> e.ConversationAssigned:
    return e.ConversationAssigned(agent_id=agent, team_id=team)  # type: ignore[arg-type]


def moved(**changes: object) -> ConversationMoved:
    return ConversationMoved(inbox_id=SALES, from_inbox_id=SUPPORT, **changes)  # type: ignore[arg-type]


def test_who_belongs_to_the_new_inbox_keeps_it_and_a_team_that_does_not_is_dropped() -> None:
    given(opened(), assigned(BOB, HELPERS)).when(WISH).then(moved(agent_id=BOB))


def test_what_nobody_there_has_waits_in_the_queue_of_the_inboxs_team() -> None:
    when = given(opened(), assigned(ADA, HELPERS)).when(WISH)
    assert when.events[0] == moved()
    assert isinstance(when.events[1], e.ConversationRouted)
    assert (when.events[1].agent_id, when.events[1].team_id, when.events[1].reason) == (None, SELLERS, "inbox_team")
    when.then_state(lambda state: isinstance(state, Conversation) and state.waiting_in == SELLERS)


def test_an_agent_there_who_takes_work_is_given_it() -> None:
    when = given(opened(), happened=(STAFFED, *available(BOB))).when(WISH)
    when.then_state(
        lambda state: isinstance(state, Conversation) and (state.assignee_id, state.inbox_id) == (BOB, SALES)
    )


def test_what_is_put_away_is_given_to_nobody() -> None:
    resolved = e.ConversationResolved()
    given(opened(), assigned(ADA, HELPERS), resolved, happened=(STAFFED, *available(BOB))).when(WISH).then(moved())


def test_where_it_lies_already_it_stays() -> None:
    given(opened()).when(command(c.MoveConversation(inbox_id=SUPPORT))).then_nothing_happened()


@pytest.mark.parametrize(
    ("happened", "inbox", "error"),
    [
        ((), an_id("no inbox"), errors.InboxNotFound),
        ((w.InboxChanged(inbox_id=SALES, name="Sales", archived=True),), SALES, errors.InboxIsArchived),
        ((w.ChannelDisconnected(channel_id=SALES_FALLBACK),), SALES, errors.OfAnotherChannel),
    ],
)
def test_where_nobody_could_answer_it_it_is_not_moved(
    happened: tuple[WorkspaceEvent, ...], inbox: object, error: type[errors.Conflict]
) -> None:
    wish = command(c.MoveConversation(inbox_id=inbox))  # type: ignore[arg-type]
    given(opened(), happened=happened).when(wish).then_refused(error)


def test_it_is_still_known_where_it_lay_before() -> None:
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(), moved()))
    assert isinstance(state, Conversation)
    assert state.has_been_in(SUPPORT) and state.has_been_in(SALES) and not state.has_been_in(an_id("a third"))


def test_what_was_merged_goes_along() -> None:
    state = conversation.decider(a_workspace(), HOUSE).replay((opened(),))
    assert isinstance(state, Conversation)
    assert go_along(state, moved(), CONVERSATION) == (moved(with_id=CONVERSATION),)
    assert go_along(state, ConversationMoved(inbox_id=SUPPORT, from_inbox_id=SALES), CONVERSATION) == ()
