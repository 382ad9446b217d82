"""How long it takes from a customer's first message to the resolve, once in each episode of a conversation."""

from __future__ import annotations

from typing import assert_never

import msgspec

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
from analytics.measures.measure import Kind, Value


class State(msgspec.Struct, frozen=True, array_like=True):
    """`since`: where the episode that goes on began; `ended`: there was one before; `first`: where the first of those
    that were timed began."""

    since: Moment | None = None
    ended: bool = False
    first: Moment | None = None


class Resolution(msgspec.Struct, frozen=True):
    """From the first message of an episode to the resolve that ended it, credited to the agent who resolved.

    An episode that was reopened after a resolve without a message of the customer begins there. A conversation that was
    never resolved, and one in which the customer never wrote, have none. Where no episode went on and somebody waits in
    what is merged into it, one goes on since then.

    The first episode gives a `resolution`: the time to the first resolve. Each later one gives a `resolution_again`,
    and a `resolution_whole` from where the first began, so that the last value is the time to the last resolve.
    """

    clock: Clock = ALWAYS

    @property
    def initial(self) -> State:
        return State()

    def step(self, state: State, happening: Happening) -> tuple[State, tuple[Value, ...]]:
        match happening:
            case Received():
                begins = happening.clocks and state.since is None
                return (State(happening.moment, state.ended, state.first) if begins else state), ()
            case Reopened():
                begins = not happening.by_message and state.ended and state.since is None
                return (State(happening.moment, state.ended, state.first) if begins else state), ()
            case Resolved():
                if state.since is None:
                    return state, ()
                first = state.first or state.since
                after = State(None, True, first)
                if not state.ended:
                    return after, (self._value("resolution", first, happening),)
                again = self._value("resolution_again", state.since, happening)
                return after, (again, self._value("resolution_whole", first, happening))
            case TakenOver():
                if happening.since is None or state.since is not None:
                    return state, ()
                return State(Moment(happening.moment.event_id, happening.since), state.ended, state.first), ()
            case Lay():
                return State(None, True), ()
            case Began() | Answered() | HandedOff() | Ending() | Changed() | GivenOver():
                return state, ()
            case _:
                assert_never(happening)

    def _value(self, kind: Kind, start: Moment, resolved: Resolved) -> Value:
        took = self.clock.elapsed(start.at, resolved.moment.at)
        return Value(kind, resolved.moment, start, took, resolved.agent_id)
