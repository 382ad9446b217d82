"""Fixtures: a router's batch handler on a real PostgreSQL, and the log and the processes for tests that need them."""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from local_runtime.children import Child
from local_runtime.kafka import KafkaBroker
from local_runtime.postgres import PostgresServer
from router.composition import install
from router.testing import Workbench
from router.testing_live import Log
from service_kit import topics


@pytest.fixture(scope="session")
def installed(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database with all that is the router's, from which each test copies its own."""
    name = f"router_{uuid.uuid4().hex[:12]}"
    install(postgres.create_database(name))
    yield name
    postgres.drop_database(name)


@pytest.fixture
def bench(postgres: PostgresServer, installed: str) -> Iterator[Workbench]:
    name = f"router_{uuid.uuid4().hex[:12]}"
    workbench = Workbench(postgres.create_database(name, template=installed), installed=True)
    yield workbench
    workbench.close()
    postgres.drop_database(name)


@pytest.fixture
async def log(empty_kafka: KafkaBroker) -> AsyncIterator[Log]:
    await topics.apply(empty_kafka.bootstrap_servers)
    log = Log(empty_kafka.bootstrap_servers)
    yield log
    await log.publisher.stop()


@pytest.fixture
def start_router(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts `python -m router run` as a process that does not outlive the test."""
    children: list[Child] = []

    def start(bench: Workbench, log: Log, name: str, port: int = 0) -> Child:
        child = Child.start(
            name,
            [sys.executable, "-m", "router", "run"],
            log=tmp_path / f"{name}.log",
            environment={
                "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": log.bootstrap,
                "POSTROOM_DATABASE_URL": bench.dsn,
                "POSTROOM_BLOB_URL": (tmp_path / "blobs").as_uri(),
                "POSTROOM_SECRET_KEY": bench.settings.secret_key,
                "POSTROOM_METRICS_PORT": str(port),
                "PATH": "/usr/bin:/bin",
            },
        )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.alive:
            child.kill()
