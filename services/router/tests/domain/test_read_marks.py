"""How far agents have read, and what they want to be told of."""

from __future__ import annotations

from uuid import UUID

import pytest

from events import commands as c
from events.commands import ConversationCommand
from events.conversations import CommentAdded, ConversationEvent, ConversationReadMarked, ConversationResolved
from events.envelope import Envelope
from events.notifications import KINDS, NotificationPreferencesSet, SetNotificationPreferences
from router.domain import conversation, errors, workspace
from router.domain.conversation import ConversationState
from router.domain.testing import ACME, ADA, BOB, HOUSE, WORKSPACE, a_workspace, an_id, command, opened
from service_kit.spec import Given
from service_kit.spec import given as given_decider

COMMENT = CommentAdded(comment_id=an_id("comment"), agent_id=ADA)


def given(*history: ConversationEvent) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    return given_decider(conversation.decider(a_workspace(), HOUSE), opened(), *history)


def read(up_to: int, by: UUID | None = BOB) -> Envelope[ConversationCommand]:
    return command(c.MarkRead(up_to=up_to), by=by)


def marked(up_to: int) -> ConversationReadMarked:
    return ConversationReadMarked(agent_id=BOB, up_to=up_to)


def test_an_agent_has_read_what_there_is_and_not_what_may_come() -> None:
    given(COMMENT).when(read(2)).then(marked(2))
    given(COMMENT).when(read(99)).then(marked(2))


@pytest.mark.parametrize("up_to", [1, 2, 3, 99])
def test_what_was_read_is_not_read_again_and_ones_own_mark_is_nothing_to_read(up_to: int) -> None:
    given(COMMENT, marked(2)).when(read(up_to)).then_nothing_happened()


def test_marks_of_others_are_nothing_to_read_either() -> None:
    other = ConversationReadMarked(agent_id=ADA, up_to=2)
    given(COMMENT, marked(2), other).when(read(4)).then_nothing_happened()
    given(COMMENT, marked(2), other, ConversationResolved()).when(read(9)).then(marked(5))


def test_it_can_be_unread_again_once() -> None:
    given(COMMENT, marked(2)).when(read(0)).then(marked(0))
    given(COMMENT, marked(0)).when(read(0)).then_nothing_happened()


def test_who_never_said_so_can_mark_as_unread_what_they_wrote_themselves() -> None:
    given(COMMENT).when(read(0)).then(marked(0))


def test_only_agents_read() -> None:
    given().when(read(1, None)).then_refused(errors.OnlyForAgents)


def wish(*kinds: str, by: UUID | None = BOB) -> Envelope[c.WorkspaceCommand]:
    return command(SetNotificationPreferences(agent_id=BOB, in_app=kinds), on=WORKSPACE, by=by)  # type: ignore[arg-type]


def test_agents_choose_their_own_notifications_and_the_same_twice_is_once() -> None:
    desk = given_decider(workspace.decider(HOUSE), *ACME)
    chosen = NotificationPreferencesSet(agent_id=BOB, in_app=("assigned", "mention"))
    desk.when(wish("mention", "assigned", "mention")).then(chosen)
    desk.when(wish(*KINDS)).then_nothing_happened()
    given_decider(workspace.decider(HOUSE), *ACME, chosen).when(wish("assigned", "mention")).then_nothing_happened()
    desk.when(wish("mention", by=ADA)).then_refused(errors.NotYourOwn)
