"""Ends a process in which there is work and nothing moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import psycopg
from aiokafka.errors import KafkaError

from service_kit.consumer import first_of
from service_kit.faults import Fault, StoodStill
from service_kit.health import Health
from service_kit.projector import Projector


async def watch(
    name: str,
    *,
    lag: Callable[[], Awaitable[int]],
    progress: Callable[[], int],
    stop: asyncio.Event,
    limit_seconds: float = 60.0,
    every_seconds: float = 5.0,
    excused: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """A task for as long as the process lives. Raises StoodStill.

    `lag` counts waiting records, `progress` what was handled so far. Time during which `excused` says so (a known
    outage that is being waited out), or in which the lag cannot be asked for, does not count.
    """
    seen, since = progress(), clock()
    while not stop.is_set():
        await first_of(stop, timeout=every_seconds)
        waiting = await _unless_stopped(lag, stop)
        now = progress()
        if now != seen or waiting == 0 or excused():
            seen, since = now, clock()
        elif clock() - since >= limit_seconds:
            raise StoodStill(f"{name}: {waiting} records wait and none was handled for {limit_seconds:.0f} s")


async def watch_projector(shell: Projector, health: Health, stop: asyncio.Event) -> None:
    """Ends the process when records wait and nothing moves, unless it says itself what it waits for."""
    await watch(
        shell.name,
        lag=shell.lag,
        progress=lambda: shell.events,
        stop=stop,
        excused=lambda: not health.is_ready,
    )


async def _unless_stopped(lag: Callable[[], Awaitable[int]], stop: asyncio.Event) -> int:
    """The lag; 0 when it cannot be asked for, or at the end: a consumer that is being closed may never answer."""
    asking, stopping = asyncio.ensure_future(lag()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return await asking if asking.done() else 0
    except (Fault, KafkaError, OSError, TimeoutError, psycopg.OperationalError, psycopg.InterfaceError):
        return 0
    finally:
        asking.cancel()
        stopping.cancel()
