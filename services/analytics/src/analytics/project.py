"""The process that keeps the facts up to date: projector, packing of days, health."""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial
from typing import Final

import psycopg

from analytics import projector, schema
from analytics.facts import DAY
from analytics.measures.happenings import milliseconds
from analytics.packer import pack_days
from analytics.rebuild import rebuild_beside
from analytics.store import Facts
from service_kit import lifecycle, watchdog
from service_kit.clock import utc_now
from service_kit.consumer import first_of
from service_kit.database import connect
from service_kit.dead_letters import DeadLetters
from service_kit.health import Health, serving
from service_kit.metrics import Metrics
from service_kit.projector import Projector
from service_kit.settings import Settings

log = logging.getLogger(__name__)
PACE: Final = 0.25
AT_ONCE: Final = 2_000
PACKING_SECONDS: Final = 5.0
BREATH_SECONDS: Final = 1.0
"""Between rounds with something to pack: where facts of long ago still come, their days are packed again and again."""
NICENESS: Final = 10
"""Reports come after the desk: where the processor is short, this process waits for those whom people wait for."""


def build(settings: Settings, *, health: Health | None = None, metrics: Metrics | None = None) -> Projector:
    """The live projector over the schema `analytics`, which must exist (`prepare`). It needs no keys."""
    facts = Facts(schema.LIVE)
    return Projector(
        name=projector.NAME,
        instance=str(settings.instance),
        bootstrap=settings.kafka_bootstrap_servers,
        dsn=settings.database_url,
        schema=schema.LIVE,
        topics=projector.TOPICS,
        apply=facts.apply,
        skipped=facts.skipped,
        dead_letters=DeadLetters(settings.kafka_bootstrap_servers, projector.NAME),
        durable=False,
        max_records=AT_ONCE,
        pace=PACE,
        health=health,
        metrics=metrics,
        cuts=settings.store_cuts,
    )


def prepare(settings: Settings) -> bool:
    """Makes the schema where it is absent; False when it must be rebuilt: it is there in another version, or shows what
    POSTROOM_STORE_CUTS cuts off."""
    with connect(settings.database_url, "analytics prepare") as connection:
        with connection.transaction():
            schema.create(connection)
        return schema.version_of(connection) == schema.VERSION and not schema.shows_cut(connection, settings.store_cuts)


async def project(settings: Settings) -> None:
    """Runs until SIGTERM. Raises SystemExit with the code of service_kit.lifecycle when a part failed."""
    os.nice(NICENESS)
    health, metrics = Health(projector.NAME), Metrics()
    async with serving(settings.metrics_port, health, metrics):
        if not await asyncio.to_thread(prepare, settings):
            log.info("the facts of before can't go on and are rebuilt", extra={"version": schema.VERSION})
            await rebuild_beside(settings)
        shell = build(settings, health=health, metrics=metrics)
        await asyncio.to_thread(shell.create)
        lifecycle.calm_the_collector(lifecycle.YOUNG_IN_BATCHES)
        code = await lifecycle.run(
            {
                "packing": partial(_pack, settings),
                shell.name: shell.run,
                f"watchdog of {shell.name}": partial(watchdog.watch_projector, shell, health),
            }
        )
    lifecycle.leave_undrained(code)
    if code:
        raise SystemExit(code)


async def _pack(settings: Settings, stop: asyncio.Event) -> None:
    """Packs days that are over; a database that is away is waited for, and so is a switch to rebuilt facts."""
    while not stop.is_set():
        pause = PACKING_SECONDS
        try:
            if await asyncio.to_thread(pack_some, settings.database_url):
                pause = BREATH_SECONDS
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable) as error:
            log.warning("packing waits", extra={"reason": str(error)})
        await first_of(stop, timeout=pause)


def pack_some(dsn: str) -> int:
    """Packs some days before today, in a transaction; how many."""
    with connect(dsn, "analytics pack", durable=False) as connection, connection.transaction():
        today = milliseconds(utc_now()) // DAY
        return pack_days(connection.cursor(binary=True), schema.LIVE, today)
