"""Who first answers a conversation that nobody has gets it, where the inbox wants it so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from events.commands import AddComment, CancelReply, ForwardMessages, SendReply
from events.conversations import (
    ConversationAssigned,
    ConversationResolved,
    ReplyCancelled,
    ReplyQueued,
    Then,
)
from router.domain import conversation
from router.domain.testing import (
    ADA,
    BOB,
    HELPERS,
    HOUSE,
    NINE,
    NO_FIRST_ANSWER,
    REPLY,
    SUPPORT_MAIL,
    a_workspace,
    an_id,
    command,
    opened,
    reply_content,
)
from service_kit.spec import given as given_decider

WAITS = ConversationAssigned(agent_id=None, team_id=HELPERS)


def when(*history: Any, by: Any = BOB, workspace: Any = (), **wish: Any) -> Any:
    reply = SendReply(reply_id=REPLY, channel_id=SUPPORT_MAIL, content=reply_content(), **wish)
    return given_decider(conversation.decider(a_workspace(*workspace), HOUSE), opened(), *history).when(
        command(reply, by=by)
    )


def kinds(found: Any) -> list[str]:
    assert found.refusal is None, found.refusal
    return [type(event).__name__ for event in found.events]


def test_who_answers_what_nobody_has_gets_it_and_it_stays_with_its_team() -> None:
    found = when()
    assert found.events[1:] == (ConversationAssigned(agent_id=BOB, team_id=None),)
    assert when(WAITS).events[1:] == (ConversationAssigned(agent_id=BOB, team_id=HELPERS),)


def test_it_is_taken_on_before_it_is_closed_and_also_by_who_answers_later() -> None:
    found = when(then=Then(status="resolved"))
    assert found.events[1:] == (ConversationAssigned(agent_id=BOB, team_id=None), ConversationResolved(at=NINE))
    assert kinds(when(send_at=NINE + timedelta(days=1))) == ["ReplyQueued", "ConversationAssigned"]


def test_whoever_has_it_keeps_it() -> None:
    assert kinds(when(ConversationAssigned(agent_id=ADA, team_id=HELPERS))) == ["ReplyQueued"]


def test_where_the_inbox_does_without_nobody_gets_it() -> None:
    assert kinds(when(workspace=(NO_FIRST_ANSWER,))) == ["ReplyQueued"]


def test_what_the_system_answers_gives_it_to_nobody() -> None:
    assert kinds(when(by=None)) == ["ReplyQueued"]


@pytest.mark.parametrize(
    "wish",
    [
        AddComment(comment_id=an_id("comment"), text="Hm."),
        ForwardMessages(
            reply_id=REPLY, channel_id=SUPPORT_MAIL, message_ids=(an_id("first"),), content=reply_content()
        ),
    ],
)
def test_comments_and_forwards_are_no_answers(wish: Any) -> None:
    found = given_decider(conversation.decider(a_workspace(), HOUSE), opened()).when(command(wish, by=BOB))
    assert "ConversationAssigned" not in kinds(found)


def test_an_answer_that_is_taken_back_leaves_it_with_who_writes() -> None:
    history = when(undo_seconds=10).events
    assert isinstance(history[0], ReplyQueued)
    found = given_decider(conversation.decider(a_workspace(), HOUSE), opened(), *history).when(
        command(CancelReply(reply_id=REPLY), by=BOB)
    )
    assert [type(event) for event in found.events] == [ReplyCancelled]
    found.then_state(lambda state: state.assignee_id == BOB)


def test_the_same_reply_again_changes_nothing() -> None:
    when(*when().events).then_nothing_happened()
