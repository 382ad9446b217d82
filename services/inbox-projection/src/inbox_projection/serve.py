"""The process of the API: opens its parts, keeps them running, ends when one of them fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final
from uuid import UUID

import uvicorn

from events.outcomes import CommandHandled
from inbox_projection.api.app import build
from inbox_projection.api.parts import Parts
from inbox_projection.auth.credentials import Credentials
from inbox_projection.auth.identity import Identities
from inbox_projection.auth.lockout import Lockout
from inbox_projection.auth.passwords import Passwords
from inbox_projection.auth.recovery import Recovery
from inbox_projection.auth.single_use import SingleUseTokens
from inbox_projection.bootstrap import Bootstrap, Plan
from inbox_projection.command_bus import KafkaCommands
from inbox_projection.company_links import CompanyLinks
from inbox_projection.feed import Feed
from inbox_projection.here import Here
from inbox_projection.imports import Imports
from inbox_projection.inbound_log import KafkaInboundLog
from inbox_projection.origins import Origins
from inbox_projection.pool import Database, DatabaseAway
from inbox_projection.presence import Presence
from inbox_projection.queries import bulks, dkim_keys, drafts, imports, preferences, requests
from inbox_projection.shown import Shown, ShownListener
from inbox_projection.signal_bus import KafkaSignals
from inbox_projection.uploads import Uploads
from service_kit import database as sync_database
from service_kit import oauth
from service_kit.blobs import Blobs, BlobStoreUnavailable
from service_kit.clock import utc_now
from service_kit.hashing import KeyedHash, derive_key
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.secrets import SecretBox
from service_kit.settings import Settings

log = logging.getLogger(__name__)
PORT: Final = 8080
SWEEP_SECONDS: Final = 600.0
DRAIN_SECONDS: Final = 8


@dataclass(frozen=True)
class Running:
    """The parts, and the tasks that keep them going."""

    parts: Parts
    tasks: dict[str, Callable[[], Coroutine[Any, Any, None]]]


def migrate(settings: Settings) -> None:
    """Brings `auth` and `inbox_projection` up to date. The views are the projector's."""
    sync_database.migrate(settings.database_url, "auth", "inbox_projection.auth.migrations")
    sync_database.migrate(settings.database_url, "inbox_projection", "inbox_projection.migrations")


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Running]:
    """The composition root. Nothing runs yet but the pool's own workers."""
    database = Database(settings.database_url)
    await database.open()
    passwords, shown = Passwords(), Shown()
    listener = ShownListener(settings.database_url, shown)

    async def find_outcome(command_id: UUID) -> CommandHandled | None:
        try:
            return await requests.outcome(database, command_id)
        except DatabaseAway:
            return None

    bus = KafkaCommands(settings.kafka_bootstrap_servers, shown, find_outcome)
    blobs = Blobs(settings.blob_url)
    feed, uploads = Feed(database, listener), Uploads(database, blobs)
    listener.hear(drafts.CHANNEL, feed.tell_draft)
    listener.hear(preferences.CHANNEL, feed.tell_preferences)
    signals = KafkaSignals(settings.kafka_bootstrap_servers, settings.workspace_id)
    here = Here(signals.publish, feed.tell)
    keyed = KeyedHash(derive_key(settings.secret_key, "address-hash"))
    lockout = Lockout(database, keyed)
    recovery = Recovery(
        database=database,
        tokens=SingleUseTokens(database, derive_key(settings.secret_key, "single-use-tokens")),
        passwords=passwords,
        allowed=Lockout(database, keyed, "password reset"),
        secrets=SecretBox(settings.secret_key),
        commands=bus,
        workspace_id=settings.workspace_id,
        clock=utc_now,
    )
    health = Health("database", "bus")
    parts = Parts(
        workspace_id=settings.workspace_id,
        public_url=settings.public_url,
        reports_url=settings.reports_url,
        reply_token_key=derive_key(settings.secret_key, "reply-token"),
        company_name=settings.company_name,
        secrets=SecretBox(settings.secret_key),
        database=database,
        identities=Identities(database),
        credentials=Credentials(database, passwords, lockout),
        recovery=recovery,
        origins=Origins(database),
        presence=Presence(database, bus, settings.workspace_id, utc_now),
        here=here,
        commands=bus,
        inbound=KafkaInboundLog(settings.kafka_bootstrap_servers),
        blobs=blobs,
        uploads=uploads,
        feed=feed,
        clock=utc_now,
        health=health,
        metrics=Metrics(),
        limits=settings.limits,
        providers=oauth.providers(os.environ),
    )
    tasks: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "listener": listener.run,
        "outcomes": bus.run,
        "feed": feed.run,
        "sweeper": lambda: _sweep(parts, lockout),
        "bulks": parts.bulks.run,
        "imports": Imports(database, bus, settings.workspace_id, utc_now).run,
        "company links": CompanyLinks(database, bus, settings.workspace_id, utc_now).run,
        "presence": parts.presence.run,
        "signals": lambda: signals.run(here.heard),
        "here": here.run,
        "readiness": lambda: _watch(health, listener.listening, bus.ready),
    }
    try:
        yield Running(parts, tasks)
    finally:
        await signals.close()
        await bus.close()
        await database.close()
        passwords.close()


async def serve(settings: Settings, port: int) -> None:
    """Until SIGTERM or SIGINT. Raises what a background task failed with: nothing hangs silently."""
    await asyncio.to_thread(migrate, settings)
    async with opened(settings) as running:
        config = uvicorn.Config(
            build(running.parts),
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
        server = _Server(config, running.parts.feed.close)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(), name=name) for name, run in running.tasks.items()]
            await server.serve()
            for task in tasks:
                task.cancel()


async def bootstrap(settings: Settings, plan: Plan, seconds: float) -> None:
    """Makes what the plan names and is missing, once. Raises BootstrapFailed."""
    await asyncio.to_thread(migrate, settings)
    async with opened(settings) as running:
        tasks = [asyncio.create_task(running.tasks[name](), name=name) for name in ("listener", "outcomes")]
        try:
            await Bootstrap(running.parts, seconds=seconds).run(plan)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Server(uvicorn.Server):
    """Ends the feeds' endless answers first, so that draining does not wait for them."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_exit()
        super().handle_exit(sig, frame)


async def _watch(health: Health, database: asyncio.Event, bus: asyncio.Event) -> None:
    while True:
        for name, event in (("database", database), ("bus", bus)):
            if event.is_set():
                health.ready(name)
            else:
                health.not_ready(name, "not connected")
        await asyncio.sleep(0.25)


async def _sweep(parts: Parts, lockout: Lockout) -> None:
    """Deletes what has had its time: unused uploads, remembered requests, failed log-ins, origins of commands."""
    while True:
        try:
            swept = await parts.uploads.sweep()
            await requests.forget_old(parts.database)
            await imports.forget_old(parts.database)
            await bulks.forget_old(parts.database)
            await dkim_keys.forget_old(parts.database)
            await drafts.sweep(parts.database)
            await lockout.forget_old()
            await parts.recovery.tokens.forget_old()
            await parts.origins.forget_old()
            if swept:
                log.info("unused uploads vanished", extra={"files": swept})
        except (DatabaseAway, BlobStoreUnavailable) as error:
            log.warning("sweeping failed and is tried again", extra={"fault": type(error).__name__})
        await asyncio.sleep(SWEEP_SECONDS)
