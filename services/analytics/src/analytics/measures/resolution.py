"""How long it takes from a customer's first message to the resolve, once in each episode of a conversation."""

from __future__ import annotations

from typing import assert_never

import msgspec

from analytics.measures.clock import ALWAYS, Clock
from analytics.measures.happenings import (
    Answered,
    Began,
    HandedOff,
    Happening,
    Lay,
    Moment,
    Received,
    Reopened,
    Resolved,
)
from analytics.measures.measure import Value


class State(msgspec.Struct, frozen=True, array_like=True):
    """`since`: where the episode that goes on began; `ended`: there was one before."""

    since: Moment | None = None
    ended: bool = False


class Resolution(msgspec.Struct, frozen=True):
    """From the first message of an episode to the resolve that ended it, credited to the agent who resolved.

    An episode that was reopened after a resolve without a message of the customer begins there. A conversation that was
    never resolved, and one in which the customer never wrote, have none.
    """

    clock: Clock = ALWAYS

    @property
    def initial(self) -> State:
        return State()

    def step(self, state: State, happening: Happening) -> tuple[State, tuple[Value, ...]]:
        match happening:
            case Received():
                begins = happening.clocks and state.since is None
                return (State(happening.moment, state.ended) if begins else state), ()
            case Reopened():
                begins = not happening.by_message and state.ended and state.since is None
                return (State(happening.moment, True) if begins else state), ()
            case Resolved():
                if state.since is None:
                    return state, ()
                took = self.clock.elapsed(state.since.at, happening.moment.at)
                value = Value("resolution", happening.moment, state.since, took, happening.agent_id)
                return State(None, True), (value,)
            case Lay():
                return State(None, True), ()
            case Began() | Answered() | HandedOff():
                return state, ()
            case _:
                assert_never(happening)
