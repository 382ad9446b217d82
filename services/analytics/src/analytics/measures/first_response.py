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


class State(msgspec.Struct, frozen=True, array_like=True):
    """`responded`: this episode has had its first response."""

    waiting: Waiting = Waiting()
    responded: bool = False


class FirstResponse(msgspec.Struct, frozen=True):
    """An episode begins with the conversation, or with the first message after a resolve.

    It starts at its first message that a customer wrote; where a bot had it, at the hand-off, unless the wait
    `with_bot` counts. It stops at the first public message of a person that the channel accepted, whose sender is
    credited. What we begin counts from when the customer writes.

    Who has had no first response in a conversation that is merged has it in the one that stands for it, once.
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
            case GivenOver():
                return State(waiting.given_over(state.waiting, happening.under_way), state.responded), ()
            case TakenOver():
                return self._taken_over(state, happening), ()
            case Began() | Lay() | Reopened() | Ending() | Changed():
                return state, ()
            case _:
                assert_never(happening)

    def _taken_over(self, state: State, happening: TakenOver) -> State:
        if happening.first is None or state.responded:
            return state
        since = Moment(happening.moment.event_id, happening.first)
        return State(waiting.taken_over(state.waiting, since, happening.under_way))

    def _answered(self, state: State, happening: Answered) -> tuple[State, tuple[Value, ...]]:
        late = happening.reply_id in state.waiting.under_way
        after, since = waiting.answered(state.waiting, happening)
        if since is None:
            return State(after, state.responded), ()
        stop = happening.moment
        value = Value("first_response", stop, since, self.clock.elapsed(since.at, stop.at), happening.agent_id)
        return State(after, state.responded if late else True), (value,)
