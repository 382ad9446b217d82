"""pytest fixtures: real Kafka, PostgreSQL and GreenMail, shared by a session, and own ones for tests that kill them.

Put `pytest_plugins = ["local_runtime.testing"]` into the root conftest.py. Nothing starts until a test asks.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from local_runtime.greenmail import GreenMail
from local_runtime.jars import cache_folder
from local_runtime.kafka import KafkaBroker
from local_runtime.ports import free_ports
from local_runtime.postgres import PostgresServer
from local_runtime.startup_archive import make_archive


@pytest.fixture(scope="session")
def runtime_folder() -> Iterator[Path]:
    """A folder with a short path for the state of this session's parts; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="postroom-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def fast_start() -> None:
    """Brokers start twice as fast with an archive of their classes; the first session on a machine makes it."""
    make_archive(cache_folder())


@pytest.fixture(scope="session")
def empty_broker(runtime_folder: Path, fast_start: None) -> Path:
    """The folder of a broker that never ran, for others to begin as its copy: half a start is its making."""
    broker = KafkaBroker(runtime_folder / "kafka-empty", port=1, controller_port=2)  # it will never listen
    broker.prepare()
    return broker.folder


@pytest.fixture(scope="session")
def empty_server(runtime_folder: Path) -> Path:
    """The folder of a PostgreSQL server that never ran, for others to begin as its copy."""
    server = PostgresServer(runtime_folder / "pg-empty", durable=False)
    server.prepare()
    return server.folder


@pytest.fixture(scope="session")
def empty_state(empty_broker: Path, empty_server: Path) -> Callable[[Path], Path]:
    """Makes a folder, unless there is one, for a Postroom whose Kafka and PostgreSQL find theirs as these two are."""

    def make(var: Path) -> Path:
        if not var.exists():
            var.mkdir(mode=0o711)
            _copy(empty_broker, var / "kafka")
            _copy(empty_server, var / "postgres")
        return var

    return make


@pytest.fixture(scope="session")
def kafka(runtime_folder: Path, empty_broker: Path) -> Iterator[KafkaBroker]:
    """A running broker shared by the session: leave it running. Topics of earlier tests may exist."""
    broker = _broker(runtime_folder / "kafka", empty_broker)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def empty_kafka(kafka: KafkaBroker) -> KafkaBroker:
    """The session's broker with all topics and consumer groups of earlier tests deleted."""
    _in_a_loop_of_its_own(lambda: _delete_everything(kafka.bootstrap_servers))
    return kafka


@pytest.fixture
def fresh_kafka(runtime_folder: Path, empty_broker: Path) -> Iterator[KafkaBroker]:
    """A running broker of the test's own (2 s), to be stopped, killed, frozen and started at will."""
    folder = runtime_folder / f"kafka-{uuid.uuid4().hex[:8]}"
    broker = _broker(folder, empty_broker)
    broker.start()
    yield broker
    broker.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(runtime_folder: Path, empty_server: Path) -> Iterator[PostgresServer]:
    """A running server shared by the session (socket and TCP): leave it running."""
    server = _server(runtime_folder / "pg", empty_server)
    server.start()
    yield server
    server.stop("immediate")


@pytest.fixture
def fresh_postgres(runtime_folder: Path, empty_server: Path) -> Iterator[PostgresServer]:
    """A running server of the test's own, to be stopped, killed and started at will."""
    folder = runtime_folder / f"pg-{uuid.uuid4().hex[:8]}"
    server = _server(folder, empty_server)
    server.start()
    yield server
    server.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh_database(postgres: PostgresServer) -> Iterator[str]:
    """conninfo of a new, empty database of the session's server, dropped after the test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def greenmail(runtime_folder: Path) -> Iterator[GreenMail]:
    """A running IMAP and SMTP server shared by the session's tests, each with mailboxes of its own."""
    imap_port, smtp_port, api_port = free_ports(3)
    server = GreenMail(runtime_folder / "greenmail", imap_port=imap_port, smtp_port=smtp_port, api_port=api_port)
    server.start()
    yield server
    server.stop()


def _copy(folder: Path, to: Path) -> None:
    """With everything as it is, its owners too."""
    subprocess.run(["cp", "-a", folder, to], check=True)


def _broker(folder: Path, empty: Path) -> KafkaBroker:
    _copy(empty, folder)
    port, controller_port = free_ports(2)
    return KafkaBroker(folder, port=port, controller_port=controller_port)


def _server(folder: Path, empty: Path) -> PostgresServer:
    _copy(empty, folder)
    (port,) = free_ports(1)
    return PostgresServer(folder, port=port, tcp=True, durable=False)


async def _delete_everything(bootstrap_servers: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        while topics := [topic for topic in await admin.list_topics() if not topic.startswith("__")]:
            await admin.delete_topics(topics)  # the broker shows them until it has heard of it
            await asyncio.sleep(0.01)
    finally:
        await admin.close()


def _in_a_loop_of_its_own(work: Callable[[], object]) -> None:
    """Run a coroutine to its end, whether or not the calling thread has a running loop."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work())  # type: ignore[arg-type]
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
