"""Child processes that never outlive us, whatever happens to us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from local_runtime.last_words import last_words

LAST_WORDS_BYTES = 16 * 1024
LAUNCHER = Path(__file__).with_name("launch.py")

# The kernel ties the parent-death signal to the *thread* that started the child, so all are started by one that stays.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


class Account(NamedTuple):
    """The system user that a child runs as."""

    uid: int
    gid: int


class Child:
    """A running (or ended) child process, in a process group of its own so that Ctrl-C reaches only us."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path | None, log_began: int = 0) -> None:
        self.name = name
        self.log = log
        self._log_began = log_began
        self._process = process

    @classmethod
    def start(
        cls,
        name: str,
        arguments: Sequence[str | Path],
        *,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        account: Account | None = None,
    ) -> Child:
        """Start a program; its output is appended to `log` (thrown away without one).

        `death_signal` is what the kernel sends it when our process ends, however that happens.
        """
        uid, gid = (str(account.uid), str(account.gid)) if account else ("-", "-")
        command = [sys.executable, "-I", "-S", str(LAUNCHER), str(int(death_signal)), str(os.getpid()), uid, gid]
        command += [str(argument) for argument in arguments]
        log_began = log.stat().st_size if log and log.exists() else 0
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else subprocess.DEVNULL

        def spawn() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                process_group=0,
            )

        try:
            return cls(name, _starter.submit(spawn).result(), log, log_began)
        finally:
            if log:
                os.close(output)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative numbers are signals."""
        return self._process.poll()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the process has ended."""
        if self.alive:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Wait for the end; says whether it came in time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 15) -> None:
        """Ask to end, and insist with SIGKILL after `seconds`; returns when the process has ended."""
        self.send(number)
        if not self.wait(seconds):
            self.kill()

    def kill(self) -> None:
        """SIGKILL; returns when the process has ended."""
        self.send(signal.SIGKILL)
        self._process.wait()

    def last_words(self, lines: int = 2) -> str:
        """The end of what it wrote to its log since this start, for an error's text."""
        if self.log is None or not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(self._log_began, self.log.stat().st_size - LAST_WORDS_BYTES))
            return last_words(file.read().decode(errors="replace"), lines)
