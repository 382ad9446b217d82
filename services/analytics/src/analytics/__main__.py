"""`python -m analytics serve | project | rebuild | replay`."""

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
def serve(port: Annotated[int, typer.Option(help="Before POSTROOM_PORT_OFFSET is added.")] = 8083) -> None:
    """Answers the reports API until SIGTERM."""
    from analytics.serve import serve as run

    _run("analytics serve", run(_settings(), port))


@cli.command()
def project() -> None:
    """Keeps the facts up to date until SIGTERM."""
    from analytics.project import project as run

    _run("analytics project", run(_settings()))


@cli.command()
def rebuild() -> None:
    """Builds the facts anew beside the live ones, then switches."""
    from analytics.rebuild import rebuild as run

    _run("analytics rebuild", run(_settings()))


@cli.command()
def replay(
    begin: Annotated[str, typer.Option("--from", help="A date (midnight in --tz) or an instant with an offset.")],
    end: Annotated[str, typer.Option("--to", help="Excluded.")],
    definition: Annotated[str, typer.Option(help="By which definition: v1, v1-with-bot …")] = "v1",
    report: Annotated[list[str] | None, typer.Option(help="Only this report; may be given again.")] = None,
    group_by: Annotated[str | None, typer.Option(help="As in the API: agent, day, agent,day …")] = None,
    tz: Annotated[str, typer.Option(help="An IANA time zone.")] = "UTC",
    out: Annotated[
        Path | None, typer.Option(help="A folder for one CSV a report; else all go to standard output.")
    ] = None,
) -> None:
    """Recomputes reports from the log alone; nothing that runs is changed."""
    from analytics.replay import Replayed, ReplayRefused
    from analytics.replay import replay as run

    settings = _settings()
    try:
        wanted = Replayed.asked(begin, end, definition, tuple(report or ()), group_by, tz, out)
        _run("analytics replay", run(settings, wanted))
    except ReplayRefused as error:
        _end(f"replay: {error}")


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
