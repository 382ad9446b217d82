"""What becomes of a record: a value, so that nothing is swallowed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """Its effects are written."""


@dataclass(frozen=True)
class Ignored:
    """It needs nothing, and why."""

    reason: str


@dataclass(frozen=True)
class RetryLater:
    """What it needs is away, and what that is; it will be tried again, nothing after it is skipped."""

    reason: str


@dataclass(frozen=True)
class DeadLetter:
    """It cannot be handled, and why (without personal data)."""

    reason: str


Outcome = Done | Ignored | RetryLater | DeadLetter
