"""Writes each `jgo.lock.toml` anew from the `jgo.toml` beside it, without whatever the machine has cached."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local_runtime import greenmail
from local_runtime.errors import DownloadFailed
from local_runtime.jars import LOCK_FILE, read_lock

# Lines that tell the time of writing, and what a Java on the machine (where there is one) thinks of a jar.
OF_THIS_MACHINE = ("generated = ", "jar_type = ")


def relock() -> int:
    """Resolve Kafka, the tests' mail server and all that they need afresh; gives the number of jars.

    Raises DownloadFailed or LockViolation.
    """
    return sum(_relock(lock) for lock in (LOCK_FILE, greenmail.LOCK_FILE))


def _relock(lock: Path) -> int:
    jgo = Path(sys.executable).with_name("jgo")
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "M2_REPO": empty, "HOME": empty}
        done = subprocess.run(
            [jgo, "lock"], cwd=lock.parent, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise DownloadFailed(f"jgo could not resolve what {lock} names: {done.stderr.strip()[-300:]}")
    lines = lock.read_text().splitlines(keepends=True)
    lock.write_text("".join(line for line in lines if not line.startswith(OF_THIS_MACHINE)))
    return len(read_lock(lock))
