"""A whole running Postroom for journeys; it starts once, with an empty workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_runtime.live import LivePostroom


@pytest.fixture(scope="session")
def postroom(runtime_folder: Path) -> Iterator[LivePostroom]:
    """An empty workspace (inbox "Support", one administrator), shared by all journeys."""
    live = LivePostroom(runtime_folder / "journeys")
    live.start()
    yield live
    live.stop()
