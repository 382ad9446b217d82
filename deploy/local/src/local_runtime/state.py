"""The state folder (`var/`): what lies where, the log-in, the secret key, and who is running on it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from local_runtime.configuration import Administrator
from local_runtime.errors import AlreadyRunning, NoSpace

LEAST_FREE_BYTES = 500 * 1024 * 1024
TAKE_SECONDS = 0.5
LOG_BYTES = 50 * 1024 * 1024
DEFAULT_EMAIL = "admin@postroom.localhost"
_OURS = ("kafka", "postgres", "blobs", "outbox", "mailbox", "log", "run", "credentials.json", "secret-key")


class State:
    """Paths below one folder. Secrets are readable by their owner only."""

    def __init__(self, var: Path) -> None:
        self.var = var.absolute()
        self.kafka = self.var / "kafka"
        self.postgres = self.var / "postgres"
        self.blobs = self.var / "blobs"
        self.outbox = self.var / "outbox"
        self.mailbox = self.var / "mailbox"
        self.logs = self.var / "log"
        self.run = self.var / "run"
        self.credentials = self.var / "credentials.json"
        self.ports = self.run / "ports.json"

    def prepare(self) -> None:
        """Make the folders. Raises NoSpace when that can't be done or the disk is nearly full."""
        try:
            if not self.var.exists():
                self.var.mkdir(parents=True)
                self.var.chmod(0o711)
            for folder in (self.blobs, self.outbox, self.logs, self.run):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise NoSpace(
                f"cannot write to {self.var}: {error.strerror}: free some space or set POSTROOM_VAR"
            ) from error
        free = shutil.disk_usage(self.var).free
        if free < LEAST_FREE_BYTES:
            raise NoSpace(
                f"only {free // 2**20} MB are free on the disk of {self.var}, {LEAST_FREE_BYTES // 2**20} are needed: "
                "free some, or set POSTROOM_VAR to a folder on another disk"
            )

    def log_of(self, process: str) -> Path:
        """The log file of a process, begun anew (one older kept) when it has grown large."""
        path = self.logs / f"{process}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the one supervisor of this state. Raises AlreadyRunning. The system lets go when we end, however we do."""
        with (self.run / "supervisor.lock").open("w") as lock:
            self._take(lock)
            self.ports.unlink(missing_ok=True)
            yield

    def _take(self, lock: TextIO) -> None:
        """Somebody who only looks holds the lock for a moment too: try for a while."""
        deadline = time.monotonic() + TAKE_SECONDS
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise AlreadyRunning(f"Postroom already runs on {self.var}: make status, make down") from None
                time.sleep(0.01)

    @property
    def is_held(self) -> bool:
        """Whether a supervisor lives on this state."""
        try:
            with (self.run / "supervisor.lock").open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def write_ports(self, report: dict[str, Any]) -> None:
        _write_whole(self.ports, json.dumps(report, indent=1))

    def read_ports(self) -> dict[str, Any]:
        """What the supervisor last reported; empty when there is nothing."""
        try:
            report: dict[str, Any] = json.loads(self.ports.read_text())
        except FileNotFoundError:
            return {}
        return report

    def secret_key(self) -> str:
        """The key that everything secret in this state is sealed with; made once."""
        path = self.var / "secret-key"
        if not path.exists():
            _write_whole(path, secrets.token_urlsafe(48))
        return path.read_text().strip()

    def first_credentials(self, administrator: Administrator) -> dict[str, Any]:
        """The log-in of the first administrator, made (or taken from the environment) at the first start."""
        if self.credentials.exists():
            found: dict[str, Any] = json.loads(self.credentials.read_text())
            return found
        made: dict[str, Any] = {
            "email": administrator.email or DEFAULT_EMAIL,
            "password": administrator.password or secrets.token_urlsafe(12),
            "api_token": administrator.token or secrets.token_urlsafe(32),
        }
        self.write_credentials(made)
        return made

    def write_credentials(self, credentials: dict[str, Any]) -> None:
        _write_whole(self.credentials, json.dumps(credentials, indent=1) + "\n")

    def remove(self) -> None:
        """Remove everything of ours, and the folder itself when nothing else is in it. Raises AlreadyRunning."""
        if self.is_held:
            raise AlreadyRunning(f"Postroom runs on {self.var}: make down first")
        for name in _OURS:
            path = self.var / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        if self.var.is_dir() and not any(self.var.iterdir()):
            self.var.rmdir()


def _write_whole(path: Path, text: str) -> None:
    """Readers see the old file or the new one, never a half; only the owner may read it."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    unfinished.replace(path)
