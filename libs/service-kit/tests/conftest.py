"""Parts that the tests of stores, relays and views share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from service_kit.event_store import EventStore
from service_kit.testing.projecting import Setting, arranged


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


@pytest.fixture
async def setting(kafka: Any, fresh_database: str, suffix: str) -> Setting:
    """A topic, a group and a view of the test's own for a projector."""
    return await arranged(kafka.bootstrap_servers, fresh_database, suffix)
