"""Writes `jgo.lock.toml` anew from `jgo.toml`, without whatever the machine has cached."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local_runtime.errors import DownloadFailed
from local_runtime.jars import LOCK_FILE, read_lock


def relock() -> int:
    """Resolve Kafka and all that it needs afresh; gives the number of jars. Raises DownloadFailed or LockViolation."""
    jgo = Path(sys.executable).with_name("jgo")
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "M2_REPO": empty, "HOME": empty}
        done = subprocess.run(
            [jgo, "lock"], cwd=LOCK_FILE.parent, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise DownloadFailed(f"jgo could not resolve Kafka: {done.stderr.strip()[-300:]}")
    # The time of writing would make every lock differ from the last one.
    lines = LOCK_FILE.read_text().splitlines(keepends=True)
    LOCK_FILE.write_text("".join(line for line in lines if not line.startswith("generated = ")))
    return len(read_lock())
