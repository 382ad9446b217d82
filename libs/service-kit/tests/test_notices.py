"""Who is told of what: the assignee, who is mentioned, the inbox; never who did it."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import conversations as e
from events.envelope import SYSTEM, Actor
from events.testing import example
from service_kit.notices import Notice, notices, tells

ADA, BOB = UUID(int=1), UUID(int=2)
BY_ADA = Actor("agent", str(ADA))
BY_ROSA = Actor("contact", str(UUID(int=9)))


def routed(agent_id: UUID | None, status: str | None = None) -> e.ConversationRouted:
    return replace(example(e.ConversationRouted), agent_id=agent_id, status=status)


def answer(automated: str | None = None) -> e.MessageAppended:
    event = example(e.MessageAppended)
    return replace(event, message=replace(event.message, automated=automated))


def test_what_nobody_has_is_told_to_the_inbox_and_what_somebody_got_to_them() -> None:
    assert notices(routed(None), SYSTEM, None, None) == (Notice("new_unassigned", None),)
    assert notices(routed(BOB), SYSTEM, None, BOB) == (Notice("assigned", BOB),)
    assert notices(routed(BOB), SYSTEM, BOB, BOB) == ()


@pytest.mark.parametrize("status", ["spam", "trash", "resolved", "snoozed"])
def test_what_a_rule_put_out_of_sight_is_told_to_nobody(status: str) -> None:
    assert notices(routed(None, status), SYSTEM, None, None) == ()


def test_who_takes_it_knows_and_who_is_given_it_is_told() -> None:
    given = e.ConversationAssigned(agent_id=BOB, team_id=None)
    assert notices(given, BY_ADA, None, BOB) == (Notice("assigned", BOB),)
    assert notices(given, Actor("agent", str(BOB)), None, BOB) == ()
    assert notices(e.ConversationAssigned(agent_id=None, team_id=ADA), BY_ADA, BOB, None) == ()


def test_an_answer_is_told_to_who_has_the_conversation_and_a_machines_is_none() -> None:
    assert notices(answer(), BY_ROSA, BOB, BOB) == (Notice("customer_answered", BOB),)
    assert notices(answer(), BY_ROSA, None, None) == ()
    assert notices(answer("auto-replied"), BY_ROSA, BOB, BOB) == ()


def test_a_mention_is_told_once_and_never_to_its_author() -> None:
    comment = replace(example(e.CommentAdded), agent_id=ADA, mentions=(BOB, ADA, BOB))
    assert notices(comment, BY_ADA, None, None) == (Notice("mention", BOB),)


def test_a_snooze_or_a_failure_is_told_to_who_has_it_else_to_the_inbox() -> None:
    for event, kind in ((example(e.SnoozeElapsed), "snooze_over"), (example(e.ReplyFailed), "send_failed")):
        assert notices(event, SYSTEM, BOB, BOB) == (Notice(kind, BOB),)  # type: ignore[arg-type]
        assert notices(event, SYSTEM, None, None) == (Notice(kind, None),)  # type: ignore[arg-type]


def test_of_everything_else_nobody_is_told() -> None:
    for cls in get_args(e.ConversationEvent):
        if not tells(cls):
            assert notices(example(cls), SYSTEM, BOB, ADA) == ()
