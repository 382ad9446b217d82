"""Root of all tests: the real Kafka and PostgreSQL come from these fixtures; hypothesis sets no time limits.

How long an example takes says something of the machine and nothing of the code. Temporary files lie in memory where
there is enough of it: half of what real parts cost was the making of files.
"""

import gc
import tempfile
from collections.abc import Generator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from local_runtime.memory_folder import memory_folder

pytest_plugins = ["local_runtime.testing"]

SHARED: Final = {
    "tests/browser/": "browser",
    "tests/faults/": "faults",
    "tests/journeys/": "journeys",
    "tests/security/": "journeys",
}
"""Folders whose files share a whole Postroom: 1.2 GB, 33 processes, a tenth of a processor even when idle."""
ALONE: Final = ("tests/journeys/test_demo.py", "tests/faults/test_restored_store.py")
"""Files there that start one of their own."""
LONG: Final = (
    "services/inbox-projection/tests/api/test_openapi.py",
    "services/inbox-projection/tests/api/test_search.py",
    "services/analytics/tests/live/api/",
    "services/ingest-email/tests/deliver/process/test_crashes.py",
    "services/ingest-email/tests/imap/process/test_imap_crashes.py",
)
"""Files and folders of half a minute and more: begun last, one of them would have the machine for itself at the end."""

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

if in_memory := memory_folder():
    tempfile.tempdir = str(in_memory)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of collected tests stay: the garbage collector need not look through them again and again, neither
    while they are collected (a fifth of that time) nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole Postrooms first, then what is long, then the rest in its order."""
    items.sort(key=lambda item: 0 if item.nodeid.startswith("tests/") else 2 - item.nodeid.startswith(LONG))


class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]
    """Where tests run beside each other, a worker takes whole files, and all that share a Postroom."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        group = next((name for folder, name in SHARED.items() if path.startswith(folder)), path)
        return path if path in ALONE else group


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> WholeFiles:
    """Takes the place of `--dist`: its groups by mark do nothing with pytest 9.2 (the node id stays as it was)."""
    return WholeFiles(config, log)
