"""The test vectors of the definitions of metrics, each by its name; Monday to Friday 9 to 17, one zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import pytest

from analytics.measures.clock import ALWAYS, Calendar, Calendars, Clock, Version
from analytics.measures.definitions import V1, V1_FIRST_RESOLVE, V1_WHOLE_RESOLUTION, Definition
from analytics.measures.first_response import FirstResponse
from analytics.measures.happenings import (
    Answered,
    Began,
    HandedOff,
    Happening,
    Moment,
    Received,
    Reopened,
    Resolved,
    milliseconds,
)
from analytics.measures.measure import Measure, Value, measured
from analytics.measures.reply_time import ReplyTime
from events.business_hours import BusinessHours, OpenHours

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
MON, TUE, WED, THU, FRI, SAT, NEXT_MON = 1, 2, 3, 4, 5, 6, 8
"""Days of June 2026, whose 1st is a Monday."""
A, B = uuid4(), uuid4()


def weekly(begin: int, end: int) -> BusinessHours:
    """Monday to Friday from one hour to another, by Warsaw's clocks."""
    return BusinessHours(zone="Europe/Warsaw", weekdays=((OpenHours(begin * 60, end * 60),),) * 5 + ((),) * 2)


NINE_TO_FIVE: Final = weekly(9, 17)
OFFICE: Final = Calendar(NINE_TO_FIVE)


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> Moment:
    """A moment of June 2026 by Warsaw's clocks (two hours before UTC)."""
    return Moment(uuid4(), milliseconds(datetime(2026, 6, day, hour, minute, second, tzinfo=UTC)) - 2 * HOUR)


def human(moment: Moment, agent_id: UUID | None = A) -> Answered:
    return Answered(moment, uuid4(), agent_id)


def bot(moment: Moment) -> Answered:
    return Answered(moment, uuid4(), None, human=False)


def begun(moment: Moment, *then: Happening) -> tuple[Happening, ...]:
    """A customer begins a conversation."""
    return (Began(moment), Received(moment), *then)


def durations(measure: Measure, happenings: Iterable[Happening]) -> list[int | None]:  # type: ignore[type-arg]
    return [value.duration for value in measured(measure, happenings)]


def resolutions(happenings: Iterable[Happening], definition: Definition = V1) -> list[Value]:
    """Those that count by the definition."""
    values = measured(definition.resolution, happenings)
    return [value for value in values if definition.kinds([value.kind])]


def first_responses(happenings: Iterable[Happening], clock: Clock = ALWAYS) -> list[Value]:
    return list(measured(FirstResponse(clock), happenings))


def test_vector_1_over_the_weekend() -> None:
    story = begun(at(FRI, 16, 50), human(at(NEXT_MON, 9, 10)))
    assert durations(FirstResponse(), story) == [64 * HOUR + 20 * MINUTE]
    assert durations(FirstResponse(OFFICE), story) == [20 * MINUTE]


def test_vector_2_out_of_hours() -> None:
    story = begun(at(SAT, 10), human(at(SAT, 11)))
    assert durations(FirstResponse(OFFICE), story) == [0]
    assert durations(FirstResponse(), story) == [HOUR]


def test_vector_3_a_bot_hands_off() -> None:
    story = begun(at(MON, 9), bot(at(MON, 9, 0, 5)), HandedOff(at(MON, 9, 4)), human(at(MON, 9, 10)))
    assert durations(FirstResponse(), story) == [6 * MINUTE]
    assert durations(FirstResponse(with_bot=True), story) == [10 * MINUTE]


def test_vector_4_a_new_episode_starts_at_its_own_first_message() -> None:
    story = begun(
        at(MON, 9),
        bot(at(MON, 9, 1)),
        Resolved(at(MON, 9, 5)),
        Received(at(FRI, 14)),
        Reopened(at(FRI, 14)),
        human(at(FRI, 14, 10)),
    )
    assert durations(FirstResponse(), story) == [10 * MINUTE]


