"""Builds the views anew from the log, beside the live ones, and switches when they have caught up."""

from __future__ import annotations

import asyncio
import logging
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
BATCH: Final = 4_000
WORK_MEM: Final = "64MB"


async def rebuild(settings: Settings) -> None:
    """Rebuilds and switches; the live projector goes on meanwhile and needs no restart."""
    await rebuild_beside(settings)


async def rebuild_beside(settings: Settings) -> RebuildReport:
    """As `rebuild`, with what was read. Where there is no live schema yet, an empty one is made first.

    Raises KafkaAway, KeyNotHeld, OutOfOrder and what the database does; the live views stay as they were then.
    """
    await asyncio.to_thread(_make_live, settings.database_url)
    calm_the_collector(YOUNG_IN_BATCHES)
    views = Views(schema.NEXT, live=False)
    async with Rebuild(
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
    ) as building:
        report = await building.run()
        await building.switch(schema.LIVE, schema.switch)
    log.info("switched to the rebuilt views", extra={"events": report.events, "seconds": round(report.seconds, 1)})
    return report


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
