"""How long a customer waits for the first answer of a person, once in each episode of a conversation."""

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
    HandedOff,
    Happening,
    Lay,
    Received,
    Reopened,
    Resolved,
)
from analytics.measures.measure import Value
from analytics.measures.waiting import Waiting


class State(msgspec.Struct, frozen=True, array_like=True):
    """`responded`: this episode has had its first response."""

    waiting: Waiting = Waiting()
    responded: bool = False


class FirstResponse(msgspec.Struct, frozen=True):
    """An episode begins with the conversation, or with the first message after a resolve.

    It starts at its first message that a customer wrote; where a bot had it, at the hand-off, unless the wait
    `with_bot` counts. It stops at the first public message of a person that the channel accepted, whose sender is
    credited. What we begin counts from when the customer writes.
    """

    clock: Clock = ALWAYS
    with_bot: bool = False

    @property
    def initial(self) -> State:
        return State()

    def step(self, state: State, happening: Happening) -> tuple[State, tuple[Value, ...]]:
        match happening:
            case Received():
                if not happening.clocks or state.responded:
                    return state, ()
                return State(waiting.begun(state.waiting, happening.moment), False), ()
            case HandedOff():
                if self.with_bot or state.waiting.since is None:
                    return state, ()
                return State(msgspec.structs.replace(state.waiting, since=happening.moment), state.responded), ()
            case Answered():
                return self._answered(state, happening) if happening.human else (state, ())
            case Resolved():
                return State(waiting.resolved(state.waiting, happening), False), ()
            case Began() | Lay() | Reopened() | Ending() | Changed():
                return state, ()
            case _:
                assert_never(happening)

    def _answered(self, state: State, happening: Answered) -> tuple[State, tuple[Value, ...]]:
        late = happening.reply_id in state.waiting.under_way
        after, since = waiting.answered(state.waiting, happening)
        if since is None:
            return State(after, state.responded), ()
        stop = happening.moment
        value = Value("first_response", stop, since, self.clock.elapsed(since.at, stop.at), happening.agent_id)
        return State(after, state.responded if late else True), (value,)
