"""What a supervisor looks after: Kafka, PostgreSQL and service processes, seen alike."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from local_runtime.children import Child
from local_runtime.ports import LOCALHOST


class Part(Protocol):
    """Something that runs, answers when it is ready, and may die."""

    @property
    def name(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def pid(self) -> int | None: ...

    @property
    def exit_code(self) -> int | None: ...

    def launch(self) -> None:
        """Start without waiting. Raises RuntimeFault."""

    def is_ready(self) -> bool:
        """Whether it does its work; answers within two seconds."""

    def end(self) -> None:
        """Ask to end in good order, without waiting."""

    def kill(self) -> None:
        """End at once; returns when it has ended."""

    def last_words(self) -> str:
        """The end of its log."""


class ServiceProcess:
    """A program that answers /readyz on its port."""

    def __init__(
        self, name: str, arguments: Sequence[str], port: int, *, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.port = port
        self._arguments = arguments
        self._log = log
        self._environment = environment
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.alive else None

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code if self._child else None

    def launch(self) -> None:
        environment = {**os.environ, **self._environment}
        self._child = Child.start(self.name, self._arguments, log=self._log, environment=environment)

    def is_ready(self) -> bool:
        return answers_ready(self.port)

    def end(self) -> None:
        if self._child:
            self._child.send(signal.SIGTERM)

    def kill(self) -> None:
        if self._child:
            self._child.kill()

    def last_words(self) -> str:
        return self._child.last_words() if self._child else ""


def answers_ready(port: int) -> bool:
    """Whether GET /readyz on a local port gives 200."""
    connection = http.client.HTTPConnection(LOCALHOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
