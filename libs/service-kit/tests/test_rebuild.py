"""A view rebuilt beside the live one is equal to it, and is switched in under a living projector (promise 6)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected

from service_kit.database import Cursor, connect
from service_kit.dead_letters import DeadLetters
from service_kit.ids import new_id
from service_kit.offsets import Offsets
from service_kit.projector import Projector
from service_kit.rebuild import Rebuild
from service_kit.testing import View, an_event, create_topics, headed, put, until

pytestmark = pytest.mark.real


def renamed(cursor: Cursor) -> None:
    cursor.execute(b"ALTER SCHEMA inbox RENAME TO inbox_old")
    cursor.execute(b"ALTER SCHEMA inbox_next RENAME TO inbox")


async def test_a_rebuilt_view_equals_the_live_one_and_is_switched_in_while_events_come(
    kafka: Any, fresh_database: str, suffix: str
) -> None:
    bootstrap, topic, group = kafka.bootstrap_servers, f"rebuild-{suffix}", f"test.rebuild-{suffix}"
    await create_topics(bootstrap, {topic: 2, f"dead-letters.{group}.v1": 1})
    live, beside = View("inbox"), View("inbox_next")
    live.create(fresh_database)
    streams = [new_id() for _ in range(20)]

    async def more(sequence: int) -> None:
        events = [headed(an_event(stream, sequence), sequence * 100 + 2 * n) for n, stream in enumerate(streams)]
        spoilt = (headed(an_event(new_id(), 1), sequence * 100 + 19)[0], b"{")
        await put(bootstrap, topic, *events[:10], *([spoilt] if sequence == 2 else []), *events[10:])

    projector = Projector(
        name=group,
        instance="0",
        bootstrap=bootstrap,
        dsn=fresh_database,
        schema="inbox",
        topics=[topic],
        apply=live.apply,
        skipped=live.skipped,
        dead_letters=DeadLetters(bootstrap, group),
        max_records=50,
    )
    projector.create()
    stop = asyncio.Event()
    running = asyncio.create_task(projector.run(stop))
    for sequence in (1, 2, 3):
        await more(sequence)

    def shown(count: int) -> bool:
        if running.done():
            running.result()
        return len(live.rows(fresh_database)) == count

    await until(lambda: shown(61))
    rebuild = Rebuild(
        name=group,
        bootstrap=bootstrap,
        dsn=fresh_database,
        schema="inbox_next",
        topics=[topic],
        apply=beside.apply,
        skipped=beside.skipped,
        prepare=beside.prepare,
        max_records=7,
    )
    async with rebuild:
        report = await rebuild.run()
        assert (report.events, report.dead) == (60, 1)
        assert beside.rows(fresh_database) == live.rows(fresh_database)
        await more(4)
        await rebuild.switch("inbox", renamed)
    await more(5)
    await until(lambda: shown(101))
    stop.set()
    await running
    old = View("inbox_old").rows(fresh_database)
    assert live.rows(fresh_database)[: len(old)] != []
    assert set(old) <= set(live.rows(fresh_database))


async def test_what_lies_behind_the_cut_of_a_restored_store_is_left_out_of_a_rebuild(
    kafka: Any, fresh_database: str, suffix: str
) -> None:
    bootstrap, topic = kafka.bootstrap_servers, f"cut-{suffix}"
    await create_topics(bootstrap, {topic: 1})
    stream = new_id()
    old = [headed(an_event(stream, n), n) for n in range(1, 5)]
    new = [headed(an_event(stream, n), n, "main/2") for n in range(3, 6)]
    await put(bootstrap, topic, *old, *new)
    view = View("inbox_next")
    rebuild = Rebuild(
        name=f"cut-{suffix}",
        bootstrap=bootstrap,
        dsn=fresh_database,
        schema="inbox_next",
        topics=[topic],
        apply=view.apply,
        prepare=view.prepare,
        cuts={"main/1": 2},
    )
    async with rebuild:
        await rebuild.run()
    assert [(sequence, position) for _, sequence, position in view.rows(fresh_database)] == [
        (n, n) for n in range(1, 6)
    ]


async def test_shares_built_by_others_make_the_same_view_and_a_lost_one_fails_the_rebuild(
    kafka: Any, fresh_database: str, suffix: str
) -> None:
    bootstrap, topic = kafka.bootstrap_servers, f"shares-{suffix}"
    await create_topics(bootstrap, {topic: 3})
    events = [headed(an_event(new_id(), 1), n) for n in range(1, 31)]
    spoilt = (headed(an_event(new_id(), 1), 31)[0], b"{")
    for partition in range(3):
        await put(bootstrap, topic, *events[partition::3], *([spoilt] if partition == 2 else []), partition=partition)
    view, helped = View("inbox_next"), list[int]()

    def rebuild() -> Rebuild:
        return Rebuild(
            name=f"shares-{suffix}",
            bootstrap=bootstrap,
            dsn=fresh_database,
            schema="inbox_next",
            topics=[topic],
            apply=view.apply,
            skipped=view.skipped,
            prepare=view.prepare,
            max_records=4,
        )

    async def helper(number: int, shares: int) -> tuple[int, int]:
        async with rebuild() as other:
            done = await other.build_share(number, shares)
        helped.append(done[0])
        return done

    async def lost(number: int, shares: int) -> tuple[int, int]:
        raise OSError("killed")

    async with rebuild() as alone:
        assert (await alone.run()).events == 30
    expected = view.rows(fresh_database)
    async with rebuild() as first:
        report = await first.run(helper, 3)
    assert (report.events, report.dead) == (30, 1)
    assert len(helped) == 2
    assert sum(helped) < 30
    assert view.rows(fresh_database) == expected
    async with rebuild() as deserted:
        with pytest.raises(OSError, match="killed"):
            await deserted.run(lost, 2)


async def test_a_switch_that_loses_a_deadlock_is_tried_again_and_given_up_in_the_end(
    kafka: Any, fresh_database: str, suffix: str
) -> None:
    bootstrap, topic = kafka.bootstrap_servers, f"deadlock-{suffix}"
    await create_topics(bootstrap, {topic: 1})
    await put(bootstrap, topic, headed(an_event(new_id(), 1), 1))
    live, beside, tries = View("inbox"), View("inbox_next"), list[int]()
    live.create(fresh_database)
    with connect(fresh_database, "test") as connection:
        Offsets("inbox").create(connection.cursor())

    def unlucky(cursor: Cursor) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise DeadlockDetected("deadlock detected")
        renamed(cursor)

    def hopeless(cursor: Cursor) -> None:
        raise DeadlockDetected("deadlock detected")

    async with Rebuild(
        name=f"deadlock-{suffix}",
        bootstrap=bootstrap,
        dsn=fresh_database,
        schema="inbox_next",
        topics=[topic],
        apply=beside.apply,
        prepare=beside.prepare,
    ) as rebuild:
        await rebuild.run()
        with pytest.raises(DeadlockDetected):
            await rebuild.switch("inbox", hopeless)
        assert live.rows(fresh_database) == []
        await rebuild.switch("inbox", unlucky)
    assert len(tries) == 3
    assert len(live.rows(fresh_database)) == 1
