"""Work in the background: what a step says, and a database that is away for a while."""

from __future__ import annotations

import asyncio
import logging

import pytest

from inbox_projection import steps
from inbox_projection.pool import DatabaseAway


async def test_steps_follow_each_other_and_an_absent_database_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    finished = asyncio.Event()

    async def step() -> bool:
        done.append("step")
        match len(done):
            case 1 | 2:
                return True
            case 3:
                raise DatabaseAway("no connection")
            case 5:
                finished.set()
        return False

    with caplog.at_level(logging.WARNING):
        working = asyncio.create_task(steps.taken(step, "importing", 0.001))
        await asyncio.wait_for(finished.wait(), 10)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert [record.message for record in caplog.records] == ["importing waits for the database"]


async def test_what_else_a_step_raises_ends_the_work() -> None:
    async def broken() -> bool:
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        await steps.taken(broken, "importing", 0.001)
