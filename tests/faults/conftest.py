"""A running Postroom whose parts may be killed, frozen and fed with nonsense; not the one of the journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_runtime.live import LivePostroom


@pytest.fixture(scope="session")
def live(runtime_folder: Path) -> Iterator[LivePostroom]:
    postroom = LivePostroom(runtime_folder / "faults")
    postroom.start()
    yield postroom
    postroom.stop()


@pytest.fixture(scope="session")
def address(live: LivePostroom) -> str:
    """The inbox's own address."""
    with live.client() as api:
        return str(api.get("/inboxes").json()["items"][0]["fallback_address"])
