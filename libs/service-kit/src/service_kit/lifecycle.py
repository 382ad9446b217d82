"""The life of a process: its tasks, the signal to end, and draining within ten seconds."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import uvloop

log = logging.getLogger(__name__)
DRAIN_SECONDS = 10.0
FAILED, UNDRAINED = 1, 3

Task = Callable[[asyncio.Event], Awaitable[None]]


async def run(
    tasks: Mapping[str, Task], *, drain_seconds: float = DRAIN_SECONDS, stop: asyncio.Event | None = None
) -> int:
    """Runs the tasks until SIGTERM or SIGINT, or until one of them ends or fails, which ends all; the exit code.

    At the end `stop` is set and the tasks have `drain_seconds` to finish what they hold; the rest is cancelled. A
    second signal ends the waiting. Codes: 0 asked to end, 1 a task failed, 3 not drained in time.
    """
    stopping = stop or asyncio.Event()
    impatient = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked(number: int) -> None:
        log.info("ending", extra={"signal": signal.Signals(number).name})
        (impatient if stopping.is_set() else stopping).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked, number)
    try:
        return await _run(tasks, stopping, impatient, drain_seconds)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _run(
    tasks: Mapping[str, Task], stopping: asyncio.Event, impatient: asyncio.Event, drain_seconds: float
) -> int:
    running: dict[asyncio.Future[Any], str] = {
        asyncio.ensure_future(task(stopping)): name for name, task in tasks.items()
    }
    waiter: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    done, _ = await asyncio.wait({*running, waiter}, return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    code = 0
    if not stopping.is_set():
        code = FAILED
        for task in done & running.keys():
            if task.cancelled() or task.exception() is None:
                log.error("a task ended by itself", extra={"task": running[task]})
    stopping.set()
    hurried = asyncio.ensure_future(impatient.wait())
    waiting: set[asyncio.Future[Any]] = set(running)
    deadline = asyncio.get_running_loop().time() + drain_seconds
    while waiting and not impatient.is_set() and (left := deadline - asyncio.get_running_loop().time()) > 0:
        await asyncio.wait({*waiting, hurried}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        waiting = {task for task in waiting if not task.done()}
    hurried.cancel()
    for task in waiting:
        log.error("not drained in time", extra={"task": running[task]})
        task.cancel()
        code = UNDRAINED
    if waiting:
        await asyncio.wait(waiting, timeout=1.0)
    for task, name in running.items():
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task failed", extra={"task": name, "reason": str(error)}, exc_info=error)
            code = code or FAILED
    return code


def main(make: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Runs a process's main coroutine on uvloop and returns its exit code. Call it when all imports are done."""

    async def life() -> int:
        code = await make()
        leave_undrained(code)
        return code

    calm_the_collector()
    return uvloop.run(life())


def leave_undrained(code: int) -> None:
    """Ends the process at once where not all was drained in time: what was not may hang in a thread."""
    if code == UNDRAINED:
        logging.shutdown()
        os._exit(code)


def calm_the_collector(young: int = 50_000) -> None:
    """From here on, Python looks for cycles only after `young` new objects, and never among those that are there now.

    Batches are many small objects without cycles: with the defaults, looking for cycles among them costs as much as
    projecting them (measured: 64 against 124 microseconds an event).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, 20, 50)


YOUNG_IN_BATCHES = 500_000
"""More objects than a batch has: for processes that call `after_batch`."""


LEFT_BEHIND = 50_000
"""So many objects are looked through in some 5 ms."""


def after_batch() -> None:
    """Looks for cycles among the objects that outlived the last batches once they are many, and never again among them.

    Without it what batches leave behind is looked through all at once now and then: a stall of 700 ms was measured.
    Looking after every batch goes through what waits for the next ones each time: a fifth of the projector's work.
    """
    if gc.get_count()[0] >= LEFT_BEHIND:
        gc.collect(0)
        gc.freeze()
