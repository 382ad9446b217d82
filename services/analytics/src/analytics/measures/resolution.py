"""How long it takes from a customer's first message to the resolve, once in each episode of a conversation."""

from __future__ import annotations

from typing import Literal, assert_never

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
    """`since`: where the episode that goes on began; `ended`: there was one before; `first`: where the first began,
    kept where a definition asks for it."""

    since: Moment | None = None
    ended: bool = False
    first: Moment | None = None


class Resolution(msgspec.Struct, frozen=True):
    """From the first message of an episode to the resolve that ended it, credited to the agent who resolved.

    An episode that was reopened after a resolve without a message of the customer begins there. A conversation that was
    never resolved, and one in which the customer never wrote, have none.

    `of`: "first", only the first episode that ended counts; "whole", every resolve is timed from where the first
    episode began, so that the last value is the time to the last resolve.
    """

    clock: Clock = ALWAYS
    of: Literal["episode", "first", "whole"] = "episode"

    @property
    def initial(self) -> State:
        return State()

    def step(self, state: State, happening: Happening) -> tuple[State, tuple[Value, ...]]:
        match happening:
            case Received():
                begins = happening.clocks and state.since is None
                return (self._begun(state, happening.moment) if begins else state), ()
            case Reopened():
                begins = not happening.by_message and state.ended and state.since is None
                return (self._begun(state, happening.moment) if begins else state), ()
            case Resolved():
                if state.since is None:
                    return state, ()
                after = State(None, True, state.first)
                if self.of == "first" and state.ended:
                    return after, ()
                start = state.first or state.since
                took = self.clock.elapsed(start.at, happening.moment.at)
                return after, (Value("resolution", happening.moment, start, took, happening.agent_id),)
            case Lay():
                return State(None, True), ()
            case Began() | Answered() | HandedOff():
                return state, ()
            case _:
                assert_never(happening)

    def _begun(self, state: State, moment: Moment) -> State:
        first = (state.first or moment) if self.of == "whole" else None
        return State(moment, state.ended, first)
