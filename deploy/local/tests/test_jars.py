"""Kafka's jars are those of the lock, or Kafka does not start."""

import hashlib
from pathlib import Path

import pytest

from local_runtime import greenmail
from local_runtime.errors import DownloadFailed, LockViolation
from local_runtime.jars import LOCK_FILE, Jar, locked_jars, read_lock

CONTENT = b"a jar"
LOCK = f"""
[[dependencies]]
groupId = "org.example"
artifactId = "stove"
version = "1.0"
packaging = "jar"
sha256 = "{hashlib.sha256(CONTENT).hexdigest()}"
"""


class Shop:
    """Delivers what it is told to, one thing after the other; the last one for ever."""

    def __init__(self, *deliveries: bytes | Exception) -> None:
        self.deliveries = list(deliveries)

    def __call__(self, jar: Jar, folder: Path) -> Path:
        delivery = self.deliveries.pop(0) if len(self.deliveries) > 1 else self.deliveries[0]
        if isinstance(delivery, Exception):
            raise delivery
        folder.mkdir(parents=True)
        (folder / jar.name).write_bytes(delivery)
        return folder / jar.name


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "jgo.lock.toml"
    path.write_text(LOCK)
    return path


def test_a_missing_jar_is_fetched_and_said_so(tmp_path: Path, lock: Path):
    said: list[str] = []
    [path] = locked_jars(tmp_path / "cache", lock, said.append, Shop(CONTENT))
    assert path.read_bytes() == CONTENT
    assert said == ["Fetching Kafka: 1 files", "Fetching Kafka: 1 of 1 files (stove-1.0.jar)"]


def test_a_jar_that_is_there_is_not_fetched_again(tmp_path: Path, lock: Path):
    locked_jars(tmp_path / "cache", lock, fetch=Shop(CONTENT))
    locked_jars(tmp_path / "cache", lock, fetch=Shop(OSError("nothing may be fetched")))


def test_a_tampered_jar_is_refused_with_its_path(tmp_path: Path, lock: Path):
    [path] = locked_jars(tmp_path / "cache", lock, fetch=Shop(CONTENT))
    path.write_bytes(b"a bomb")
    with pytest.raises(LockViolation, match=r"stove-1\.0\.jar is not the file that the lock names"):
        locked_jars(tmp_path / "cache", lock, fetch=Shop(CONTENT))


def test_a_jar_that_arrives_wrong_every_time_is_refused_and_not_kept(tmp_path: Path, lock: Path):
    with pytest.raises(LockViolation):
        locked_jars(tmp_path / "cache", lock, fetch=Shop(b"a bomb"))
    assert not list((tmp_path / "cache").rglob("*.jar"))


def test_a_jar_that_arrives_damaged_once_is_fetched_again(tmp_path: Path, lock: Path):
    [path] = locked_jars(tmp_path / "cache", lock, fetch=Shop(b"a ja", CONTENT))
    assert path.read_bytes() == CONTENT


def test_no_network_is_one_clear_line(tmp_path: Path, lock: Path):
    with pytest.raises(DownloadFailed, match=r"could not fetch stove-1\.0\.jar: connection refused"):
        locked_jars(tmp_path / "cache", lock, fetch=Shop(ConnectionError("connection refused\nand a long story")))


def test_a_line_without_a_sum_locks_nothing_and_is_refused(lock: Path):
    lock.write_text("\n".join(line for line in LOCK.splitlines() if "sha256" not in line))
    with pytest.raises(LockViolation, match="stove"):
        read_lock(lock)


def test_the_committed_lock_names_kafka_and_no_host():
    names = [jar.name for jar in read_lock()]
    assert "kafka_2.13-4.3.1.jar" in names
    assert len(names) > 40
    assert "://" not in LOCK_FILE.read_text()


def test_the_mail_server_of_the_tests_has_a_lock_of_its_own_so_that_no_run_fetches_it():
    assert [jar.name for jar in read_lock(greenmail.LOCK_FILE)] == ["greenmail-standalone-2.1.8.jar"]
    assert "greenmail" not in LOCK_FILE.read_text()
    assert "://" not in greenmail.LOCK_FILE.read_text()
