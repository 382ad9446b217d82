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

ADA, BOB, CLEO, ROSA = (UUID(int=number) for number in range(1, 5))
BY_ADA = Actor("agent", str(ADA))
BY_ROSA = Actor("contact", str(UUID(int=9)))


def routed(agent_id: UUID | None, status: str | None = None) -> e.ConversationRouted:
    return replace(example(e.ConversationRouted), agent_id=agent_id, status=status)


def answer(automated: str | None = None) -> e.MessageAppended:
    event = example(e.MessageAppended)
    return replace(event, message=replace(event.message, automated=automated, history=False))


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
    comment = e.CommentAdded(
        comment_id=ADA,
        agent_id=ADA,
        mentions=(BOB, ADA, BOB),
        mentioned_team_ids=(ROSA,),
        mentioned_members=(ADA, CLEO),
    )
    assert notices(comment, BY_ADA, None, None) == (Notice("mention", BOB), Notice("mention", CLEO))


def test_followers_are_told_of_what_people_write_once_and_never_of_their_own() -> None:
    comment = e.CommentAdded(comment_id=ADA, agent_id=ADA, mentions=(BOB,))
    assert notices(comment, BY_ADA, None, None, {ADA, BOB, CLEO}) == (Notice("mention", BOB), Notice("followed", CLEO))
    told = (Notice("customer_answered", BOB), Notice("followed", ADA))
    assert notices(answer(), BY_ROSA, BOB, BOB, {ADA, BOB}) == told
    assert notices(answer("auto-replied"), BY_ROSA, None, None, {ADA}) == ()
    queued = replace(example(e.ReplyQueued), agent_id=ADA, hold=None, automatic=False)
    assert notices(queued, BY_ADA, None, None, {ADA, BOB}) == (Notice("followed", BOB),)


def test_followers_are_not_told_of_what_has_not_gone_out_or_nobody_wrote() -> None:
    queued = replace(example(e.ReplyQueued), agent_id=ADA, automatic=False)
    assert queued.hold is not None
    assert notices(queued, BY_ADA, None, None, {BOB}) == ()
    assert notices(replace(queued, hold=None, automatic=True), SYSTEM, None, None, {BOB}) == ()
    released = replace(example(e.ReplyReleased), agent_id=ADA, automatic=False, reason="due")
    assert notices(released, SYSTEM, None, None, {ADA, BOB}) == (Notice("followed", BOB),)
    assert notices(replace(released, reason="retried"), SYSTEM, None, None, {BOB}) == ()
    assert notices(e.ConversationResolved(), BY_ADA, None, None, {BOB}) == ()


def test_a_snooze_or_a_failure_is_told_to_who_has_it_else_to_the_inbox() -> None:
    failed = replace(example(e.ReplyFailed), agent_id=None)
    for event, kind in ((example(e.SnoozeElapsed), "snooze_over"), (failed, "send_failed")):
        assert notices(event, SYSTEM, BOB, BOB) == (Notice(kind, BOB),)  # type: ignore[arg-type]
        assert notices(event, SYSTEM, None, None) == (Notice(kind, None),)  # type: ignore[arg-type]


def test_a_reply_that_failed_is_told_to_who_wrote_it_and_to_who_has_it_when_that_is_another() -> None:
    failed = replace(example(e.ReplyFailed), agent_id=ADA)
    assert notices(failed, SYSTEM, BOB, BOB) == (Notice("send_failed", ADA), Notice("send_failed", BOB))
    for assignee in (ADA, None):
        assert notices(failed, SYSTEM, assignee, assignee) == (Notice("send_failed", ADA),)


def test_a_doubt_is_told_as_a_failure_is_when_it_lasts_and_before_that_to_nobody() -> None:
    doubt = replace(example(e.ReplyUncertain), agent_id=ADA, final=True)
    assert notices(doubt, SYSTEM, BOB, BOB) == (Notice("send_failed", ADA), Notice("send_failed", BOB))
    assert notices(replace(doubt, agent_id=None), SYSTEM, None, None) == (Notice("send_failed", None),)
    assert notices(replace(doubt, final=False), SYSTEM, BOB, BOB) == ()


def test_who_wrote_a_scheduled_reply_is_told_that_it_was_held() -> None:
    held = e.ReplyHeld(reply_id=ROSA, agent_id=ADA, reason="customer_wrote")
    assert notices(held, BY_ROSA, BOB, BOB, {CLEO}) == (Notice("send_failed", ADA),)
    assert notices(held, BY_ADA, BOB, BOB) == (), "nobody is told of what they did themselves"
    put_away = replace(held, reason="put_away")
    assert notices(put_away, SYSTEM, BOB, BOB) == (Notice("send_failed", ADA), Notice("send_failed", BOB))
    assert notices(put_away, SYSTEM, None, None) == (Notice("send_failed", ADA),)


def test_of_a_reply_that_was_held_before_its_author_was_named_nobody_is_told() -> None:
    assert notices(e.ReplyHeld(reply_id=ROSA, reason="put_away"), SYSTEM, BOB, BOB) == ()


def test_of_everything_else_nobody_is_told() -> None:
    for cls in get_args(e.ConversationEvent):
        if not tells(cls):
            assert notices(example(cls), SYSTEM, BOB, ADA) == ()
