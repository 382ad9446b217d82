"""Who follows a conversation and whom a comment may mention: those of its inbox."""

from __future__ import annotations

import pytest

from events import commands as c
from events.commands import ConversationCommand
from events.conversations import (
    CommentAdded,
    CommentText,
    ConversationEvent,
    ConversationFollowed,
    ConversationUnfollowed,
)
from events.envelope import Envelope
from events.workspace import AgentDeactivated, AgentInvited, InboxChanged, WorkspaceEvent
from router.domain import conversation, errors
from router.domain.conversation import Conversation, ConversationState
from router.domain.testing import (
    ADA,
    BOB,
    CLEO,
    HELPERS,
    HOUSE,
    ROSA,
    SELLERS,
    SUPPORT,
    a_workspace,
    an_id,
    command,
    opened,
)
from service_kit.decider import DomainError
from service_kit.spec import Given
from service_kit.spec import given as given_decider

COMMENT = an_id("comment")
BOSS = an_id("boss")


def given(
    *history: ConversationEvent, workspace: tuple[WorkspaceEvent, ...] = ()
) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    return given_decider(conversation.decider(a_workspace(*workspace), HOUSE), opened(), *history)


def comment(**fields: object) -> CommentAdded:
    return CommentAdded(comment_id=COMMENT, agent_id=ADA, personal=CommentText(text="Look."), **fields)  # type: ignore[arg-type]


def test_a_team_is_mentioned_with_who_is_in_it_now_and_works_here() -> None:
    wish = c.AddComment(comment_id=COMMENT, text="Look.", mentions=(HELPERS, BOB))
    named = comment(mentions=(BOB,), mentioned_team_ids=(HELPERS,), mentioned_members=(ADA, BOB))
    given().when(command(wish)).then(named)
    gone = (AgentDeactivated(agent_id=BOB),)
    alone = comment(mentioned_team_ids=(HELPERS,), mentioned_members=(ADA,))
    only_the_team = c.AddComment(comment_id=COMMENT, text="Look.", mentions=(HELPERS,))
    given(workspace=gone).when(command(only_the_team)).then(alone)


@pytest.mark.parametrize(
    ("named", "refusal"),
    [
        (CLEO, errors.AgentNotInInbox),
        (SELLERS, errors.TeamNotInInbox),
        (ROSA, errors.AgentNotFound),
    ],
)
def test_a_mention_of_a_stranger_is_refused(named: object, refusal: type[DomainError]) -> None:
    wish = c.AddComment(comment_id=COMMENT, text="Look.", mentions=(BOB, named))  # type: ignore[arg-type]
    given().when(command(wish)).then_refused(refusal)


def test_a_mention_of_somebody_who_left_is_refused() -> None:
    wish = c.AddComment(comment_id=COMMENT, text="Look.", mentions=(BOB,))
    given(workspace=(AgentDeactivated(agent_id=BOB),)).when(command(wish)).then_refused(errors.AgentIsDeactivated)


def test_members_follow_and_administrators_who_see_all() -> None:
    given().when(command(c.FollowConversation(agent_id=BOB))).then(ConversationFollowed(agent_id=BOB))
    boss = (AgentInvited(agent_id=BOSS, role="administrator"),)
    given(workspace=boss).when(command(c.FollowConversation(agent_id=BOSS))).then(ConversationFollowed(agent_id=BOSS))


def test_a_stranger_does_not_follow() -> None:
    given().when(command(c.FollowConversation(agent_id=CLEO))).then_refused(errors.AgentNotInInbox)
    given().when(command(c.FollowConversation(agent_id=ROSA))).then_refused(errors.AgentNotFound)
    joined = (InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(CLEO,)),)
    given(workspace=joined).when(command(c.FollowConversation(agent_id=CLEO))).then(ConversationFollowed(agent_id=CLEO))


def test_who_follows_already_or_was_mentioned_does_not_follow_twice() -> None:
    wish = command(c.FollowConversation(agent_id=BOB))
    given(ConversationFollowed(agent_id=BOB)).when(wish).then_nothing_happened()
    given(comment(mentioned_team_ids=(HELPERS,), mentioned_members=(BOB,))).when(wish).then_nothing_happened()


def test_who_follows_can_leave_it_and_a_mention_brings_them_back() -> None:
    leave = command(c.UnfollowConversation(agent_id=BOB))
    left = ConversationUnfollowed(agent_id=BOB)
    given(comment(mentions=(BOB,))).when(leave).then(left)
    given(comment(mentions=(BOB,)), left).when(leave).then_nothing_happened()
    given(comment(mentions=(BOB,)), left, comment(mentions=(BOB,))).when(leave).then(left)


def test_an_author_does_not_follow_by_mentioning_themselves() -> None:
    state: ConversationState = conversation.evolve(conversation.NOT_OPENED, opened())
    state = conversation.evolve(state, comment(mentions=(ADA, BOB)))
    assert isinstance(state, Conversation)
    assert state.followers == {BOB}
