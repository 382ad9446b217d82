"""Tasks that live and end together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


async def together(stop: asyncio.Event, *works: Callable[[], Any], drain_seconds: float) -> None:
    """Runs all until `stop`; the first that fails, or ends before, stops the others and is raised when they have ended.

    They have `drain_seconds` to finish what they hold; what has not ended then is cancelled.
    """
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if not stop.is_set():
            raise RuntimeError("a task of the intake ended by itself")
    finally:
        stop.set()
        try:
            await asyncio.wait(tasks, timeout=drain_seconds)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def unless(stop: asyncio.Event, work: Callable[[], Any]) -> None:
    """Runs work that may be cut off anywhere, until it ends or `stop`. Raises what it raises."""
    working, stopping = asyncio.ensure_future(work()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
