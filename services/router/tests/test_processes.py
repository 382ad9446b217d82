"""Processes of the router, killed, frozen, and cut off from their lock: one is active, nothing is lost or twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import pytest

from events.envelope import AnyEnvelope
from local_runtime.children import Child
from local_runtime.kafka import KafkaBroker
from local_runtime.ports import free_ports
from local_runtime.postgres import PostgresServer
from router.testing import Workbench
from router.testing_live import Log, appended, end_sessions, handled_once
from service_kit import topics
from service_kit.testing import until

pytestmark = [pytest.mark.real, pytest.mark.faults]
Start = Callable[..., Child]


async def gave_up(child: Child, times: int = 1) -> None:
    """Returns when so many terms of the process have ended."""
    assert child.log is not None
    log = child.log
    await until(lambda: log.read_text().count("the router gave up its work and stands by again") >= times)


async def handled(bench: Workbench, mails: list[AnyEnvelope], seconds: float = 30.0) -> None:
    await until(lambda: appended(bench) == len(mails), seconds=seconds)


async def get(port: int, path: str) -> bytes:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return b""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer: Any = await reader.read()
    writer.close()
    return bytes(answer)


async def test_a_killed_router_is_replaced_at_once_and_nothing_is_lost_or_twice(
    bench: Workbench, log: Log, start_router: Start
) -> None:
    first, second = (start_router(bench, log, name) for name in ("first", "second"))
    mails = await log.mails(300)
    await until(lambda: appended(bench) > 0)
    first.kill()
    start_router(bench, log, "third")
    mails += await log.mails(300)
    await until(lambda: appended(bench) > 300)
    second.kill()
    mails += await log.mails(50)
    await handled(bench, mails)
    handled_once(bench, mails)


async def test_a_frozen_router_that_wakes_up_beside_its_successor_stands_by_and_writes_nothing(
    bench: Workbench, log: Log, start_router: Start
) -> None:
    frozen = start_router(bench, log, "frozen")
    mails = await log.mails(20)
    await handled(bench, mails)
    await asyncio.to_thread(frozen.send, signal.SIGSTOP)
    successor = start_router(bench, log, "successor")
    mails += await log.mails(20)
    await handled(bench, mails)
    await asyncio.to_thread(frozen.send, signal.SIGCONT)
    mails += await log.mails(20)
    await gave_up(frozen)
    await handled(bench, mails)
    successor.kill()
    mails += await log.mails(20)
    await handled(bench, mails)
    assert frozen.alive
    handled_once(bench, mails)


async def test_a_router_whose_lock_session_is_ended_stands_by_and_goes_on(
    bench: Workbench, log: Log, start_router: Start
) -> None:
    [port] = free_ports(1)
    router = start_router(bench, log, "only", port)
    mails = await log.mails(20)
    await handled(bench, mails)
    for times in (1, 2):
        assert end_sessions(bench) == 1
        await gave_up(router, times)
        mails += await log.mails(20)
        await handled(bench, mails)
    assert router.alive
    assert b"postroom_router_active 1.0" in await get(port, "/metrics")
    assert (await get(port, "/readyz")).startswith(b"HTTP/1.1 200")
    handled_once(bench, mails)
    await asyncio.to_thread(router.send, signal.SIGTERM)
    await until(lambda: not router.alive, seconds=12)
    assert router.exit_code == 0


async def test_a_router_outlives_a_restart_of_its_database_and_is_not_ready_meanwhile(
    fresh_postgres: PostgresServer, log: Log, start_router: Start
) -> None:
    bench = Workbench(fresh_postgres.create_database("restarted"))
    [port] = free_ports(1)
    router = start_router(bench, log, "only", port)
    mails = await log.mails(20)
    await handled(bench, mails)
    bench.close()

    async def not_ready() -> bool:
        return (await get(port, "/readyz")).startswith(b"HTTP/1.1 503")

    await asyncio.to_thread(fresh_postgres.stop, "immediate")
    await until(not_ready)
    assert b"postroom_router_active 0.0" in await get(port, "/metrics")
    mails += await log.mails(20)
    await asyncio.to_thread(fresh_postgres.start)
    bench = Workbench(bench.dsn)
    await handled(bench, mails)
    assert router.alive
    await gave_up(router)
    handled_once(bench, mails)
    bench.close()


async def test_a_router_outlives_a_frozen_and_a_killed_kafka(
    bench: Workbench, fresh_kafka: KafkaBroker, start_router: Start
) -> None:
    await topics.apply(fresh_kafka.bootstrap_servers)
    log = Log(fresh_kafka.bootstrap_servers)
    router = start_router(bench, log, "only")
    mails = await log.mails(20)
    await handled(bench, mails)
    await asyncio.to_thread(fresh_kafka.freeze)
    end_sessions(bench)
    await gave_up(router)
    await asyncio.to_thread(fresh_kafka.thaw)
    mails += await log.mails(20)
    await handled(bench, mails, 60)
    await asyncio.to_thread(fresh_kafka.kill)
    await asyncio.to_thread(fresh_kafka.start)
    mails += await log.mails(20)
    await handled(bench, mails, 60)
    assert router.alive
    handled_once(bench, mails)
    await log.publisher.stop()


async def test_the_process_says_when_it_is_ready_and_drains_on_sigterm(
    bench: Workbench, log: Log, start_router: Start
) -> None:
    [port] = free_ports(1)
    child = start_router(bench, log, "only", port)

    async def ready() -> bool:
        return (await get(port, "/readyz")).startswith(b"HTTP/1.1 200")

    await until(ready)
    assert b"postroom_router_active 1.0" in await get(port, "/metrics")
    await log.mails(50)
    await asyncio.to_thread(child.send, signal.SIGTERM)
    await until(lambda: not child.alive, seconds=12)
    assert child.exit_code == 0, child.log and child.log.read_text()
