"""`python -m router`: run, relay, offsets, lookups, import."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import psycopg
import typer
import uvloop

from router import offsets_command
from router.composition import Parts, build, install, installed
from router.errors import RouterError
from router.importing import import_history
from router.observation import PART, Observation
from router.offsets_command import Standing
from router.rebuild import rebuild
from router.terms import active_or_standby
from router.timers import Timers
from service_kit import faults, health, lifecycle, logs
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.producer import Publisher
from service_kit.relay import Relay
from service_kit.settings import Settings, SettingsError

app = typer.Typer(help="The write side of Postroom.", no_args_is_help=True, add_completion=False)
offsets_app = typer.Typer(help="Where intake stands in the log.", no_args_is_help=True)
lookups_app = typer.Typer(help="The rows that routing needs.", no_args_is_help=True)
app.add_typer(offsets_app, name="offsets")
app.add_typer(lookups_app, name="lookups")


@app.command()
def run() -> None:
    """Handle mails, reports and commands; waits as a standby while another router is active."""
    settings = _settings()
    logs.configure("router")
    raise typer.Exit(uvloop.run(_run(settings)))


@app.command()
def relay(
    new_epoch: Annotated[
        bool, typer.Option(envvar="ROUTER_NEW_EPOCH", help="Publish although the log is ahead of a restored store.")
    ] = False,
) -> None:
    """Publish the event store's log to Kafka, and due timers as commands."""
    settings = _settings()
    logs.configure("relay")
    raise typer.Exit(uvloop.run(_relay(settings, new_epoch)))


@offsets_app.command("show")
def show_offsets() -> None:
    """Stored offsets beside the log's; exit code 1 when they do not fit."""
    settings = _settings()
    found = _do(offsets_command.standings(settings.kafka_bootstrap_servers, settings.database_url))
    for one in found:
        typer.echo(_line(one))
    raise typer.Exit(1 if any(one.misfit for one in found) else 0)


@offsets_app.command("accept")
def accept_offsets() -> None:
    """Go on from where the log begins, for each partition whose stored offset does not fit. Stop the router first."""
    settings = _settings()
    changed = _do(offsets_command.accept(settings.kafka_bootstrap_servers, settings.database_url))
    for one in changed:
        typer.echo(f"{one.topic}/{one.partition}: {one.stored} → {one.start}")
    typer.echo(f"{len(changed)} offsets changed")


@lookups_app.command("rebuild")
def rebuild_lookups() -> None:
    """Make the look-up rows anew from the events; a running router waits meanwhile."""
    _offline(lambda parts: rebuild(parts, _progress), "applied")


@app.command("import")
def import_file(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines")]) -> None:
    """Append a history of events in the clear, all or nothing; refused when it was imported before."""
    _offline(lambda parts: import_history(parts, file, _progress), "imported")


async def _run(settings: Settings) -> int:
    metrics, readiness = Metrics(), Health(PART)
    observation = Observation(metrics, readiness)
    async with health.serving(settings.metrics_port, readiness, metrics):
        return await lifecycle.run({"router": partial(active_or_standby, settings, observation)})


async def _relay(settings: Settings, new_epoch: bool) -> int:
    metrics, readiness = Metrics(), Health("relay")
    stopped = asyncio.Event()
    await installed(settings.database_url, stopped)
    forwarding = Relay(
        settings.kafka_bootstrap_servers,
        settings.database_url,
        new_epoch=new_epoch,
        health=readiness,
        metrics=metrics,
    )
    timers = Timers(
        dsn=settings.database_url,
        publisher=Publisher(settings.kafka_bootstrap_servers),
        workspace_id=settings.workspace_id,
        leading=forwarding.leading,
    )
    async with health.serving(settings.metrics_port, readiness, metrics):
        return await lifecycle.run({"relay": forwarding.run, "timers": timers.run})


def _settings() -> Settings:
    try:
        return Settings.from_environment(os.environ)
    except SettingsError as error:
        _fail(str(error))


def _offline(work: Callable[[Parts], int], verb: str) -> None:
    settings = _settings()
    logs.configure("router", "WARNING")
    try:
        install(settings.database_url)
        parts = build(settings, _NoBlobs())
        try:
            count = work(parts)
        finally:
            parts.store.close()
    except (RouterError, psycopg.Error, faults.Fault) as error:
        _fail(str(error))
    typer.echo(f"\r{count} events {verb}")


class _NoBlobs:
    """Offline commands touch no blobs."""

    def put(self, name: str, content: bytes) -> None:
        raise AssertionError(f"an offline command wrote the blob {name}")

    def get(self, name: str) -> bytes:
        raise AssertionError(f"an offline command read the blob {name}")


def _do(work: Awaitable[list[Standing]]) -> list[Standing]:
    async def awaited() -> list[Standing]:
        return await work

    try:
        return asyncio.run(awaited())
    except (RouterError, psycopg.Error, faults.Fault) as error:
        _fail(str(error))


def _line(one: Standing) -> str:
    fit = one.misfit or "fits"
    return f"{one.topic}/{one.partition}  next {one.stored}  log {one.start}…{one.end}  waiting {one.waiting}  {fit}"


def _progress(events: int) -> None:
    with suppress(OSError):
        sys.stderr.write(f"\r{events} events")
        sys.stderr.flush()


def _fail(message: str) -> NoReturn:
    typer.echo(f"router: {message}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
