"""How long each run of a customer's messages waits for the next answer of a person."""

from __future__ import annotations

from typing import assert_never

import msgspec

from analytics.measures import waiting
from analytics.measures.clock import ALWAYS, Clock
from analytics.measures.happenings import (
    Answered,
    Began,
    Changed,
    Ending,
    GivenOver,
    HandedOff,
    Happening,
    Lay,
    Moment,
    Received,
    Reopened,
    Resolved,
    TakenOver,
)
from analytics.measures.measure import Value
from analytics.measures.waiting import Waiting


class ReplyTime(msgspec.Struct, frozen=True):
    """From the first message of a run to the next public message of a person that the channel accepted.

    One value for each run, however many messages it has, credited to the sender. A resolve ends a run unanswered.
    What waits in a conversation that is merged goes on waiting in the one that stands for it.
    """

    clock: Clock = ALWAYS

    @property
    def initial(self) -> Waiting:
        return Waiting()

    def step(self, state: Waiting, happening: Happening) -> tuple[Waiting, tuple[Value, ...]]:
        match happening:
            case Received():
                return (waiting.begun(state, happening.moment) if happening.clocks else state), ()
            case Answered():
                if not happening.human:
                    return state, ()
                after, since = waiting.answered(state, happening)
                if since is None:
                    return after, ()
                stop = happening.moment
                took = self.clock.elapsed(since.at, stop.at)
                return after, (Value("reply_time", stop, since, took, happening.agent_id),)
            case Resolved():
                return waiting.resolved(state, happening), ()
            case GivenOver():
                return waiting.given_over(state, happening.under_way), ()
            case TakenOver():
                if happening.since is None:
                    return state, ()
                since = Moment(happening.moment.event_id, happening.since)
                return waiting.taken_over(state, since, happening.under_way), ()
            case Began() | HandedOff() | Lay() | Reopened() | Ending() | Changed():
                return state, ()
            case _:
                assert_never(happening)
