"""A process ends when asked, within ten seconds, and when one of its tasks ends."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from local_runtime.children import Child
from service_kit import lifecycle
from service_kit.database import connect
from service_kit.faults import StoodStill
from service_kit.ids import new_id
from service_kit.testing import View, an_event, create_topics, headed, put, until
from service_kit.watchdog import watch


class Knot:
    """Holds itself: only the collector can free it."""

    def __init__(self, freed: list[str]) -> None:
        self.itself = self
        self._freed = freed

    def __del__(self) -> None:
        self._freed.append("freed")


def test_cycles_of_batches_are_freed_once_much_is_left_behind_and_what_outlives_it_is_left_alone() -> None:
    freed: list[str] = []
    gc.disable()
    try:
        gc.collect()
        Knot(freed)
        lifecycle.after_batch()
        assert freed == []
        kept: list[list[int]] = [[] for _ in range(lifecycle.LEFT_BEHIND)]
        lifecycle.after_batch()
        assert freed == ["freed"]
        assert gc.get_freeze_count() > len(kept)
    finally:
        gc.unfreeze()
        gc.enable()


async def patient(stop: asyncio.Event) -> None:
    await stop.wait()


async def failing(stop: asyncio.Event) -> None:
    raise ValueError("broken")


async def ending(stop: asyncio.Event) -> None:
    return None


async def hanging(stop: asyncio.Event) -> None:
    await asyncio.Event().wait()


async def stopping(stop: asyncio.Event) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()


async def test_all_tasks_end_when_the_process_is_asked_to() -> None:
    assert await lifecycle.run({"a": patient, "b": stopping}) == 0


@pytest.mark.parametrize("task", [failing, ending])
async def test_one_task_that_fails_or_ends_ends_the_process_with_a_code(task: Any) -> None:
    assert await lifecycle.run({"a": patient, "b": task}) == lifecycle.FAILED


async def test_a_task_that_does_not_drain_is_cancelled_in_time() -> None:
    began = time.monotonic()
    assert await lifecycle.run({"a": hanging, "b": stopping}, drain_seconds=0.2) == lifecycle.UNDRAINED
    assert time.monotonic() - began < 5


async def test_a_process_in_which_nothing_moves_is_ended_by_its_watchdog() -> None:
    now = [0.0]

    async def lag() -> int:
        now[0] += 20
        return 5

    with pytest.raises(StoodStill, match="5 records wait"):
        await watch(
            "view", lag=lag, progress=lambda: 7, stop=asyncio.Event(), every_seconds=0.001, clock=lambda: now[0]
        )
    assert now[0] <= 100


async def test_a_watchdog_is_content_while_something_moves_or_nothing_waits() -> None:
    stop, asked = asyncio.Event(), [0]

    async def lag() -> int:
        asked[0] += 1
        if asked[0] == 50:
            stop.set()
        return 5 if asked[0] < 25 else 0

    await watch(
        "view",
        lag=lag,
        progress=lambda: asked[0] if asked[0] < 25 else 0,
        stop=stop,
        every_seconds=0.001,
        clock=lambda: asked[0] * 50.0,
    )
    assert asked[0] == 50


@pytest.mark.real
@pytest.mark.faults
async def test_a_projector_under_load_drains_within_ten_seconds_of_sigterm_and_loses_nothing(
    kafka: Any, fresh_database: str, suffix: str, tmp_path: Path
) -> None:
    bootstrap, topic, group = kafka.bootstrap_servers, f"drain-{suffix}", f"test.drain-{suffix}"
    await create_topics(bootstrap, {topic: 1, f"dead-letters.{group}.v1": 1})
    view = View()
    view.create(fresh_database)
    with connect(fresh_database, "test") as connection:
        connection.execute(b"DROP TABLE inbox.counts")
    stream = new_id()
    await put(bootstrap, topic, *[headed(an_event(stream, n), n) for n in range(1, 1001)])
    script = Path(__file__).with_name("projector_process.py")

    def started(number: int) -> Child:
        arguments = [sys.executable, str(script), bootstrap, fresh_database, topic, group]
        return Child.start(f"p{number}", arguments, log=tmp_path / f"{number}.log", environment=dict(os.environ))

    child = started(1)
    await until(lambda: len(view.rows(fresh_database)) > 20)
    began = time.monotonic()
    child.send(signal.SIGTERM)
    assert await asyncio.to_thread(child.wait, 15)
    assert time.monotonic() - began < 10
    assert child.exit_code == 0, (tmp_path / "1.log").read_text()
    child = started(2)
    await put(bootstrap, topic, headed(an_event(stream, 1001), 1001))  # the first may have handled all the others
    await until(lambda: len(view.rows(fresh_database)) == 1001)
    await asyncio.to_thread(child.stop)
    assert child.exit_code == 0
    assert [position for _, _, position in view.rows(fresh_database)] == list(range(1, 1002))


async def test_a_watchdog_ends_with_its_process_though_the_lag_is_never_answered() -> None:
    stop, asked = asyncio.Event(), asyncio.Event()

    async def lag() -> int:
        asked.set()
        return await asyncio.get_running_loop().create_future()  # as of a consumer that is being closed

    watching = asyncio.create_task(watch("g", lag=lag, progress=lambda: 0, stop=stop, every_seconds=0.01))
    await asked.wait()
    stop.set()
    await asyncio.wait_for(watching, 5)
