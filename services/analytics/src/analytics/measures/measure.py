"""A measure is a fold over happenings that gives values, with the events between which they lie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, TypeVar
from uuid import UUID

import msgspec

from analytics.measures.happenings import Happening, Moment

Kind = Literal[
    "opened",
    "received",
    "sent",
    "resolved",
    "reopened",
    "first_response",
    "reply_time",
    "resolution",
    "resolution_again",
    "resolution_whole",
    "episode",
]
"""What rows of facts are of: five that are counted, five that are timed, and episodes, whose time is divided.

`resolution` is a conversation's first; where it was reopened, `resolution_again` is of a later episode, and
`resolution_whole` of the same resolve from the conversation's first message on."""


class Value(msgspec.Struct, frozen=True):
    """One thing counted or timed. It belongs to the period in which it stopped, so that a past period never changes.

    `start` and `duration` (milliseconds by the definition's clock) are None for what is only counted. `agent_id` is
    who is credited, None for nobody. `parts` are how a duration divides among the states of `time_in_state`, where it
    does.
    """

    kind: Kind
    stop: Moment
    start: Moment | None = None
    duration: int | None = None
    agent_id: UUID | None = None
    parts: tuple[int, ...] | None = None


S = TypeVar("S")


class Measure(Protocol[S]):
    """`step` never raises; the state holds all that a later happening needs of the earlier ones."""

    @property
    def initial(self) -> S: ...

    def step(self, state: S, happening: Happening) -> tuple[S, tuple[Value, ...]]: ...


def measured(measure: Measure[S], happenings: Iterable[Happening]) -> tuple[Value, ...]:
    """All values of one conversation from its beginning."""
    state, values = measure.initial, list[Value]()
    for happening in happenings:
        state, found = measure.step(state, happening)
        values += found
    return tuple(values)
