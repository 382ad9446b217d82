"""Builds the views anew from the log, beside the live ones, and switches when they have caught up."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE
from functools import partial
from typing import Final

from inbox_projection import projector
from inbox_projection.projector import Views
from inbox_projection.tables import schema
from service_kit.database import Cursor, connect
from service_kit.keyring import Keyring
from service_kit.lifecycle import YOUNG_IN_BATCHES, calm_the_collector
from service_kit.offsets import Offsets
from service_kit.rebuild import Rebuild, RebuildReport
from service_kit.settings import Settings

log = logging.getLogger(__name__)
BATCH: Final = 2_000
MOST_PROCESSES: Final = 4
WORK_MEM: Final = "64MB"


class ShareFailed(Exception):
    """A process that built a part of the views beside this one did not finish."""


async def rebuild(settings: Settings) -> None:
    """Rebuilds and switches; the live projector goes on meanwhile and needs no restart."""
    await rebuild_beside(settings)


async def rebuild_beside(settings: Settings) -> RebuildReport:
    """As `rebuild`, with what was read. Where there is no live schema yet, an empty one is made first.

    Raises ShareFailed, KafkaAway, KeyNotHeld, OutOfOrder and what the database does; the live views then stay as they
    were.
    """
    await asyncio.to_thread(_make_live, settings.database_url)
    async with _building(settings) as building:
        report = await building.run(partial(_in_a_process, settings), min(MOST_PROCESSES, len(os.sched_getaffinity(0))))
        await building.switch(schema.LIVE, schema.switch)
    log.info("switched to the rebuilt views", extra={"events": report.events, "seconds": round(report.seconds, 1)})
    return report


async def rebuild_share(settings: Settings, number: int, shares: int) -> None:
    """Builds a share for the process that asked for it, and says how many records were applied and how many could not
    be. Ends when that process does, whose end closes our standard input."""
    asker = asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    async with _building(settings) as building:
        work = asyncio.create_task(building.build_share(number, shares))
        await asyncio.wait({work, asker}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            os._exit(1)
        events, dead = await work
        sys.stdout.write(f"{events} {dead}\n")
        sys.stdout.flush()
    os._exit(0)  # the thread that reads standard input would be waited for


async def _in_a_process(settings: Settings, number: int, shares: int) -> tuple[int, int]:
    """Has another process build a share. Raises ShareFailed."""
    command = (sys.executable, "-m", "inbox_projection", "rebuild-share", str(number), str(shares))
    environment = {**os.environ, **settings.environment()}
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=environment)
    try:
        assert process.stdout is not None
        said = await process.stdout.read()
        if await process.wait() != 0:
            raise ShareFailed(f"the process that built share {number} of {shares} ended: its log lines say why")
        events, dead = said.split()
        return int(events), int(dead)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _building(settings: Settings) -> Rebuild:
    calm_the_collector(YOUNG_IN_BATCHES)
    views = Views(schema.NEXT, live=False)
    return Rebuild(
        name=projector.NAME,
        bootstrap=settings.kafka_bootstrap_servers,
        dsn=settings.database_url,
        schema=schema.NEXT,
        topics=(*projector.TOPICS, *projector.COUNTED_TOPICS),
        apply=views.apply,
        skipped=views.skipped,
        header_topics=projector.COUNTED_TOPICS,
        keys=Keyring(settings.secret_key),
        prepare=prepare,
        finish=finish,
        max_records=BATCH,
        cuts=settings.store_cuts,
    )


def prepare(cursor: Cursor) -> None:
    """An empty schema beside the live one, without secondary indexes."""
    schema.drop(cursor)
    schema.create_tables(cursor, schema.NEXT)


def finish(cursor: Cursor) -> None:
    """Secondary indexes and statistics."""
    cursor.execute("set local maintenance_work_mem = '256MB'")
    schema.create_indexes(cursor, schema.NEXT)
    schema.analyze(cursor, schema.NEXT)


def _make_live(dsn: str) -> None:
    with connect(dsn, "prepare rebuild") as connection, connection.transaction():
        schema.create(connection)
        Offsets(schema.LIVE).create(connection.cursor())
