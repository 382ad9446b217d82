"""How much there is: conversations begun, messages in and out, resolves and reopenings; and who wrote the replies."""

from __future__ import annotations

from typing import assert_never

from analytics.measures.happenings import (
    Answered,
    Began,
    Changed,
    Ending,
    GivenOver,
    HandedOff,
    Happening,
    Lay,
    Received,
    Reopened,
    Resolved,
    TakenOver,
)
from analytics.measures.measure import Value


def counted(happening: Happening) -> Value | None:
    """What a happening adds to the volume, None for nothing. It needs no state.

    Messages out count when the channel has accepted them, once, however often they were tried; those of agents are
    credited to their sender, others to nobody. Messages of machines count as messages in. A mailbox's history is no
    work: neither its messages nor the conversations that they open count.
    """
    match happening:
        case Began():
            return Value("opened", happening.moment)
        case Received():
            return Value("received", happening.moment)
        case Answered():
            return Value("sent", happening.moment, agent_id=happening.agent_id if happening.human else None)
        case Resolved():
            return Value("resolved", happening.moment, agent_id=happening.agent_id)
        case Reopened():
            return Value("reopened", happening.moment, agent_id=happening.agent_id)
        case HandedOff() | Lay() | Ending() | Changed() | GivenOver() | TakenOver():
            return None
        case _:
            assert_never(happening)


class Volume:
    """`counted` as a measure."""

    initial = None

    def step(self, state: None, happening: Happening) -> tuple[None, tuple[Value, ...]]:
        value = counted(happening)
        return None, () if value is None else (value,)
