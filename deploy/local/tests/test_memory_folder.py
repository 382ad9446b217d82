"""Tests put their files into memory only where there is enough of it."""

import os
from pathlib import Path

from local_runtime.memory_folder import memory_folder


def test_a_folder_with_enough_room_is_used(tmp_path: Path) -> None:
    loadable = not os.statvfs(tmp_path).f_flag & os.ST_NOEXEC
    assert memory_folder(tmp_path, bytes_wanted=1) == (tmp_path if loadable else None)


def test_one_that_is_too_small_or_absent_is_not(tmp_path: Path) -> None:
    assert memory_folder(tmp_path, bytes_wanted=1 << 60) is None
    assert memory_folder(tmp_path / "absent", bytes_wanted=1) is None
