"""`python -m ingest_email receive` and `python -m ingest_email deliver`: the two processes of e-mail."""

from __future__ import annotations

import os
import sys

import typer

from service_kit import logs
from service_kit.settings import Settings, SettingsError

app = typer.Typer(add_completion=False, no_args_is_help=True, help="E-mail in and out.")


@app.command()
def receive() -> None:
    """Takes mail by SMTP and puts it into the log."""
    from ingest_email import receive as process

    logs.configure("ingest-email receive")
    raise typer.Exit(process.main(_settings()))


@app.command()
def deliver() -> None:
    """Sends the replies of the log to the next mail server."""
    from ingest_email import deliver as process

    logs.configure("ingest-email deliver")
    raise typer.Exit(process.main(_settings()))


def _settings() -> Settings:
    return Settings.from_environment(os.environ)


def run() -> None:
    """Ends with one clear line when a setting is wrong."""
    try:
        app()
    except SettingsError as error:
        print(f"ingest-email: {error}", file=sys.stderr)  # noqa: T201 - for a person at a terminal
        sys.exit(2)


if __name__ == "__main__":
    run()