def test_vector_5_a_reply_after_a_reopening_is_measured_from_the_new_message() -> None:
    story = begun(
        at(MON, 9),
        Resolved(at(MON, 10), A),
        Received(at(THU, 12)),
        Reopened(at(THU, 12)),
        human(at(THU, 12, 30)),
    )
    assert durations(ReplyTime(), story) == [30 * MINUTE]


def test_vector_6_a_run_of_messages_is_answered_once() -> None:
    story = begun(at(MON, 9), Received(at(MON, 9, 30)), human(at(MON, 10)))
    assert durations(ReplyTime(), story) == [60 * MINUTE]


def test_vector_7_who_answers_is_credited_whoever_has_it() -> None:
    story = begun(at(MON, 9), human(at(MON, 9, 5), B))
    assert [value.agent_id for value in first_responses(story)] == [B]


def test_vector_8_each_episode_is_resolved_for_itself() -> None:
    story = begun(
        at(MON, 9), Resolved(at(MON, 10), A), Received(at(MON, 11)), Reopened(at(MON, 11)), Resolved(at(MON, 12), A)
    )
    assert [value.duration for value in resolutions(story)] == [60 * MINUTE, 60 * MINUTE]


def test_vector_8_an_agent_who_reopens_begins_an_episode_too() -> None:
    story = begun(
        at(MON, 9), Resolved(at(MON, 10), A), Reopened(at(MON, 11), by_message=False), Resolved(at(MON, 12), A)
    )
    assert [value.duration for value in resolutions(story)] == [60 * MINUTE, 60 * MINUTE]


@pytest.mark.parametrize("what", ["auto-reply", "campaign", "survey", "bot"])
def test_vector_9_what_no_person_wrote_stops_no_clock(what: str) -> None:
    story = begun(at(MON, 9), bot(at(MON, 9, 1)), human(at(MON, 9, 10)))
    assert durations(FirstResponse(), story) == [10 * MINUTE], what
    assert durations(ReplyTime(), story) == [10 * MINUTE], what


def test_vector_9_the_pages_own_app_stops_it_for_an_unknown_sender() -> None:
    story = begun(at(MON, 9), human(at(MON, 9, 7), None))
    (value,) = first_responses(story)
    assert (value.duration, value.agent_id) == (7 * MINUTE, None)


def test_vector_11_thanks_that_nobody_answers_add_nothing() -> None:
    story = begun(at(MON, 9), human(at(MON, 9, 30)), Received(at(MON, 10)), Resolved(at(MON, 10, 5), A))
    assert durations(ReplyTime(), story) == [30 * MINUTE]


def test_vector_12_a_conversation_keeps_the_calendar_of_then() -> None:
    changed = (Version(at(MON, 0).at, NINE_TO_FIVE), Version(at(WED, 0).at, weekly(9, 12)))
    story = begun(at(TUE, 11), human(at(TUE, 16)))
    assert durations(FirstResponse(Calendars(changed)), story) == [5 * HOUR]
    assert durations(FirstResponse(Calendars(changed).as_of_now()), story) == [HOUR]
    assert Calendars().as_of_now() == Calendars()


def test_vector_8_the_first_resolve_and_the_last_are_timed_where_they_are_asked_for() -> None:
    story = begun(
        at(MON, 9), Resolved(at(MON, 10), A), Received(at(MON, 11)), Reopened(at(MON, 11)), Resolved(at(MON, 12), B)
    )
    assert [value.duration for value in resolutions(story, V1_FIRST_RESOLVE)] == [60 * MINUTE]
    whole = resolutions(story, V1_WHOLE_RESOLUTION)
    assert [value.duration for value in whole] == [60 * MINUTE, 180 * MINUTE]
    assert whole[-1].agent_id == B and whole[-1].start == whole[0].start
    unanswered = begun(at(MON, 9))
    assert list(measured(V1.resolution, unanswered)) == []
