"""`python -m inbox_projection serve | project | index | rebuild | bootstrap`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import uvloop

from service_kit import logs
from service_kit.settings import Settings, SettingsError

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


@cli.command()
def serve(port: Annotated[int, typer.Option(help="Before POSTROOM_PORT_OFFSET is added.")] = 8080) -> None:
    """Answers the agents' API until SIGTERM."""
    from inbox_projection.serve import serve as run

    _run("inbox-projection serve", run(_settings(), port))


@cli.command()
def project() -> None:
    """Keeps the views up to date until SIGTERM."""
    from inbox_projection.project import project as run

    _run("inbox-projection project", run(_settings()))


@cli.command()
def index() -> None:
    """Follows the views with the index of the search until SIGTERM."""
    from inbox_projection.search_follow import index as run

    _run("inbox-projection index", run(_settings()))


@cli.command()
def rebuild() -> None:
    """Builds the views anew beside the live ones, then switches; with a process for each processor."""
    from inbox_projection.rebuild import rebuild as run

    _run("inbox-projection rebuild", run(_settings()))


@cli.command(hidden=True)
def rebuild_share(number: int, shares: int) -> None:
    """What `rebuild` starts beside itself: a share of the partitions, into the tables that it has made."""
    from inbox_projection.rebuild import rebuild_share as run

    _run("inbox-projection rebuild", run(_settings(), number, shares))


@cli.command()
def bootstrap(
    file: Annotated[Path, typer.Option(help="JSON: administrator, agents, teams, inboxes.")],
    seconds: Annotated[float, typer.Option(help="How long to wait for router and projector.")] = 60.0,
) -> None:
    """Makes the first administrator and whatever else the file names, where missing."""
    from inbox_projection.bootstrap import BootstrapFailed, read_plan
    from inbox_projection.serve import bootstrap as run

    settings = _settings()
    try:
        _run("inbox-projection bootstrap", run(settings, read_plan(file), seconds))
    except BootstrapFailed as error:
        _end(f"bootstrap: {error}")


def _settings() -> Settings:
    try:
        return Settings.from_environment(os.environ)
    except SettingsError as error:
        _end(f"settings: {error}")


def _run(process: str, main: Coroutine[Any, Any, None]) -> None:
    logs.configure(process)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def _end(line: str) -> NoReturn:
    sys.stderr.write(line + "\n")
    raise SystemExit(1)


if __name__ == "__main__":
    cli()
