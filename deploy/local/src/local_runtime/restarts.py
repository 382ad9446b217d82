"""When a process that died is started again; pure."""

from __future__ import annotations

FIRST_SECONDS = 0.1
SECOND_SECONDS = 0.5
LONGEST_SECONDS = 10.0
STEADY_SECONDS = 30.0


def deaths_in_a_row(before: int, lived_seconds: float) -> int:
    """How often it died without having run steadily in between, this death included."""
    return 1 if lived_seconds >= STEADY_SECONDS else before + 1


def delay_seconds(deaths: int) -> float:
    """At once after the first death, then doubling from half a second to ten seconds."""
    if deaths <= 1:
        return FIRST_SECONDS
    return min(LONGEST_SECONDS, float(SECOND_SECONDS * 2 ** min(deaths - 2, 10)))
