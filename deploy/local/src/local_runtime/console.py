"""What a person sees on the terminal."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.table import Table

from local_runtime.configuration import SMTP_PORT, Configuration

COMPLAINT = "postroom: "

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)


def say(line: str) -> None:
    """One line of progress, with the time of day."""
    out.print(f"{time.strftime('%H:%M:%S')}  {line}", markup=False)


def complain(line: str) -> None:
    """One line that says what went wrong and what to do."""
    err.print(f"{COMPLAINT}{line}", markup=False, style="bold red")


def welcome(configuration: Configuration, credentials: dict[str, Any]) -> None:
    """The addresses and the log-in."""
    out.print(f"\nPostroom is running.  API           {configuration.api_url}", markup=False)
    out.print(f"                      API reference {configuration.api_url}/api/v1/openapi.json", markup=False)
    out.print(f"                      reports       {configuration.reports_url}/api/v1/reports", markup=False)
    out.print(f"                      SMTP          127.0.0.1:{configuration.port(SMTP_PORT)}", markup=False)
    if configuration.demo:
        out.print(f"                      customers     {configuration.mailbox_url}", markup=False)
    out.print(f"  log-in              {credentials['email']}  {credentials['password']}", markup=False)
    for agent in credentials.get("agents", ()):
        out.print(f"  as {agent['name']:<16} {agent['email']}  {agent['password']}", markup=False)
    out.print(f"  API token           {credentials['api_token']}", markup=False)
    out.print(f"  all of it in        {configuration.var / 'credentials.json'}\n", markup=False)


def status_table(report: dict[str, Any], rows: list[tuple[str, str, str, str, str, str]]) -> None:
    """One line for each process."""
    table = Table(box=None, pad_edge=False)
    for title in ("process", "state", "pid", "port", "restarts", "memory"):
        table.add_column(title)
    for row in rows:
        table.add_row(*row)
    out.print(table)
    out.print(f"supervisor {report.get('state')}, pid {report.get('supervisor_pid')}", markup=False)
