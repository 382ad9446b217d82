"""A whole running Postroom for tests and benches: started as `make up` does, with its own state and ports."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import psycopg

from local_runtime.assembly import environment_of
from local_runtime.children import Child
from local_runtime.configuration import API_PORT, REPORTS_PORT, SMTP_PORT, Configuration
from local_runtime.ports import LOCALHOST, free_ports, is_free
from local_runtime.processes import service_processes, wanted_ports
from local_runtime.state import State

T = TypeVar("T")
CLAIM_PORT: Final = 19094
"""Bound, never listened on: whoever has it, shifted, has the shift."""
SHORTEST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 0.25


class PortShift:
    """An offset under which every port of a whole Postroom is free, below the ports that clients are given.

    Nobody else who asks here gets the same one until it is given back: a Postroom binds its ports seconds after it
    looked, and tests run beside each other. Raises RuntimeError when none of the offsets is left.
    """

    def __init__(self, offsets: Sequence[int] = range(1_000, 13_000, 200)) -> None:
        for offset in random.sample(offsets, len(offsets)):
            claim = socket.socket()
            try:
                claim.bind((LOCALHOST, CLAIM_PORT + offset))
            except OSError:
                claim.close()
                continue
            configuration = Configuration(Path(), offset)
            wanted = wanted_ports(configuration, service_processes(configuration))
            if configuration.opens_in_browsers and all(is_free(port) for port in wanted):
                self.offset, self._claim = offset, claim
                return
            claim.close()
        raise RuntimeError("no shift leaves every port free: too much runs on this machine")

    def give_back(self) -> None:
        """For others to take."""
        self._claim.close()


class LivePostroom:
    """`folder` holds its state. Everything listens on 127.0.0.1, ports shifted by an offset that is free."""

    def __init__(self, folder: Path, *, demo: bool = False, environment: dict[str, str] | None = None):
        self.var = folder
        self._shift = PortShift()
        offset = self._shift.offset
        self.api_url = f"http://{LOCALHOST}:{API_PORT + offset}"
        self.reports_url = f"http://{LOCALHOST}:{REPORTS_PORT + offset}"
        self.smtp_port = SMTP_PORT + offset
        self.environment = {
            **os.environ,
            "POSTROOM_VAR": str(folder),
            "POSTROOM_PORT_OFFSET": str(offset),
            "POSTROOM_DEMO": "1" if demo else "0",
            **(environment or {}),
        }
        self._supervisor: Child | None = None
        self._went_out: dict[Path, EmailMessage] = {}

    def start(self) -> None:
        """Returns when every process is ready; all of them end with us. Raises RuntimeError when they don't start."""
        self.var.mkdir(mode=0o711, parents=True, exist_ok=True)
        with _one_at_a_time():
            self._start()

    def _start(self) -> None:
        log = self.var.with_suffix(".log")
        command = [sys.executable, "-m", "local_runtime", "run", "--background"]
        state = State(self.var)
        state.ports.unlink(missing_ok=True)
        self._supervisor = Child.start(
            "postroom", command, log=log, environment=self.environment, death_signal=signal.SIGTERM
        )
        while state.read_ports().get("state") != "ready":
            if self._supervisor.wait(0.05):
                raise RuntimeError(f"Postroom did not start: {self._supervisor.last_words(20)}")

    def stop(self) -> None:
        """Returns when every process has ended."""
        if self._supervisor:
            self._supervisor.stop(signal.SIGTERM, 60)
        self._shift.give_back()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a program with the settings of the service whose module it is."""
        return self._command("within", "--", *arguments)

    def seed(self) -> subprocess.CompletedProcess[str]:
        """Does again what each start does for a workspace that was not seeded to the end."""
        return self._command("seed")

    def _command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local_runtime", *arguments],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )

    def settings(self, command: Sequence[str] = ()) -> dict[str, str]:
        """The settings of the service whose module the command runs; of none, with the database's superuser."""
        return environment_of(Configuration.from_environment(self.environment), State(self.var), command)

    @property
    def kafka(self) -> str:
        return self.settings()["POSTROOM_KAFKA_BOOTSTRAP_SERVERS"]

    def database(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of its own to the services' database as superuser, in autocommit mode. Raises
        psycopg.OperationalError."""
        return psycopg.connect(self.settings()["POSTROOM_DATABASE_URL"], autocommit=True)

    def further(self, name: str, module: str, verb: str) -> Child:
        """One more process of a service beside the supervised ones, for the caller to stop. Log: `<name>.log`."""
        (metrics_port,) = free_ports(1)
        command = [sys.executable, "-m", module, verb]
        environment = {
            **self.environment,
            **self.settings(command),
            "POSTROOM_METRICS_PORT": str(metrics_port),
            "POSTROOM_INSTANCE": "9",
        }
        return Child.start(name, command, log=State(self.var).log_of(name), environment=environment)

    @property
    def credentials(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.var / "credentials.json").read_text())
        return found

    def processes(self) -> dict[str, dict[str, Any]]:
        """What the supervisor reports of each process, by name."""
        report = json.loads((self.var / "run" / "ports.json").read_text())
        return {process["name"]: process for process in report["processes"]}

    def pid(self, name: str) -> int:
        """The pid of the process, as soon as it has one."""
        return int(eventually(lambda: self.processes()[name]["pid"], f"{name} runs", 60))

    def kill(self, name: str, sign: signal.Signals = signal.SIGKILL) -> int:
        """Sends the signal to the process, as soon as it runs, and returns its pid; the supervisor brings back what
        died."""

        def sent() -> int | None:
            pid = self.pid(name)
            try:
                os.kill(pid, sign)
            except ProcessLookupError:
                return None  # it has just ended by itself
            return pid

        return eventually(sent, f"{name} can be sent a signal", 60)

    def client(self, token: str | None = None) -> httpx.Client:
        """The API as the administrator, or whoever the token belongs to."""
        bearer = token or self.credentials["api_token"]
        return httpx.Client(
            base_url=f"{self.api_url}/api/v1", headers={"Authorization": f"Bearer {bearer}"}, timeout=30
        )

    def reports(self, token: str | None = None) -> httpx.Client:
        """The reports API as the administrator, or whoever the token belongs to."""
        bearer = token or self.credentials["api_token"]
        return httpx.Client(
            base_url=f"{self.reports_url}/api/v1", headers={"Authorization": f"Bearer {bearer}"}, timeout=30
        )

    def send(self, mail: EmailMessage | bytes, sender: str, *recipients: str) -> None:
        """Delivers a mail by SMTP. Raises smtplib.SMTPException when it is not accepted."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
        with smtplib.SMTP(LOCALHOST, self.smtp_port, timeout=30) as smtp:
            smtp.sendmail(sender, recipients, raw)

    def outbox(self) -> list[EmailMessage]:
        """The mails that went out, oldest first. Each is read once: files appear whole and never change."""
        found = (self.var / "outbox").glob("*.eml")
        paths = sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
        for path in paths:
            if path not in self._went_out:
                parsed = message_from_bytes(path.read_bytes(), policy=policy.default)
                assert isinstance(parsed, EmailMessage)
                self._went_out[path] = parsed
        return [self._went_out[path] for path in paths]


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Starts beside each other take as long as one after the other, but each is then late enough to be given up."""
    with (Path(tempfile.gettempdir()) / f"postroom-{os.getuid()}-starts").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def eventually(probe: Callable[[], T | None], what: str, seconds: float = 60.0) -> T:
    """The first true answer of the probe. Raises AssertionError naming what did not come in time.

    It asks more seldom the longer it waits: asking costs what is waited for the processor.
    """
    began = time.monotonic()
    while True:
        found = probe()
        if found:
            return found
        waited = time.monotonic() - began
        if waited > seconds:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(min(LONGEST_PAUSE, SHORTEST_PAUSE + waited / 10))
