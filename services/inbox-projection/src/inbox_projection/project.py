"""The process that keeps the views up to date: projector, housekeeping, health."""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial
from typing import Final

import psycopg

from inbox_projection import projector
from inbox_projection.projector import Views
from inbox_projection.rebuild import rebuild_beside
from inbox_projection.tables import retention, schema
from service_kit import keyring, lifecycle, watchdog
from service_kit.consumer import first_of
from service_kit.database import connect
from service_kit.dead_letters import DeadLetters
from service_kit.health import Health, serving
from service_kit.keyring import Keyring
from service_kit.metrics import Metrics
from service_kit.projector import Projector
from service_kit.settings import Settings

log = logging.getLogger(__name__)
HOUSEKEEPING_SECONDS: Final = 600.0


def build(settings: Settings, *, health: Health | None = None, metrics: Metrics | None = None) -> Projector:
    """The live projector over the schema `inbox`, which must exist (`prepare`)."""
    views = Views()
    return Projector(
        name=projector.NAME,
        instance=str(settings.instance),
        bootstrap=settings.kafka_bootstrap_servers,
        dsn=settings.database_url,
        schema=schema.LIVE,
        topics=projector.TOPICS,
        apply=views.apply,
        skipped=views.skipped,
        header_topics=projector.HEADER_TOPICS,
        keys=Keyring(settings.secret_key),
        dead_letters=DeadLetters(settings.kafka_bootstrap_servers, projector.NAME),
        notify_channel=projector.NOTIFY_CHANNEL,
        durable=False,
        health=health,
        metrics=metrics,
        cuts=settings.store_cuts,
    )


def prepare(settings: Settings) -> bool:
    """Makes the schema where it is absent; False when it is there in another version and must be rebuilt."""
    keyring.install(settings.database_url)
    with connect(settings.database_url, "prepare views") as connection:
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", (schema.FEED_LOCK,))
            schema.create(connection)
        return schema.version_of(connection) == schema.VIEW_VERSION


async def project(settings: Settings) -> None:
    """Runs until SIGTERM. Raises SystemExit with the code of service_kit.lifecycle when a part failed."""
    health, metrics = Health(projector.NAME), Metrics()
    async with serving(settings.metrics_port, health, metrics):
        if not await asyncio.to_thread(prepare, settings):
            log.info("the views have another version and are rebuilt", extra={"version": schema.VIEW_VERSION})
            await rebuild_beside(settings)
        shell = build(settings, health=health, metrics=metrics)
        await asyncio.to_thread(shell.create)
        lifecycle.calm_the_collector()
        code = await lifecycle.run(
            {
                "projector": shell.run,
                "housekeeping": partial(_keep_house, settings),
                "watchdog": partial(_watch, shell, health),
            }
        )
    if code == lifecycle.UNDRAINED:
        logging.shutdown()
        os._exit(code)
    if code:
        raise SystemExit(code)


async def _watch(shell: Projector, health: Health, stop: asyncio.Event) -> None:
    """Ends the process when records wait and nothing moves, unless it says itself what it waits for."""
    await watchdog.watch(
        projector.NAME,
        lag=shell.lag,
        progress=lambda: shell.events,
        stop=stop,
        excused=lambda: not health.is_ready,
    )


async def _keep_house(settings: Settings, stop: asyncio.Event) -> None:
    """Prunes what is kept for a time only; a database that is away is waited for."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(retention.prune, settings.database_url)
        except psycopg.OperationalError as error:
            log.warning("housekeeping waits", extra={"reason": str(error)})
        await first_of(stop, timeout=HOUSEKEEPING_SECONDS)
