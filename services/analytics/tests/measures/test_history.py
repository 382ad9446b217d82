"""What lay in a mailbox before it was connected is no work; what happens to it afterwards is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from analytics.measures.conversation import UNKNOWN, step
from analytics.measures.definitions import V1
from analytics.measures.measure import Value
from events import conversations as e
from events.replies import Then

A = uuid4()
HOUR = 60
Talks = Callable[..., Any]


def measured(told: Any) -> list[Value]:
    state, values = UNKNOWN, list[Value]()
    for envelope in told.events:
        state, found = step(state, envelope, V1)
        values += found
    return values


def kinds(told: Any) -> Counter[str]:
    return Counter(value.kind for value in measured(told))


def minutes(told: Any, kind: str) -> list[float]:
    return [value.duration / 60_000 for value in measured(told) if value.kind == kind and value.duration is not None]


def test_history_opens_resolves_and_times_nothing(talk: Talks) -> None:
    assert measured(talk().opens(history=True).resolves(0).writes(5, history=True)) == []


def test_history_in_a_thread_that_goes_on_starts_no_clock_and_counts_as_no_message(talk: Talks) -> None:
    told = talk().opens().writes(-50 * HOUR, history=True).answers(10, A)
    assert kinds(told) == {"opened": 1, "received": 1, "sent": 1, "first_response": 1, "reply_time": 1}
    assert (minutes(told, "first_response"), minutes(told, "reply_time")) == ([10], [10])
    again = talk().opens().answers(10, A).writes(-50 * HOUR, history=True).answers(20, A)
    assert minutes(again, "reply_time") == [10]


def test_history_does_not_settle_a_resolve_that_waits_for_its_reply(talk: Talks) -> None:
    told = talk().opens()
    reply_id = told.queues(5, A, then=Then(status="resolved"))
    told.resolves(5, A).writes(-HOUR, history=True)
    told.tell(6, e.ReplyFailed(reply_id=reply_id, attempt=1, code="550"))
    told.tell(6, e.ConversationReopened(reason="reply_failed"))
    assert "resolved" not in kinds(told)


def test_a_message_to_what_was_history_is_an_episode_of_its_own(talk: Talks) -> None:
    told = talk().opens(history=True).resolves(0).writes(100 * HOUR).reopens(100 * HOUR)
    told.answers(100 * HOUR + 20, A).resolves(100 * HOUR + 50, A)
    assert kinds(told) == {
        "received": 1, "reopened": 1, "sent": 1, "resolved": 1, "first_response": 1, "reply_time": 1, "episode": 1,
        "resolution_again": 1, "resolution_whole": 1,
    }  # fmt: skip
    assert minutes(told, "first_response") == [20]
    assert minutes(told, "resolution_again") == minutes(told, "resolution_whole") == minutes(told, "episode") == [50]


def test_what_an_agent_takes_up_again_from_history_is_timed_from_there(talk: Talks) -> None:
    told = talk().opens(history=True).resolves(0).reopens(100 * HOUR, A).resolves(100 * HOUR + 30, A)
    assert minutes(told, "resolution_again") == minutes(told, "resolution_whole") == minutes(told, "episode") == [30]
    assert kinds(told) == {"reopened": 1, "resolved": 1, "resolution_again": 1, "resolution_whole": 1, "episode": 1}


def test_history_that_was_spam_is_resolved_by_a_person_like_anything(talk: Talks) -> None:
    told = talk().opens(history=True)
    told.tell(0, e.MarkedAsSpam())
    told.reopens(100 * HOUR, A).resolves(100 * HOUR + 1, A)
    assert kinds(told) == {"reopened": 1, "resolved": 1, "episode": 1}
