"""The time, as an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present instant, UTC-aware."""


def utc_now() -> datetime:
    return datetime.now(UTC)
