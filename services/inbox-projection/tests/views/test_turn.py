"""Whose turn it is: what is asked and not answered, and what gives the turn back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from events import conversations as c
from events.envelope import AnyEnvelope
from events.testing import envelope, example
from inbox_projection.views import attention, inbox
from inbox_projection.views.rows import ConversationRow
from inbox_projection.views.turn import MOST_REPLIES

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA, BOB, CLEO = (UUID(int=number) for number in (1, 2, 3))


def reply(number: int) -> UUID:
    return UUID(int=1_000 + number)


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def opened(minutes: int = 0, automated: str | None = None, *, history: bool = False) -> c.ConversationOpened:
    event = example(c.ConversationOpened)
    return replace(event, message=replace(event.message, received_at=at(minutes), automated=automated, history=history))


def asked(minutes: int, automated: str | None = None, *, aside: bool = False) -> c.MessageAppended:
    event = example(c.MessageAppended)
    facts = replace(event.message, received_at=at(minutes), automated=automated, history=False)
    return replace(event, message=facts, in_side_thread=aside)


def answered(number: int, **fields: Any) -> c.ReplyQueued:
    plain = {"hold": None, "automatic": False, "in_side_thread": False, "agent_id": ADA}
    return replace(example(c.ReplyQueued), reply_id=reply(number), **(plain | fields))


def released(number: int, **fields: Any) -> c.ReplyReleased:
    plain = {"automatic": False, "in_side_thread": False, "reason": "due"}
    return replace(example(c.ReplyReleased), reply_id=reply(number), **(plain | fields))


def failed(number: int, attempt: int = 1) -> c.ReplyFailed:
    return c.ReplyFailed(reply_id=reply(number), attempt=attempt, code="550")


def sent(number: int, attempt: int = 1) -> c.ReplySent:
    return c.ReplySent(reply_id=reply(number), attempt=attempt)


def cancelled(number: int) -> c.ReplyCancelled:
    return c.ReplyCancelled(reply_id=reply(number), channel="email")


HOLD = c.Hold(kind="undo", not_before=NINE, timer_id=UUID(int=9))
RESOLVED, REOPENED = c.ConversationResolved(), c.ConversationReopened(reason="agent")


def lived(*events: Any) -> ConversationRow:
    row: ConversationRow | None = None
    for sequence, event in enumerate(events, start=1):
        one: AnyEnvelope = envelope(event, sequence=sequence, occurred_at=at(sequence), recorded_at=at(sequence))
        if row is not None:
            after = inbox.project(one, None, row)
        elif isinstance(event, c.ConversationStarted):
            after = inbox.started(one, None)
        else:
            after = inbox.opened(one, None)
        row = attention.noted(one, row, after)
    assert row is not None
    return row


def turn(*events: Any) -> tuple[str, datetime | None]:
    row = lived(*events)
    return row.waiting_on, row.waiting_since


US_SINCE_NINE = ("us", at(0))


def test_who_asks_waits_for_us_from_the_first_message_that_nobody_answered() -> None:
    assert turn(opened()) == US_SINCE_NINE
    assert turn(opened(), asked(5), asked(9)) == US_SINCE_NINE
    assert turn(opened(), answered(1)) == ("customer", None)
    assert turn(opened(), answered(1), asked(7), asked(8)) == ("us", at(7))


@pytest.mark.parametrize("ignored", [{"automatic": True}, {"in_side_thread": True}, {"hold": HOLD}])
def test_what_nobody_wrote_or_the_customer_never_sees_or_has_not_gone_out_is_no_answer(ignored: Any) -> None:
    assert turn(opened(), answered(1, **ignored)) == US_SINCE_NINE


def test_a_held_reply_answers_once_it_is_released() -> None:
    assert turn(opened(), answered(1, hold=HOLD), released(1)) == ("customer", None)
    assert turn(opened(), answered(1, hold=HOLD), asked(5), released(1)) == ("customer", None)
    assert turn(opened(), answered(1, automatic=True), released(1, automatic=True)) == US_SINCE_NINE
    assert turn(opened(), answered(1, in_side_thread=True), released(1, in_side_thread=True)) == US_SINCE_NINE


@pytest.mark.parametrize("back", [failed(1), cancelled(1)])
def test_a_reply_that_fails_or_is_taken_back_gives_the_turn_back(back: Any) -> None:
    assert turn(opened(), answered(1), back) == US_SINCE_NINE
    assert turn(opened(), answered(1), answered(2), back) == ("customer", None), "another one answers"
    assert turn(opened(), answered(1), asked(5), back) == ("us", at(5)), "they have written again since"
    assert turn(opened(), answered(1), back, released(1, reason="retried")) == ("customer", None)


def test_what_was_taken_back_too_late_or_failed_at_first_was_an_answer_after_all() -> None:
    assert turn(opened(), answered(1), cancelled(1), sent(1)) == ("customer", None)
    assert turn(opened(), answered(1), failed(1), sent(1, attempt=2)) == ("customer", None)
    assert turn(opened(), answered(1, automatic=True), failed(1), sent(1, attempt=2)) == US_SINCE_NINE
    assert turn(opened(), answered(1, hold=HOLD), cancelled(1), sent(1)) == US_SINCE_NINE


def test_machines_and_answers_to_forwards_make_nobody_wait_and_answer_nothing() -> None:
    assert turn(opened(automated="list")) == ("nobody", None)
    assert turn(opened(history=True)) == ("nobody", None), "what lay there before"
    assert turn(opened(automated="list"), asked(5)) == ("us", at(5))
    assert turn(opened(), answered(1), asked(5, "auto-replied")) == ("customer", None)
    assert turn(opened(), answered(1), asked(5, aside=True)) == ("customer", None)


@pytest.mark.parametrize("done", [RESOLVED, c.MarkedAsSpam(), c.ConversationTrashed()])
def test_what_is_put_away_waits_for_nobody_until_it_is_open_again(done: Any) -> None:
    assert turn(opened(), done) == ("nobody", None)
    assert turn(opened(), done, REOPENED) == US_SINCE_NINE
    assert turn(opened(), answered(1), done) == ("nobody", None)
    assert turn(opened(), answered(1), done, REOPENED) == ("customer", None)


def test_what_is_muted_waits_for_nobody_until_it_is_heard_again() -> None:
    assert turn(opened(), c.ConversationMuted(), asked(5)) == ("nobody", None)
    assert turn(opened(), c.ConversationMuted(), asked(5), c.ConversationUnmuted()) == US_SINCE_NINE
    assert turn(opened(), answered(1), c.ConversationMuted(), asked(5), c.ConversationUnmuted()) == ("us", at(5))


def test_a_question_that_was_merged_into_an_answered_conversation_is_not_lost() -> None:
    def merged(since: datetime | None) -> c.ConversationsMerged:
        return c.ConversationsMerged(merged=(c.MergedConversation(CLEO, 7),), waiting_since=since)

    assert turn(opened(), answered(1), merged(at(60))) == ("us", at(60))
    assert turn(opened(), answered(1), merged(None)) == ("customer", None)
    assert turn(opened(5), merged(at(0))) == US_SINCE_NINE
    assert turn(opened(), merged(at(60))) == US_SINCE_NINE


def test_a_snooze_changes_no_turn() -> None:
    assert turn(opened(), c.ConversationSnoozed()) == US_SINCE_NINE


def test_a_message_to_what_was_dealt_with_asks_anew() -> None:
    again = c.ConversationReopened(reason="message")
    assert turn(opened(), RESOLVED, asked(60), again) == ("us", at(60))
    assert turn(opened(), c.ConversationTrashed(), asked(60), again) == ("us", at(60))
    assert turn(opened(), c.MarkedAsSpam(), asked(60)) == ("nobody", None)
    assert turn(opened(), c.MarkedAsSpam(), asked(60), REOPENED) == US_SINCE_NINE


def test_a_failed_send_and_close_is_waited_for_from_before() -> None:
    reopened = c.ConversationReopened(reason="reply_failed")
    assert turn(opened(), answered(1), RESOLVED, failed(1), reopened) == US_SINCE_NINE


def test_a_rule_that_puts_it_away_ends_the_waiting() -> None:
    routed = replace(example(c.ConversationRouted), status="resolved")
    assert turn(opened(), routed) == ("nobody", None)


def test_what_we_began_is_the_customers_turn_and_nobodys_when_it_fails() -> None:
    begun = example(c.ConversationStarted)
    assert turn(begun) == ("nobody", None)
    assert turn(begun, answered(1)) == ("customer", None)
    assert turn(begun, answered(1), failed(1)) == ("nobody", None)


def test_so_many_replies_to_one_question_take_no_more_room() -> None:
    row = lived(opened(), *(answered(number) for number in range(100)))
    assert len(attention.turn_of(row).answers) == MOST_REPLIES
    assert turn(opened(), *(answered(n) for n in range(100)), *(failed(n) for n in range(100))) == US_SINCE_NINE


def test_what_is_new_is_the_newest_message_or_comment_and_whose_it_is() -> None:
    def news(*events: Any) -> tuple[int, UUID | None]:
        row = lived(*events)
        return row.spoken, row.spoken_by

    comment = c.CommentAdded(comment_id=ADA, agent_id=BOB)
    assert news(opened(), RESOLVED) == (1, None)
    assert news(opened(), answered(1)) == (2, ADA)
    assert news(opened(), answered(1, automatic=True)) == (1, None)
    assert news(opened(), answered(1), comment, asked(5)) == (4, None)
    assert news(opened(), comment, c.ConversationReadMarked(agent_id=ADA, up_to=2)) == (2, BOB)


def test_who_is_mentioned_follows_until_they_leave_and_stays_mentioned() -> None:
    comment = c.CommentAdded(comment_id=ADA, agent_id=ADA, mentions=(BOB, ADA), mentioned_members=(CLEO, BOB))
    row = lived(opened(), comment)
    assert (row.follower_ids, row.mentioned_ids) == ((BOB, CLEO), (BOB, CLEO))
    row = lived(opened(), comment, c.ConversationUnfollowed(agent_id=BOB), c.ConversationFollowed(agent_id=ADA))
    assert (row.follower_ids, row.mentioned_ids) == ((ADA, CLEO), (BOB, CLEO))
    assert {one.label for one in inbox.labels_of(row)} == {inbox.mention_of(BOB), inbox.mention_of(CLEO)}


ANYTHING = st.sampled_from(
    [
        asked(5),
        asked(6, "auto-replied"),
        asked(7, aside=True),
        *(make(number) for make in (answered, released, failed, sent, cancelled) for number in (1, 2)),
        RESOLVED,
        REOPENED,
        c.MarkedAsSpam(),
        c.ConversationSnoozed(),
    ]
)


@given(st.lists(ANYTHING, max_size=20))
def test_whatever_happens_a_row_says_all_that_is_remembered(events: list[Any]) -> None:
    """What is waited for has a time, what is put away waits for nobody, and a row read back means the same."""
    row = lived(opened(), *events)
    assert (row.waiting_since is not None) == (row.waiting_on == "us")
    assert row.status not in ("resolved", "spam", "trash") or row.waiting_on == "nobody"
    assert attention.noted(envelope(c.LabelAdded(label="x")), row, row) == row
    if row.waiting_on == "customer":
        assert attention.turn_of(row).answers


def earlier(minutes: int, text: str, *, history: bool = True) -> c.MessageAppended:
    event = asked(minutes)
    content = replace(example(c.MessageAppended).personal, new_text=text)
    return replace(event, message=replace(event.message, history=history), personal=content)


def test_what_lay_in_a_mailbox_before_is_new_to_nobody() -> None:
    assert lived(opened(history=True)).spoken == 0
    assert lived(opened(history=True), earlier(2, "older")).spoken == 0
    known = lived(opened(), answered(1))
    after = lived(opened(), answered(1), earlier(-9, "older"))
    assert (after.spoken, after.spoken_by) == (known.spoken, known.spoken_by) == (2, ADA)
    assert lived(opened(history=True), earlier(5, "now", history=False)).spoken == 2


def test_what_is_older_than_the_newest_message_does_not_stand_for_the_conversation() -> None:
    now = earlier(5, "now", history=False)
    row = lived(opened(), now, earlier(-900, "long ago"))
    assert (row.preview, row.last_message_at, row.message_count, row.sequence) == ("now", at(5), 3, 3)
    assert lived(opened(history=True), earlier(7, "a little later")).preview == "a little later"
