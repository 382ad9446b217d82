"""Builds the facts anew from the log, beside the live ones, and switches when they have caught up."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from analytics import projector, schema
from analytics.packer import pack_days
from analytics.store import Facts
from service_kit.database import Cursor, connect
from service_kit.lifecycle import YOUNG_IN_BATCHES, calm_the_collector
from service_kit.offsets import Offsets
from service_kit.rebuild import Rebuild, RebuildReport
from service_kit.settings import Settings

log = logging.getLogger(__name__)
BATCH: Final = 2_000
EVERY_DAY: Final = 2**31 - 1


async def rebuild(settings: Settings) -> None:
    """Rebuilds and switches; the live projector goes on meanwhile and needs no restart."""
    await rebuild_beside(settings)


async def rebuild_beside(settings: Settings) -> RebuildReport:
    """As `rebuild`, with what was read. Where there are no live facts yet, empty tables are made first.

    Raises KafkaAway, StreamGap and what the database does; the live facts then stay as they were.
    """
    await asyncio.to_thread(_make_live, settings.database_url)
    calm_the_collector(YOUNG_IN_BATCHES)
    facts = Facts(schema.NEXT)
    building = Rebuild(
        name=projector.NAME,
        bootstrap=settings.kafka_bootstrap_servers,
        dsn=settings.database_url,
        schema=schema.NEXT,
        topics=projector.TOPICS,
        apply=facts.apply,
        skipped=facts.skipped,
        prepare=_prepare,
        finish=_finish,
        max_records=BATCH,
        cuts=settings.store_cuts,
    )
    async with building:
        report = await building.run()
        await building.switch(schema.LIVE, schema.switch)
    log.info("switched to the rebuilt facts", extra={"events": report.events, "seconds": round(report.seconds, 1)})
    return report


def _prepare(cursor: Cursor) -> None:
    """An empty schema beside the live one."""
    schema.drop(cursor)
    schema.create(cursor, schema.NEXT)


def _finish(cursor: Cursor) -> None:
    """Statistics, and all days packed, so that the first report after the switch is a quick one."""
    schema.analyze(cursor, schema.NEXT)
    binary = cursor.connection.cursor(binary=True)
    while pack_days(binary, schema.NEXT, EVERY_DAY):
        pass


def _make_live(dsn: str) -> None:
    with connect(dsn, "analytics rebuild") as connection, connection.transaction():
        schema.create(connection)
        Offsets(schema.LIVE).create(connection.cursor())
