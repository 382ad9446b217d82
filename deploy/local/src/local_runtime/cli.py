"""The commands behind `make run`, `make up`, `make down`, `make status` and `make clean`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from local_runtime.assembly import assemble, environment_of
from local_runtime.background import start_in_background, stop_running
from local_runtime.configuration import Configuration
from local_runtime.console import complain, say, status_table, welcome
from local_runtime.demo.seeding import seed_workspace
from local_runtime.errors import RuntimeFault
from local_runtime.jars import cache_folder, locked_jars
from local_runtime.lock import relock
from local_runtime.overview import overview
from local_runtime.state import State
from service_kit.settings import SettingsError

app = typer.Typer(
    help="Kafka, PostgreSQL and every service of Postroom on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

NOT_RUNNING = 3


@app.command()
def run(background: bool = typer.Option(False, hidden=True)) -> None:
    """Start everything in the foreground; Ctrl-C stops all of it."""
    with _faults_as_one_line():
        configuration, state = _prepared()
        with state.held():
            state.first_credentials(configuration.administrator)
            if not configuration.kafka:
                locked_jars(cache_folder(), progress=say)
            supervisor = assemble(configuration, state, say)
            if not background:
                supervisor.on_ready = lambda: welcome(
                    configuration, state.first_credentials(configuration.administrator)
                )
            supervisor.obey_signals()
            supervisor.run()
        say("Everything has stopped")


@app.command()
def up() -> None:
    """Start everything in the background; returns when every process is ready."""
    with _faults_as_one_line():
        configuration, state = _prepared()
        start_in_background(state, say)
        welcome(configuration, state.first_credentials(configuration.administrator))


@app.command()
def down() -> None:
    """Stop what `up` or `run` started."""
    with _faults_as_one_line():
        state = State(_configuration().var)
        say("Everything has stopped" if stop_running(state) else f"Nothing runs on {state.var}")


@app.command()
def status() -> None:
    """Show every process; 0 when all are ready, 3 when nothing runs."""
    with _faults_as_one_line():
        state = State(_configuration().var)
        if not state.is_held:
            say(f"Nothing runs on {state.var}")
            raise typer.Exit(NOT_RUNNING)
        rows, all_ready = overview(state)
        status_table(state.read_ports(), rows)
        raise typer.Exit(0 if all_ready else 1)


@app.command()
def clean() -> None:
    """Stop everything and remove its state."""
    with _faults_as_one_line():
        state = State(_configuration().var)
        stop_running(state)
        state.remove()
        say(f"Removed the state in {state.var}")


@app.command()
def topics() -> None:
    """Create missing topics on the running (or given) Kafka."""
    with _faults_as_one_line():
        raise typer.Exit(_within_settings([sys.executable, "-m", "service_kit.topics", "apply"]))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def within(context: typer.Context) -> None:
    """Run a program with the settings of the service whose module it is: `within -- python -m router offsets show`;
    any other program gets the database's superuser."""
    with _faults_as_one_line():
        raise typer.Exit(_within_settings(context.args))


@app.command()
def lock() -> None:
    """Write jgo.lock.toml anew."""
    with _faults_as_one_line():
        say(f"Locked {relock()} jars")


@app.command(hidden=True)
def seed() -> None:
    """Fill a new workspace; the supervisor runs it at every start."""
    with _faults_as_one_line():
        configuration, state = _prepared()
        seed_workspace(configuration, state)


def _configuration() -> Configuration:
    return Configuration.from_environment(os.environ)


def _prepared() -> tuple[Configuration, State]:
    configuration = _configuration()
    state = State(configuration.var)
    state.prepare()
    return configuration, state


def _within_settings(arguments: list[str]) -> int:
    configuration, state = _prepared()
    environment = {**os.environ, **environment_of(configuration, state, arguments)}
    return subprocess.run(arguments, env=environment, check=False).returncode


@contextmanager
def _faults_as_one_line() -> Iterator[None]:
    try:
        yield
    except (RuntimeFault, SettingsError) as fault:
        complain(str(fault))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
