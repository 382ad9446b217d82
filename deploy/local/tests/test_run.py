"""The whole local run with real Kafka and PostgreSQL (and fake services): start, down, death, coming back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from local_runtime.assembly import embedded_postgres
from local_runtime.configuration import Configuration
from local_runtime.overview import overview
from local_runtime.ports import free_ports, is_free
from local_runtime.processes import service_processes, wanted_ports
from local_runtime.state import State

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(240)]

SCRIPT = Path(__file__).with_name("run_with_fakes.py")


class Run:
    """A local run in a process of its own."""

    def __init__(self, environment: dict[str, str], state: State) -> None:
        self.environment = environment
        self.state = state
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start and wait until all is ready; nothing happens when it runs."""
        if self.process and self.process.poll() is None:
            return
        self.state.ports.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        wait_for(lambda: self.state.read_ports().get("state") == "ready" or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()[0]

    def family(self) -> list[psutil.Process]:
        """Every process below the supervisor."""
        assert self.process
        return psutil.Process(self.process.pid).children(recursive=True)

    def names(self) -> set[str]:
        """Of those; PostgreSQL's workers come and go."""
        found = set()
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                found.add(process.name())
        return found

    def command(self, verb: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-m", "local_runtime", verb]
        return subprocess.run(arguments, env=self.environment, capture_output=True, text=True, check=False)

    def finish(self) -> str:
        """Wait for the supervisor's end; gives what it said."""
        assert self.process
        return self.process.communicate(timeout=60)[0]


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def all_free(offset: int) -> bool:
    configuration = Configuration(var=Path("var"), offset=offset)
    return all(is_free(port) for port in wanted_ports(configuration, service_processes(configuration)))


@pytest.fixture(scope="module")
def run(runtime_folder: Path, empty_state: Callable[[Path], Path]) -> Iterator[Run]:
    """One for all tests of this file: where a test leaves it running, the next one goes on with it."""
    var = empty_state(runtime_folder / f"run-{free_ports(1)[0]}")
    offset = next(
        offset
        for offset in range(1000, 12000, 333)
        if all(is_free(port) for port in wanted_ports(Configuration(var=var, offset=offset), []))
        and is_free(9101 + offset)
    )
    environment = {**os.environ, "POSTROOM_VAR": str(var), "POSTROOM_PORT_OFFSET": str(offset)}
    run = Run(environment, State(var))
    yield run
    if run.process and run.process.poll() is None:
        run.process.kill()
        run.process.communicate()


def living(family: list[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended; a zombie has, somebody just has not read its exit code yet."""
    found = []
    for process in family:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def pid_of(run: Run, name: str) -> int | None:
    [pid] = [process["pid"] for process in run.state.read_ports()["processes"] if process["name"] == name]
    return pid


def test_down_ends_everything_and_a_second_start_finds_its_data(run: Run):
    run.start()
    family = run.family()
    dsn = embedded_postgres(run.state).dsn_of("postroom")
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept as select 1 as number")
    assert run.command("status").returncode == 0

    assert run.command("down").returncode == 0

    assert not living(family)
    assert "The services ready" in run.finish()
    assert run.command("status").returncode == 3
    run.start()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select number from kept").fetchone() == (1,)
    assert (run.state.logs / "topics.log").read_text().splitlines()[-1] == "topics: created none, all are there"


def test_a_killed_supervisor_leaves_no_process_and_a_new_one_starts_at_once(run: Run):
    run.start()
    family = run.family()
    assert {"postgres", "java"} <= run.names()
    run.process.kill()
    run.finish()
    wait_for(lambda: not living(family), seconds=5)
    run.start()


def test_a_second_supervisor_is_refused_whatever_is_killed_comes_back_and_ctrl_c_ends_everything(run: Run):
    run.start()

    refused = run.command("run")
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        f"postroom: Postroom already runs on {run.state.var}: make status, make down"
    ]

    for victim in ("fake-9101", "postgres", "kafka"):
        before = pid_of(run, victim)
        os.kill(before, signal.SIGKILL)
        wait_for(lambda victim=victim, before=before: pid_of(run, victim) not in (None, before))
        wait_for(lambda: overview(run.state)[1])

    family = run.family()
    os.killpg(run.process.pid, signal.SIGINT)
    said = run.finish()
    assert run.process.returncode == 0
    assert not living(family)
    for victim in ("fake-9101", "postgres", "kafka"):
        assert f"{victim} died (exit -9), starting it again in 0.1 s" in said
