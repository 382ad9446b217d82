"""Fixtures: a router's batch handler on a real PostgreSQL, fed with records as Kafka would give them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from router.testing import Workbench


@pytest.fixture
def bench(fresh_database: str) -> Iterator[Workbench]:
    workbench = Workbench(fresh_database)
    yield workbench
    workbench.close()
