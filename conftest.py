"""Root of all tests: the real Kafka and PostgreSQL come from these fixtures; hypothesis sets no time limits.

How long an example takes says something of the machine and nothing of the code.
"""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["local_runtime.testing"]

SHARED: Final = ("postroom", "live")
"""Fixtures that are a whole Postroom for a session: 1.2 GB, 33 processes, a tenth of a processor even when idle."""

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run beside each other, a worker takes whole files, and one of them all that share a Postroom."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        group = next((name for name in SHARED if name in names), str(item.path.relative_to(Path(__file__).parent)))
        item.add_marker(pytest.mark.xdist_group(group))
