"""A folder that lies in memory, for tests: files are made there ten times cheaper than on a disk's file system."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import psutil

SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108
ENOUGH_BYTES: Final = 10 << 30
"""What a whole test run may take of memory, its processes and its files together."""


def memory_folder(folder: Path = SHARED_MEMORY, bytes_wanted: int = ENOUGH_BYTES) -> Path | None:
    """The folder, where so much of memory is free for it and programs may be loaded from there; else None.

    What lies there outlives every process, SIGKILL included, but no loss of power: right for all that tests kill.
    """
    try:
        system = os.statvfs(folder)
    except OSError:
        return None
    free = min(system.f_bavail * system.f_frsize, psutil.virtual_memory().available)
    usable = os.access(folder, os.W_OK) and not system.f_flag & os.ST_NOEXEC
    return folder if usable and free >= bytes_wanted else None
