"""The Chromium that tests and benches drive: the machine's own, else the one of the web UI's npm packages."""

from __future__ import annotations

import ctypes.util
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from local_runtime.errors import RuntimeFault
from local_runtime.jars import cache_folder
from local_runtime.npm import chosen

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--headless=shell",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
"""No sandbox: tests run as root, too. It talks to nobody by itself."""
WEB: Final = Path(__file__).parents[4] / "services/inbox-projection/web"
_UNPACK: Final = """
import chromium, { inflate } from '@sparticuz/chromium';
const path = await chromium.executablePath();
const packed = 'node_modules/@sparticuz/chromium/bin/al2023.tar.br';
const folder = process.argv[1] === 'libraries' ? await inflate(packed) : '';
console.log(JSON.stringify({ path, libraries: folder && `${folder}/lib` }));
"""


@dataclass(frozen=True)
class Chromium:
    """The program, and what its environment needs besides."""

    program: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ARGUMENTS


def found() -> Chromium:
    """POSTROOM_CHROMIUM, the machine's, or the packed one, unpacked once for each version. Raises RuntimeFault."""
    named = os.environ.get("POSTROOM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    return Chromium(Path(named)) if named else _packed()


def _packed() -> Chromium:
    package = WEB / "node_modules/@sparticuz/chromium/package.json"
    if not package.is_file():
        raise RuntimeFault("there is no Chromium: run `make setup`, or name one with POSTROOM_CHROMIUM")
    folder = cache_folder().parent / f"chromium-{json.loads(package.read_text('utf-8'))['version']}"
    folder.mkdir(parents=True, exist_ok=True)
    needs_libraries = ctypes.util.find_library("nss3") is None
    node = str(chosen().node_folder / "node")
    command = [node, "--input-type=module", "-e", _UNPACK, "libraries" if needs_libraries else "nothing"]
    with (folder / "unpacking").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may unpack it just now
        done = subprocess.run(
            command, cwd=WEB, env={**os.environ, "TMPDIR": str(folder)}, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise RuntimeFault(f"Chromium could not be unpacked: {done.stderr.strip()[-500:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Chromium(Path(said["path"]), {"LD_LIBRARY_PATH": said["libraries"]} if said["libraries"] else {})
