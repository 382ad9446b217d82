"""Waiting for conditions, never for a time."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any


async def until(condition: Callable[[], Any], *, seconds: float = 30.0) -> Any:
    """Waits until the condition gives something true and returns it. Raises AssertionError after `seconds`.

    The condition runs in the loop; a slow one should be awaitable.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        result = await value if inspect.isawaitable(value) else value
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"this did not come true within {seconds} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(0.02)
