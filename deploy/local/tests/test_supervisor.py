"""The supervisor with small fake services: order, restarts, giving up, ending."""

import http.client
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from local_runtime.errors import ProcessDied
from local_runtime.parts import ServiceProcess
from local_runtime.ports import free_ports
from local_runtime.state import State
from local_runtime.supervisor import Stage, Supervisor
from local_runtime.tasks import Task

FAKE = str(Path(__file__).with_name("fake_service.py"))


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "var")
    state.prepare()
    return state


def fake(state: State, name: str) -> ServiceProcess:
    (port,) = free_ports(1)
    return ServiceProcess(name, [sys.executable, FAKE, str(port)], port, log=state.log_of(name), environment={})


def shell(state: State, name: str, command: str) -> ServiceProcess:
    (port,) = free_ports(1)
    return ServiceProcess(name, ["sh", "-c", command], port, log=state.log_of(name), environment={})


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


@contextmanager
def running(supervisor: Supervisor) -> Iterator[None]:
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        wait_for(lambda: supervisor.state.read_ports().get("state") == "ready")
        yield
    finally:
        supervisor.stop()
        thread.join()


def end_with_7(service: ServiceProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port)
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.request("POST", "/")
        connection.getresponse()
    connection.close()


def test_a_service_that_dies_is_back_within_a_second_and_it_is_said(state: State):
    said: list[str] = []
    stove = fake(state, "stove")
    with running(Supervisor(state, [Stage("the kitchen", [stove])], said.append)):
        before = stove.pid
        died_at = time.time()
        end_with_7(stove)
        wait_for(lambda: stove.pid not in (None, before) and stove.is_ready())
        assert psutil.Process(stove.pid).create_time() - died_at < 1
        assert state.read_ports()["processes"][0]["restarts"] == 1
    assert any("stove died (exit 7), starting it again in 0.1 s" in line for line in said)


def test_a_stage_begins_when_the_one_before_it_is_ready_and_its_task_is_done(state: State):
    said: list[str] = []
    done = state.var / "done"
    task = Task("task", ["sh", "-c", f"touch {done}"], log=state.log_of("task"), environment={})
    (port,) = free_ports(1)
    command = ["sh", "-c", f"test -e {done} && exec {sys.executable} {FAKE} {port}"]
    only_then = ServiceProcess("only-then", command, port, log=state.log_of("only-then"), environment={})
    stages = [Stage("the kitchen", [fake(state, "first")], tasks=[task]), Stage("the hall", [only_then])]
    with running(Supervisor(state, stages, said.append)):
        assert only_then.is_ready()
    assert not any("died" in line for line in said)


def test_a_service_that_cannot_live_ends_the_start_with_its_last_words(state: State):
    stove, broken = fake(state, "stove"), shell(state, "broken", "echo no gas; exit 3")
    supervisor = Supervisor(state, [Stage("the kitchen", [stove, broken])], lambda line: None)
    with pytest.raises(ProcessDied, match=r"broken died 4 times while starting: .*no gas"):
        supervisor.run()
    assert stove.pid is None


def test_a_task_that_fails_ends_the_start_with_its_last_words(state: State):
    stove = fake(state, "stove")
    task = Task("recipes", ["sh", "-c", "echo no book; exit 1"], log=state.log_of("recipes"), environment={})
    supervisor = Supervisor(state, [Stage("the kitchen", [stove], tasks=[task])], lambda line: None)
    with pytest.raises(ProcessDied, match=r"recipes failed \(exit 1\): no book"):
        supervisor.run()
    assert stove.pid is None


def test_stopping_during_the_start_ends_everything(state: State):
    never_ready = shell(state, "slow", "sleep 600")
    supervisor = Supervisor(state, [Stage("the kitchen", [never_ready])], lambda line: None)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    wait_for(lambda: never_ready.pid is not None)
    supervisor.stop()
    thread.join()
    assert never_ready.pid is None


def test_a_service_that_will_not_end_is_killed_when_asked_twice(state: State):
    said: list[str] = []
    (port,) = free_ports(1)
    ignoring = f"import signal, runpy, sys; signal.signal(15, signal.SIG_IGN); sys.argv[1:] = ['{port}']; "
    command = [sys.executable, "-c", ignoring + f"runpy.run_path({FAKE!r}, run_name='__main__')"]
    mule = ServiceProcess("mule", command, port, log=state.log_of("mule"), environment={})
    supervisor = Supervisor(state, [Stage("the stable", [mule])], said.append)
    with running(supervisor):
        supervisor.stop()
    assert mule.pid is None
    assert "mule did not end in time and was killed" in said
