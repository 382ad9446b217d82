"""A running Postroom whose parts may be killed, frozen and fed with nonsense; not the one of the journeys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local_runtime.live import LivePostroom


@pytest.fixture(scope="module")
def live(shared: Callable[[str], LivePostroom]) -> LivePostroom:
    return shared("faults")


@pytest.fixture(scope="module")
def address(live: LivePostroom) -> str:
    """The inbox's own address."""
    with live.client() as api:
        return str(api.get("/inboxes").json()["items"][0]["fallback_address"])
