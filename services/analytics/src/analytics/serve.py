"""The process of the API: opens its parts, keeps them running, ends when one of them fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

import uvicorn

from analytics.api.app import build
from analytics.api.callers import Callers
from analytics.api.parts import Parts
from service_kit.clock import utc_now
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.settings import Settings
from service_kit.web.pool import Database, DatabaseAway

log = logging.getLogger(__name__)
PORT: Final = 8083
PROBE_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 8


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Parts]:
    """The composition root. Nothing runs yet but the pool's own workers."""
    database = Database(settings.database_url, "analytics serve", size=4)
    await database.open()
    try:
        yield Parts(database, Callers(database), utc_now, Health("facts"), Metrics())
    finally:
        await database.close()


async def serve(settings: Settings, port: int = PORT) -> None:
    """Until SIGTERM or SIGINT. Raises what a background task failed with: nothing hangs silently."""
    async with opened(settings) as parts:
        config = uvicorn.Config(
            build(parts, settings.public_url),
            host="127.0.0.1",
            port=port + settings.port_offset,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            server_header=False,
            log_config=None,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            timeout_keep_alive=65,
            h11_max_incomplete_event_size=None,
            proxy_headers=False,
        )
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(parts), name="readiness")
            await uvicorn.Server(config).serve()
            watching.cancel()


async def _watch(parts: Parts) -> None:
    """Ready once there are facts to read, which the projector makes, and while the database answers."""
    while True:
        try:
            await parts.database.rows("select from analytics.days limit 1")
            parts.health.ready("facts")
        except DatabaseAway as error:
            parts.health.not_ready("facts", str(error))
        await asyncio.sleep(PROBE_SECONDS)
