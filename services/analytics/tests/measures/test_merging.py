"""Who waits in a conversation that is merged waits in the one that stands for it; and nothing is counted twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec

from analytics.measures.conversation import UNKNOWN, Conversation, step
from analytics.measures.measure import Value
from analytics.measures.time_in_state import STATES
from events import conversations as e
from events.replies import Hold

A, B = uuid4(), uuid4()
MINUTE = 60_000
Talks = Callable[..., Any]


def values(*told: Any) -> list[Value]:
    """Of all these conversations, whose states are stored in between."""
    found: list[Value] = []
    for each in told:
        state = UNKNOWN
        for envelope in each.events:
            state, some = step(msgspec.json.decode(msgspec.json.encode(state), type=Conversation), envelope)
            found += some
    return found


def minutes(kind: str, *told: Any) -> list[float]:
    return [value.duration / MINUTE for value in values(*told) if value.kind == kind and value.duration is not None]


def times(*told: Any) -> tuple[list[float], list[float]]:
    """First responses and reply times."""
    return minutes("first_response", *told), minutes("reply_time", *told)


def held(told: Any, at: float) -> Any:
    hold = Hold(kind="scheduled", not_before=told.start + timedelta(days=1), timer_id=uuid4())
    return told.queues(at, A, hold=hold)


def test_the_reply_in_the_survivor_is_the_first_to_who_asked_in_the_merged_one(talk: Talks) -> None:
    """Asked at 9:00, merged into one that we began, answered at 10:00."""
    asked, survivor = talk().opens(0), talk()
    event = e.ConversationStarted(
        number=7, inbox_id=asked.inbox_id, contact_id=uuid4(), channel="email", channel_id=uuid4(), message_id=uuid4()
    )
    survivor.tell(-60, event)
    survivor.stands_for(30, asked, 0, 0)
    survivor.answers(60, A)
    assert times(asked, survivor) == ([60], [60])
    (first,) = [value for value in values(survivor) if value.kind == "first_response"]
    assert first.start is not None and first.start.event_id == survivor.events[1].id and first.agent_id == A


def test_in_a_survivor_that_was_answered_it_is_a_reply_and_no_first_response(talk: Talks) -> None:
    asked, survivor = talk().opens(0), talk().opens(-60).answers(-30, A)
    survivor.stands_for(30, asked, 0, 0)
    survivor.answers(60, B)
    assert times(asked, survivor) == ([30], [30, 60])


def test_who_was_answered_in_the_merged_one_has_no_second_first_response(talk: Talks) -> None:
    asked = talk().opens(0).answers(5, A).writes(10)
    survivor = talk().opens(20)
    survivor.stands_for(30, asked, 10)
    survivor.answers(60, A)
    assert times(asked, survivor) == ([5, 40], [5, 50])


def test_where_both_wait_the_earlier_counts_once(talk: Talks) -> None:
    for other, took in ((10, 60), (-10, 70)):
        asked, survivor = talk().opens(0), talk().opens(other)
        survivor.stands_for(30, asked, 0, 0)
        survivor.answers(60, A).answers(90, A)
        assert times(asked, survivor) == ([took], [took])


def test_where_nobody_waits_a_merger_adds_nothing(talk: Talks) -> None:
    answered, survivor = talk().opens(0).answers(5, A), talk().opens(10).answers(20, A)
    before = Counter(value.kind for value in values(answered, survivor))
    survivor.stands_for(30, answered, None)
    survivor.answers(60, A)
    assert Counter(value.kind for value in values(answered, survivor)) == before + Counter(sent=1)


def test_a_merger_itself_counts_nothing(talk: Talks) -> None:
    asked, survivor = talk().opens(0), talk().opens(0)
    survivor.stands_for(5, asked, 0, 0)
    assert Counter(value.kind for value in values(asked, survivor)) == {"opened": 2, "received": 2}


def test_a_reply_under_way_in_the_merged_one_still_answers_there(talk: Talks) -> None:
    """The router says that nobody waits in what a reply is under way for."""
    asked, survivor = talk().opens(0), talk().opens(-60).answers(-50, A)
    reply_id = asked.queues(5, A)
    survivor.stands_for(6, asked, None)
    asked.sent(7, reply_id)
    survivor.answers(60, A)
    assert times(asked) == ([7], [7]) and times(survivor) == ([10], [10])


def test_a_reply_that_is_held_or_failed_there_answers_nobody_a_second_time(talk: Talks) -> None:
    for fails in (False, True):
        asked, survivor = talk().opens(0), talk().opens(-60).answers(-50, A)
        reply_id = asked.queues(5, A) if fails else held(asked, 5)
        if fails:
            asked.tell(6, e.ReplyFailed(reply_id=reply_id, attempt=1, code="550"))
        survivor.stands_for(10, asked, 0, 0)
        asked.tell(40, _released(asked, reply_id))
        asked.sent(41, reply_id)
        survivor.answers(60, A)
        assert times(asked) == ([], []) and times(survivor) == ([10], [10, 60])


def test_a_reply_under_way_in_the_survivor_was_not_written_for_who_asked_in_the_merged_one(talk: Talks) -> None:
    asked, survivor = talk().opens(0), talk().opens(10)
    reply_id = survivor.queues(20, A)
    survivor.stands_for(30, asked, 0, 0)
    survivor.sent(35, reply_id).answers(60, B)
    assert times(asked, survivor) == ([25, 60], [25, 60])
    quiet = talk().opens(-60).answers(-50, A)
    another = quiet.queues(20, A)
    quiet.stands_for(30, talk().opens(0), 0, 0)
    quiet.sent(35, another).answers(60, B)
    assert times(quiet) == ([10], [10, 60])


def test_a_reply_that_was_held_in_the_survivor_answers_both_when_it_goes_out(talk: Talks) -> None:
    asked, survivor = talk().opens(0), talk().opens(10)
    reply_id = held(survivor, 20)
    survivor.stands_for(30, asked, 0, 0)
    survivor.tell(50, _released(survivor, reply_id))
    survivor.sent(51, reply_id)
    assert times(asked, survivor) == ([51], [51])


def test_what_was_resolved_goes_on_as_an_episode_since_the_merged_one_waits(talk: Talks) -> None:
    asked, survivor = talk().opens(0), talk().opens(-60).answers(-50, A).resolves(-40, A)
    survivor.stands_for(30, asked, 0, 0)
    survivor.reopens(30, B).answers(60, B).resolves(90, B)
    assert times(asked, survivor) == ([10, 60], [10, 60])
    assert minutes("resolution", asked, survivor) == [20] and minutes("resolution_again", asked, survivor) == [90]


def test_an_episode_that_goes_on_keeps_its_own_beginning(talk: Talks) -> None:
    asked, survivor = talk().opens(0), talk().opens(10)
    survivor.stands_for(30, asked, 0, 0)
    assert minutes("resolution", asked, survivor.resolves(40, A)) == [30]


def test_the_survivor_waits_on_us_from_the_merger_on(talk: Talks) -> None:
    asked, survivor = talk().opens(0), talk().opens(-60).answers(-50, A)
    survivor.tell(-50, e.ConversationAssigned(agent_id=A, team_id=None))
    survivor.stands_for(30, asked, 0, 0)
    survivor.answers(60, A).resolves(70, A)
    (episode,) = [value for value in values(survivor) if value.kind == "episode"]
    parts = {state: part / MINUTE for state, part in zip(STATES, episode.parts or (), strict=True) if part}
    assert parts == {"unassigned": 10, "waiting_on_customer": 80 + 10, "waiting_on_us": 30}


def test_a_merger_of_before_tells_of_no_first_response(talk: Talks) -> None:
    """Its event has no `unanswered_since`."""
    asked, survivor = talk().opens(0), talk().opens(10)
    survivor.stands_for(30, asked, 0)
    survivor.answers(60, A)
    assert times(asked, survivor) == ([50], [60])


def _released(told: Any, reply_id: Any) -> e.ReplyReleased:
    return e.ReplyReleased(
        reply_id=reply_id,
        conversation_id=told.stream,
        inbox_id=told.inbox_id,
        channel="email",
        channel_id=uuid4(),
        agent_id=A,
        reason="due",
    )
