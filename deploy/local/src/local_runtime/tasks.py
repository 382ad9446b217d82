"""Programs that run once during a start, such as creating the topics."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from local_runtime.children import Child


class Task:
    """A program that must end with 0 before the start goes on."""

    def __init__(self, name: str, arguments: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._arguments = arguments
        self._log = log
        self._environment = environment
        self._child: Child | None = None

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code if self._child else None

    def launch(self) -> None:
        environment = {**os.environ, **self._environment}
        self._child = Child.start(self.name, self._arguments, log=self._log, environment=environment)

    def kill(self) -> None:
        """End it if it runs; nothing happens when it has ended."""
        if self._child and self._child.alive:
            self._child.kill()

    def last_words(self) -> str:
        return self._child.last_words() if self._child else ""
