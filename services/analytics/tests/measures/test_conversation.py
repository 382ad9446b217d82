"""What the events of a conversation add to the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from analytics.measures.conversation import UNKNOWN, Conversation, step
from analytics.measures.definitions import V1
from analytics.measures.measure import Value
from events import conversations as e

A, B = uuid4(), uuid4()
MINUTE = 60_000
Talks = Callable[..., Any]


def measured(told: Any) -> tuple[Conversation, list[Value]]:
    state, values = UNKNOWN, list[Value]()
    for envelope in told.events:
        state, found = step(state, envelope, V1)
        values += found
    return state, values


def minutes(told: Any, kind: str) -> list[float]:
    return [value.duration / MINUTE for value in measured(told)[1] if value.kind == kind and value.duration is not None]


def resolutions(told: Any) -> list[float]:
    return minutes(told, "resolution") + minutes(told, "resolution_again")


def counts(told: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in measured(told)[1]:
        if value.duration is None:
            found[value.kind] = found.get(value.kind, 0) + 1
    return found


def test_a_mail_an_answer_and_a_resolve_are_counted_and_timed(talk: Talks) -> None:
    told = talk().opens().answers(30, A).writes(40).resolves(60, B)
    assert counts(told) == {"opened": 1, "received": 2, "sent": 1, "resolved": 1}
    assert (minutes(told, "first_response"), minutes(told, "reply_time")) == ([30], [30])
    assert minutes(told, "resolution") == [60]
    credited = {value.kind: value.agent_id for value in measured(told)[1]}
    assert (credited["sent"], credited["first_response"], credited["resolution"]) == (A, A, B)
    assert credited["received"] is None


def test_vector_10_a_reply_stops_the_clock_when_the_channel_accepts_it(talk: Talks) -> None:
    told = talk().opens()
    told.sent(20, told.queues(5, A))
    assert minutes(told, "first_response") == [20]


def test_vector_10_a_failed_send_stops_nothing(talk: Talks) -> None:
    told = talk().opens()
    reply_id = told.queues(5, A)
    told.tell(6, e.ReplyFailed(reply_id=reply_id, attempt=1, code="550"))
    assert measured(told)[1][2:] == []
    told.sent(50, reply_id, attempt=2)
    assert minutes(told, "first_response") == [50]


def test_a_cancelled_reply_stops_nothing_unless_it_was_under_way(talk: Talks) -> None:
    told = talk().opens()
    reply_id = told.queues(5, A)
    told.tell(6, e.ReplyCancelled(reply_id=reply_id, channel="email"))
    assert counts(told) == {"opened": 1, "received": 1}
    told.sent(7, reply_id)
    assert minutes(told, "first_response") == [7]


@pytest.mark.parametrize("event", [e.ReplySent, e.ReplyDelivered])
def test_a_reply_counts_once_however_often_it_is_accepted(talk: Talks, event: type[Any]) -> None:
    told = talk().opens()
    reply_id = told.queues(1, A)
    told.tell(2, event(reply_id=reply_id, attempt=1))
    told.tell(3, e.ReplyDelivered(reply_id=reply_id, attempt=1))
    told.sent(9, reply_id, attempt=2)
    assert counts(told)["sent"] == 1 and minutes(told, "reply_time") == [2]


def test_vector_9_a_comment_and_an_acknowledgement_stop_no_clock(talk: Talks) -> None:
    told = talk().opens()
    told.tell(1, e.CommentAdded(comment_id=uuid4(), agent_id=A))
    told.answers(2, None, automatic=True).answers(10, A)
    assert minutes(told, "first_response") == [10]
    assert counts(told)["sent"] == 2


def test_a_forward_and_what_its_side_thread_answers_are_none_of_the_customers_business(talk: Talks) -> None:
    told = talk().opens().answers(3, A, in_side_thread=True).writes(4, aside=True).answers(10, A)
    assert minutes(told, "first_response") == [10]
    assert counts(told) == {"opened": 1, "received": 1, "sent": 1}


@pytest.mark.parametrize("kind", ["auto_reply", "bounce", "delayed"])
def test_what_a_machine_answers_starts_no_clock_and_counts_as_a_message(talk: Talks, kind: str) -> None:
    told = talk().opens().answers(10, A).writes(11, kind).answers(50, A)
    assert minutes(told, "reply_time") == [10]
    assert counts(told)["received"] == 2


def test_who_answers_and_resolves_at_once_has_answered(talk: Talks) -> None:
    """The channel accepts the reply a moment after the resolve."""
    told = talk().opens()
    reply_id = told.queues(10, A)
    told.resolves(10, A).sent(11, reply_id)
    assert (minutes(told, "first_response"), minutes(told, "reply_time")) == ([11], [11])
    assert minutes(told, "resolution") == [10]
    told.writes(100).reopens(100).answers(105, B)
    assert minutes(told, "first_response") == [11, 5]


def test_a_reply_from_before_the_resolve_does_not_answer_the_next_episode(talk: Talks) -> None:
    told = talk().opens()
    late = told.queues(10, A)
    told.resolves(10, A).writes(20).reopens(20).sent(21, late)
    assert minutes(told, "first_response") == [21]
    told.answers(30, B)
    assert minutes(told, "first_response") == [21, 10]


def test_what_we_begin_counts_from_when_the_customer_writes(talk: Talks) -> None:
    told = talk()
    event = e.ConversationStarted(
        number=7, inbox_id=told.inbox_id, contact_id=uuid4(), channel="email", channel_id=uuid4(), message_id=uuid4()
    )
    told.tell(0, event)
    told.answers(1, A)
    assert minutes(told, "first_response") == [] and counts(told) == {"opened": 1, "sent": 1}
    told.writes(60).answers(75, A)
    assert minutes(told, "first_response") == [15]


def test_an_agent_who_takes_a_conversation_out_of_spam_begins_no_episode(talk: Talks) -> None:
    told = talk().opens(automated="bounce")
    told.tell(1, e.MarkedAsSpam())
    told.reopens(2, A).resolves(9, A)
    assert minutes(told, "resolution") == []


def test_a_rule_that_resolves_ends_an_episode_for_nobody(talk: Talks) -> None:
    told = talk().opens()
    routed = e.ConversationRouted(message_id=uuid4(), rule_set_version=1, reason="rule", status="resolved")
    told.tell(1, routed)
    (value,) = [value for value in measured(told)[1] if value.kind == "resolution"]
    assert (value.duration, value.agent_id) == (MINUTE, None)


def test_clocks_that_disagree_never_make_a_time_negative(talk: Talks) -> None:
    told = talk().opens(10).answers(9, A)
    assert minutes(told, "first_response") == [0]


def test_nothing_is_measured_before_the_beginning_is_known(talk: Talks) -> None:
    told = talk().writes(1).answers(2, A).resolves(3, A)
    assert measured(told)[1] == []


def test_the_state_survives_being_stored(talk: Talks) -> None:
    import msgspec

    told = talk().opens()
    told.queues(5, A)
    told.resolves(6, A).writes(7)
    state, _ = measured(told)
    assert msgspec.json.decode(msgspec.json.encode(state), type=Conversation) == state


THEN = e.Then(status="resolved")


def test_a_resolve_that_comes_with_a_reply_counts_when_the_channel_accepts_it(talk: Talks) -> None:
    told = talk().opens()
    reply_id = told.queues(10, A, then=THEN)
    told.resolves(10, A)
    assert "resolved" not in counts(told) and minutes(told, "resolution") == []
    told.sent(11, reply_id)
    assert (minutes(told, "first_response"), minutes(told, "resolution")) == ([11], [10])
    assert counts(told)["resolved"] == 1


@pytest.mark.parametrize("reason", ["reply_failed", "reply_uncertain", "reply_cancelled"])
def test_a_resolve_whose_reply_was_undone_never_was(talk: Talks, reason: Any) -> None:
    told = talk().opens()
    told.queues(10, A, then=THEN)
    told.resolves(10, A)
    told.tell(11, e.ConversationReopened(reason=reason))
    told.answers(20, B).resolves(30, B)
    assert counts(told) == {"opened": 1, "received": 1, "sent": 1, "resolved": 1}
    assert (minutes(told, "first_response"), minutes(told, "resolution")) == ([20], [30])


def test_a_customer_who_writes_meanwhile_begins_an_episode_after_the_resolve(talk: Talks) -> None:
    told = talk().opens()
    reply_id = told.queues(10, A, then=THEN)
    told.resolves(10, A).writes(12).reopens(12).sent(13, reply_id).answers(20, B)
    assert (minutes(told, "first_response"), minutes(told, "resolution")) == ([13, 8], [10])
    assert counts(told) == {"opened": 1, "received": 2, "sent": 2, "resolved": 1, "reopened": 1}


def test_a_reply_that_came_back_after_it_was_accepted_reopens_for_a_new_episode(talk: Talks) -> None:
    told = talk().opens()
    reply_id = told.queues(10, A, then=THEN)
    told.resolves(10, A).sent(11, reply_id)
    told.tell(40, e.ConversationReopened(reason="reply_failed"))
    told.resolves(50, A)
    assert resolutions(told) == [10, 10] and counts(told)["reopened"] == 1


def test_what_happens_after_a_move_counts_for_the_inbox_it_lies_in_then(talk: Talks) -> None:
    told = talk().opens()
    before = measured(told)[0].inbox_id
    told.tell(5, e.ConversationMoved(inbox_id=A, from_inbox_id=B, team_id=B))
    state = measured(told)[0]
    assert before != A and (state.inbox_id, state.team_id) == (A, B)
    assert counts(told.answers(30, B)) == {"opened": 1, "received": 1, "sent": 1}
