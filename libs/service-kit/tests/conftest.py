"""Parts that the tests of stores, relays and views share."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from service_kit.event_store import EventStore


@pytest.fixture
def store(fresh_database: str) -> Iterator[EventStore]:
    """An empty event store in a database of its own."""
    one = EventStore(fresh_database)
    one.create()
    yield one
    one.close()


@pytest.fixture
def suffix() -> str:
    """Makes names of topics and groups that no other test uses."""
    return uuid4().hex[:8]
