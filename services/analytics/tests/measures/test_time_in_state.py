"""How the time of an episode divides among its states, told by events; and that the parts are the whole."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.measures.conversation import UNKNOWN, Conversation, step
from analytics.measures.measure import Value
from analytics.measures.time_in_state import STATES
from events import conversations as e

A, B, TEAM = uuid4(), uuid4(), uuid4()
MINUTE = 60_000
THEN = e.Then(status="resolved")
Talks = Callable[..., Any]


def values(told: Any) -> list[Value]:
    state, found = UNKNOWN, list[Value]()
    for envelope in told.events:
        state, some = step(msgspec.json.decode(msgspec.json.encode(state), type=Conversation), envelope)
        found += some
    return found


def episodes(told: Any) -> list[Value]:
    return [value for value in values(told) if value.kind == "episode"]


def divided(told: Any) -> list[dict[str, float]]:
    """The minutes of each episode by state, where there are any."""
    return [
        {state: part / MINUTE for state, part in zip(STATES, episode.parts or (), strict=True) if part}
        for episode in episodes(told)
    ]


def given_to(told: Any, minutes: float, agent_id: UUID | None, team_id: UUID | None = TEAM) -> Any:
    told.tell(minutes, e.ConversationAssigned(agent_id=agent_id, team_id=team_id))
    return told


def snoozed(told: Any, minutes: float) -> Any:
    told.tell(minutes, e.ConversationSnoozed())
    return told


def routed(told: Any, minutes: float, agent_id: UUID | None, status: Any = None) -> Any:
    event = e.ConversationRouted(
        message_id=uuid4(), rule_set_version=1, team_id=TEAM, agent_id=agent_id, reason="rule", status=status
    )
    told.tell(minutes, event)
    return told


def test_a_conversation_waits_for_somebody_to_have_it_then_for_us_then_for_the_customer(talk: Talks) -> None:
    told = given_to(talk().opens(), 5, A).answers(30, A).resolves(100, B)
    assert divided(told) == [{"unassigned": 5, "waiting_on_us": 25, "waiting_on_customer": 70}]
    (episode,) = episodes(told)
    assert (episode.duration, episode.agent_id) == (100 * MINUTE, B)
    assert episode.start is not None and episode.start.event_id == told.events[0].id
    assert episode.stop.event_id == told.events[-1].id


def test_what_a_team_has_without_an_agent_is_unassigned(talk: Talks) -> None:
    told = given_to(given_to(given_to(talk().opens(), 5, None), 15, A), 25, None)
    told.tell(40, e.ConversationUnassigned())
    assert divided(told.resolves(50, A)) == [{"unassigned": 40, "waiting_on_us": 10}]


def test_who_has_it_does_not_matter_while_it_waits_for_the_customer(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A).answers(10, A)
    told.tell(20, e.ConversationUnassigned())
    told.writes(60)
    assert divided(told.resolves(70, A)) == [{"waiting_on_us": 10, "waiting_on_customer": 50, "unassigned": 10}]


def test_a_decision_of_the_router_gives_it_to_an_agent_and_may_snooze_or_resolve_it(talk: Talks) -> None:
    assert divided(routed(talk().opens(), 2, A).resolves(10, A)) == [{"unassigned": 2, "waiting_on_us": 8}]
    assert divided(routed(talk().opens(), 2, A, "snoozed").resolves(10, A)) == [{"unassigned": 2, "snoozed": 8}]
    assert divided(routed(talk().opens(), 2, A, "resolved")) == [{"unassigned": 2}]
    assert divided(routed(talk().opens(), 2, A, "trash").resolves(10, A)) == [{"unassigned": 2, "waiting_on_nobody": 8}]


def test_a_snooze_wins_over_whoever_is_waited_for_until_it_elapses(talk: Talks) -> None:
    told = snoozed(given_to(talk().opens(), 0, A), 10)
    told.answers(20, A)
    told.tell(40, e.SnoozeElapsed(timer_id=uuid4()))
    assert divided(told.resolves(45, A)) == [{"waiting_on_us": 10, "snoozed": 30, "waiting_on_customer": 5}]


def test_a_message_that_wakes_a_snoozed_conversation_begins_no_episode(talk: Talks) -> None:
    told = snoozed(given_to(talk().opens(), 0, A).answers(10, A), 10).writes(50).reopens(50)
    assert divided(told.resolves(60, A)) == [{"waiting_on_us": 20, "snoozed": 40}]


def test_resolved_time_belongs_to_no_state_and_each_episode_is_divided_for_itself(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A).answers(10, A).resolves(20, A).writes(500).reopens(500).resolves(530, B)
    assert divided(told) == [{"waiting_on_us": 10, "waiting_on_customer": 10}, {"waiting_on_us": 30}]
    assert [episode.agent_id for episode in episodes(told)] == [A, B]


@pytest.mark.parametrize(("answers", "state"), [(True, "waiting_on_customer"), (False, "waiting_on_us")])
def test_an_agent_who_reopens_takes_it_up_as_it_was(talk: Talks, answers: bool, state: str) -> None:
    told = given_to(talk().opens(), 0, A)
    if answers:
        told.answers(10, A)
    assert divided(told.resolves(20, A).reopens(100, B).resolves(130, B))[1] == {state: 30}


def test_what_is_snoozed_after_it_was_resolved_begins_an_episode(talk: Talks) -> None:
    told = snoozed(given_to(talk().opens(), 0, A).resolves(20, A), 30)
    assert divided(told.resolves(50, A)) == [{"waiting_on_us": 20}, {"snoozed": 20}]


@pytest.mark.parametrize("put", [e.MarkedAsSpam(), e.ConversationTrashed()])
def test_in_spam_and_in_the_trash_nobody_is_waited_for_and_the_clock_goes_on(talk: Talks, put: Any) -> None:
    told = given_to(talk().opens(), 0, A)
    told.tell(10, put)
    told.writes(20).reopens(30, A)
    assert divided(told.resolves(45, A)) == [{"waiting_on_us": 25, "waiting_on_nobody": 20}]
    thrown = given_to(talk().opens(), 0, A)
    thrown.tell(10, put)
    assert divided(thrown) == []


def test_what_is_resolved_and_then_thrown_away_takes_no_time_until_it_is_open_again(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A).resolves(10, A)
    told.tell(20, e.ConversationTrashed())
    assert divided(told.writes(90).reopens(90).resolves(100, A)) == [{"waiting_on_us": 10}, {"waiting_on_us": 10}]


def test_while_it_is_muted_nobody_is_waited_for(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    told.tell(10, e.ConversationMuted())
    told.writes(20)
    told.tell(30, e.ConversationUnmuted())
    assert divided(told.resolves(40, A)) == [{"waiting_on_us": 20, "waiting_on_nobody": 20}]


def test_a_message_to_what_is_muted_and_resolved_leaves_it_resolved(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    told.tell(5, e.ConversationMuted())
    told.resolves(10, A).writes(20).reopens(70, A)
    told.tell(75, e.ConversationUnmuted())
    assert divided(told.resolves(80, A))[1:] == [{"waiting_on_nobody": 5, "waiting_on_us": 5}]


@pytest.mark.parametrize("kind", ["auto_reply", "bounce", "delayed"])
def test_what_a_machine_answers_asks_nothing(talk: Talks, kind: str) -> None:
    assert divided(talk().opens(automated=kind).resolves(10, A)) == [{"waiting_on_nobody": 10}]
    told = given_to(talk().opens(), 0, A).answers(10, A).writes(20, kind).resolves(40, A)
    assert divided(told) == [{"waiting_on_us": 10, "waiting_on_customer": 30}]


def test_comments_acknowledgements_and_forwards_answer_nothing(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    told.tell(1, e.CommentAdded(comment_id=uuid4(), agent_id=A))
    told.answers(2, None, automatic=True).answers(3, A, in_side_thread=True).writes(4, aside=True)
    assert divided(told.resolves(10, A)) == [{"waiting_on_us": 10}]


def test_a_reply_answers_when_its_channel_accepts_it_and_not_when_it_fails(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    reply_id = told.queues(5, A)
    told.tell(6, e.ReplyFailed(reply_id=reply_id, attempt=1, code="550"))
    told.sent(50, reply_id, attempt=2)
    assert divided(told.resolves(60, A)) == [{"waiting_on_us": 50, "waiting_on_customer": 10}]


def test_what_we_begin_waits_for_nobody_until_our_message_is_accepted(talk: Talks) -> None:
    told = talk()
    event = e.ConversationStarted(
        number=7, inbox_id=told.inbox_id, contact_id=uuid4(), channel="email", channel_id=uuid4(), message_id=uuid4()
    )
    told.tell(0, event)
    given_to(told, 0, A).answers(2, A).writes(60)
    assert divided(told.resolves(70, A)) == [{"waiting_on_nobody": 2, "waiting_on_customer": 58, "waiting_on_us": 10}]


def test_a_resolve_that_comes_with_a_reply_ends_the_episode_where_it_was_asked_for(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    reply_id = told.queues(10, A, then=THEN)
    told.resolves(10, A)
    assert divided(told) == []
    assert divided(told.sent(11, reply_id)) == [{"waiting_on_us": 10}]


@pytest.mark.parametrize("reason", ["reply_failed", "reply_cancelled"])
def test_a_resolve_whose_reply_was_undone_ends_nothing(talk: Talks, reason: Any) -> None:
    told = given_to(talk().opens(), 0, A)
    told.queues(10, A, then=THEN)
    told.resolves(10, A)
    told.tell(11, e.ConversationReopened(reason=reason))
    assert divided(told.answers(20, B).resolves(30, B)) == [{"waiting_on_us": 20, "waiting_on_customer": 10}]


def test_a_customer_who_writes_before_that_reply_is_accepted_begins_an_episode(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    reply_id = told.queues(10, A, then=THEN)
    told.resolves(10, A).writes(12).reopens(12).sent(13, reply_id)
    assert divided(told.writes(15).resolves(20, A)) == [
        {"waiting_on_us": 10},
        {"waiting_on_us": 6, "waiting_on_customer": 2},
    ]


def test_a_reply_that_came_back_and_reopens_waits_for_us(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    reply_id = told.queues(10, A, then=THEN)
    told.resolves(10, A).sent(11, reply_id)
    told.tell(40, e.ConversationReopened(reason="reply_failed"))
    assert divided(told.resolves(50, A)) == [{"waiting_on_us": 10}, {"waiting_on_us": 10}]


def test_what_is_merged_into_another_is_divided_nowhere_and_the_survivor_as_its_own(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    reply_id = told.queues(5, A)
    told.tell(6, e.ConversationMergedInto(survivor_id=B, number=2))
    assert divided(told.sent(7, reply_id).writes(8, "bounce").reopens(8, A).resolves(9, A)) == []
    survivor = given_to(talk().opens(), 0, A)
    survivor.tell(5, e.ConversationsMerged(merged=(e.MergedConversation(B, 2),)))
    assert divided(survivor.resolves(20, A)) == [{"waiting_on_us": 20}]


def test_a_move_ends_no_state_but_may_take_it_from_its_agent(talk: Talks) -> None:
    told = given_to(talk().opens(), 0, A)
    told.tell(5, e.ConversationMoved(inbox_id=A, from_inbox_id=B, agent_id=B))
    told.tell(10, e.ConversationMoved(inbox_id=B, from_inbox_id=A))
    assert divided(told.resolves(30, A)) == [{"waiting_on_us": 10, "unassigned": 20}]


def test_history_takes_no_time_and_what_is_taken_up_again_does(talk: Talks) -> None:
    told = talk().opens(history=True).resolves(0).writes(5, history=True)
    assert divided(told) == []
    assert divided(told.writes(6_000).reopens(6_000).resolves(6_030, A)) == [{"unassigned": 30}]


def test_clocks_that_disagree_take_no_time(talk: Talks) -> None:
    told = given_to(talk().opens(10), 9, A).answers(5, A).resolves(3, A)
    (episode,) = episodes(told)
    assert (episode.duration, episode.parts) == (0, (0, 0, 0, 0, 0))


MOVES: tuple[Callable[[Any, float], Any], ...] = (
    lambda told, at: told.writes(at),
    lambda told, at: told.writes(at, "auto_reply"),
    lambda told, at: told.answers(at, A),
    lambda told, at: told.answers(at, None, automatic=True),
    lambda told, at: told.queues(at, A),
    lambda told, at: told.queues(at, A, then=THEN),
    lambda told, at: told.resolves(at, B),
    lambda told, at: told.reopens(at),
    lambda told, at: told.reopens(at, B),
    lambda told, at: told.tell(at, e.ConversationReopened(reason="reply_failed")),
    lambda told, at: given_to(told, at, A),
    lambda told, at: given_to(told, at, None),
    lambda told, at: routed(told, at, A, "spam"),
    snoozed,
    lambda told, at: told.tell(at, e.SnoozeElapsed(timer_id=uuid4())),
    lambda told, at: told.tell(at, e.ConversationTrashed()),
    lambda told, at: told.tell(at, e.ConversationMuted()),
    lambda told, at: told.tell(at, e.ConversationUnmuted()),
)
STORIES = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 5_000)), max_size=25)


@given(STORIES)
def test_the_parts_add_up_to_the_time_from_the_first_event_to_the_resolve(
    talk: Talks, story: list[tuple[Callable[[Any, float], Any], int]]
) -> None:
    told, at = talk().opens(), 0
    for move, later in story:
        at += later
        move(told, at / 100)
    found = values(told.resolves((at + 7) / 100, A))
    ended = [value for value in found if value.kind == "episode"]
    for each in ended:
        assert each.start is not None and each.parts is not None and min(each.parts) >= 0
        assert sum(each.parts) == each.duration == each.stop.at - each.start.at
    spans = sorted((each.start.at, each.stop.at) for each in ended if each.start is not None)
    assert all(stop <= start for (_, stop), (start, _) in pairwise(spans)), "one at a time"
    resolves = {value.stop.event_id for value in found if value.kind == "resolved"}
    assert {each.stop.event_id for each in ended} <= resolves
    first = [value for value in found if value.kind == "resolution"]
    if first and ended[0].stop == first[0].stop:
        assert ended[0].duration == first[0].duration, (
            "an episode that a customer began takes as long as its resolution"
        )


@given(STORIES)
def test_whatever_clocks_say_no_part_is_negative_and_together_they_are_the_whole(
    talk: Talks, story: list[tuple[Callable[[Any, float], Any], int]]
) -> None:
    told = talk().opens()
    for move, at in story:
        move(told, at / 100)
    for each in episodes(told.resolves(20, A)):
        assert each.parts is not None and min(each.parts) >= 0 and sum(each.parts) == each.duration
