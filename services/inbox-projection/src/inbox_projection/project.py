"""The process that keeps the views up to date: projector, housekeeping, health."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from functools import partial
from typing import Any, Final

import psycopg

from inbox_projection import projector
from inbox_projection.projector import Views
from inbox_projection.rebuild import rebuild_beside
from inbox_projection.tables import retention, schema
from service_kit import lifecycle, watchdog
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
PACE: Final = 0.010
COUNTING_PACE: Final = 1.0
COUNTED_AT_ONCE: Final = 5_000
"""Seconds from one batch to the next at least; records of a batch at most."""


def build(settings: Settings, *, health: Health | None = None, metrics: Metrics | None = None) -> list[Projector]:
    """The live projectors over the schema `inbox`, which must exist (`prepare`): of events, and of what came in.

    What came in is only counted. It has a projector of its own, once a second, so that no mail costs two transactions.
    """
    views = Views()

    def shell(name: str, topics: Collection[str], pace: float, **more: Any) -> Projector:
        return Projector(
            name=name,
            instance=str(settings.instance),
            bootstrap=settings.kafka_bootstrap_servers,
            dsn=settings.database_url,
            schema=schema.LIVE,
            topics=topics,
            apply=views.apply,
            dead_letters=DeadLetters(settings.kafka_bootstrap_servers, projector.NAME),
            durable=False,
            pace=pace,
            health=health,
            metrics=metrics,
            cuts=settings.store_cuts,
            **more,
        )

    return [
        shell(
            projector.NAME,
            projector.TOPICS,
            PACE,
            skipped=views.skipped,
            keys=Keyring(settings.secret_key),
            notify_channel=projector.NOTIFY_CHANNEL,
        ),
        shell(
            projector.COUNTS,
            projector.COUNTED_TOPICS,
            COUNTING_PACE,
            header_topics=projector.COUNTED_TOPICS,
            max_records=COUNTED_AT_ONCE,
        ),
    ]


def prepare(settings: Settings) -> bool:
    """Makes the schema where it is absent; False when it must be rebuilt: it is there in another version, or shows what
    POSTROOM_STORE_CUTS cuts off.

    The keyring is the router's to make: no sealed event is on the log before it is there.
    """
    with connect(settings.database_url, "prepare views") as connection:
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", (schema.FEED_LOCK,))
            schema.create(connection)
        return schema.version_of(connection) == schema.VIEW_VERSION and not schema.shows_cut(
            connection, settings.store_cuts
        )


async def project(settings: Settings) -> None:
    """Runs until SIGTERM. Raises SystemExit with the code of service_kit.lifecycle when a part failed."""
    health, metrics = Health(projector.NAME, projector.COUNTS), Metrics()
    async with serving(settings.metrics_port, health, metrics):
        if not await asyncio.to_thread(prepare, settings):
            log.info("the views of before can't go on and are rebuilt", extra={"version": schema.VIEW_VERSION})
            await rebuild_beside(settings)
        shells = build(settings, health=health, metrics=metrics)
        await asyncio.to_thread(shells[0].create)
        lifecycle.calm_the_collector(lifecycle.YOUNG_IN_BATCHES)
        code = await lifecycle.run(
            {
                "housekeeping": partial(_keep_house, settings),
                **{shell.name: shell.run for shell in shells},
                **{f"watchdog of {shell.name}": partial(watchdog.watch_projector, shell, health) for shell in shells},
            }
        )
    lifecycle.leave_undrained(code)
    if code:
        raise SystemExit(code)


async def _keep_house(settings: Settings, stop: asyncio.Event) -> None:
    """Prunes what is kept for a time only; a database that is away is waited for."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(retention.prune, settings.database_url)
        except psycopg.OperationalError as error:
            log.warning("housekeeping waits", extra={"reason": str(error)})
        await first_of(stop, timeout=HOUSEKEEPING_SECONDS)
