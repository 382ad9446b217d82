"""How the time of an episode divides: waiting on us, on the customer, on nobody, snoozed, or with nobody assigned."""

from __future__ import annotations

from typing import Final, Literal, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

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
    Standing,
    TakenOver,
)
from analytics.measures.measure import Value

InState = Literal["unassigned", "waiting_on_us", "waiting_on_customer", "snoozed", "waiting_on_nobody"]
STATES: Final[tuple[InState, ...]] = (
    "unassigned",
    "waiting_on_us",
    "waiting_on_customer",
    "snoozed",
    "waiting_on_nobody",
)
"""The order of the parts of a value."""
Parts = tuple[int, ...]
_NOTHING: Final[Parts] = (0,) * len(STATES)


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """The parts as they were at a resolve that may still be undone, and the event that told of it."""

    event_id: UUID
    parts: Parts


class State(msgspec.Struct, frozen=True, array_like=True):
    """`since`: where the episode that goes on began, None between episodes; `parts` are told up to `until`.

    `asked`: a customer wrote, or waits in what was merged into it; `answered`: a person's message was accepted after
    that, or before anybody wrote.
    `over`: it is resolved, or was merged into another.
    """

    since: Moment | None = None
    until: int = 0
    parts: Parts = ()
    standing: Standing = "open"
    over: bool = False
    asked: bool = False
    answered: bool = False
    assigned: bool = False
    muted: bool = False
    ended: Ended | None = None

    @property
    def named(self) -> InState:
        """The one state that it is in: the first that holds wins."""
        if self.standing == "away":
            return "waiting_on_nobody"
        if self.standing == "snoozed":
            return "snoozed"
        if self.muted:
            return "waiting_on_nobody"
        if self.answered:
            return "waiting_on_customer"
        if not self.asked:
            return "waiting_on_nobody"
        return "waiting_on_us" if self.assigned else "unassigned"


class TimeInState(msgspec.Struct, frozen=True):
    """From the beginning of an episode to the resolve that ended it, by states, for who resolved.

    An episode begins with the conversation, and where it was over, when it is open or snoozed again. At every moment it
    is in one state, so that the parts of a value add up to the whole, in milliseconds. An episode that never ended, and
    what was merged into another conversation, has none. Events whose clocks run backwards take no time.
    """

    @property
    def initial(self) -> State:
        return State()

    def step(self, state: State, happening: Happening) -> tuple[State, tuple[Value, ...]]:
        if state.standing == "merged":
            return state, ()
        match happening:
            case Began():
                return _begun(state, happening.moment), ()
            case Received():
                return (self._received(state, happening.moment) if happening.clocks else state), ()
            case Answered():
                return (replace(_told(state, happening.moment), answered=True) if happening.human else state), ()
            case Changed():
                return _changed(state, happening), ()
            case Ending():
                then = _told(state, happening.moment)
                return replace(state, ended=Ended(happening.moment.event_id, then.parts)), ()
            case Resolved():
                return _resolved(state, happening)
            case Lay():
                return replace(state, over=True), ()
            case Reopened():
                open_again = replace(_told(state, happening.moment), standing="open", over=False)
                if happening.came_back:
                    open_again = replace(open_again, answered=False)
                return _begun(open_again, happening.moment), ()
            case TakenOver():
                waits = happening.since is not None
                return (self._received(state, happening.moment) if waits else state), ()
            case HandedOff() | GivenOver():
                return state, ()
            case _:
                assert_never(happening)

    def _received(self, state: State, moment: Moment) -> State:
        after = replace(_told(state, moment), asked=True, answered=False)
        return after if state.over else _begun(after, moment)


def _begun(state: State, moment: Moment) -> State:
    """An episode begins here, unless one goes on."""
    if state.since is not None:
        return state
    return replace(state, since=moment, until=moment.at, parts=_NOTHING, ended=None)


def _told(state: State, moment: Moment) -> State:
    """The time up to the moment is the state's that held until then."""
    if state.since is None or moment.at <= state.until:
        return state
    place, took = STATES.index(state.named), moment.at - state.until
    parts = (*state.parts[:place], state.parts[place] + took, *state.parts[place + 1 :])
    return replace(state, until=moment.at, parts=parts)


def _changed(state: State, change: Changed) -> State:
    after = _told(state, change.moment)
    if change.assigned is not None:
        after = replace(after, assigned=change.assigned)
    if change.muted is not None:
        after = replace(after, muted=change.muted)
    if change.standing is None:
        return after
    after = replace(after, standing=change.standing)
    match change.standing:
        case "open" | "snoozed":
            return _begun(replace(after, over=False), change.moment)
        case "away":
            return after
        case "merged":
            return State(standing="merged", over=True)
        case _:
            assert_never(change.standing)


def _resolved(state: State, resolved: Resolved) -> tuple[State, tuple[Value, ...]]:
    told = _told(state, resolved.moment)
    over = replace(told, since=None, until=0, parts=(), standing="open", over=True, ended=None)
    if state.since is None:
        return over, ()
    known = state.ended
    parts = known.parts if known is not None and known.event_id == resolved.moment.event_id else told.parts
    return over, (Value("episode", resolved.moment, state.since, sum(parts), resolved.agent_id, parts),)
