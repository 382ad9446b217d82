"""Children end when we end, whatever ends us."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from local_runtime.children import Child
from local_runtime.last_words import last_words

PARENT = """
import sys, threading, time
from local_runtime.children import Child

def start():
    print(Child.start("sleeper", ["sleep", "600"]).pid, flush=True)

thread = threading.Thread(target=start)
thread.start()
thread.join()
time.sleep(600)
"""


@pytest.mark.faults
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_started_by_a_thread_that_is_gone_ends_with_the_process(ending: signal.Signals):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        sleeper = psutil.Process(int(parent.stdout.readline()))
        assert sleeper.is_running()
        parent.send_signal(ending)
        parent.wait(10)
    _, alive = psutil.wait_procs([sleeper], timeout=5)
    assert not alive


def test_a_child_outlives_the_thread_that_started_it():
    children: list[Child] = []
    thread = threading.Thread(target=lambda: children.append(Child.start("sleeper", ["sleep", "600"])))
    thread.start()
    thread.join()
    try:
        assert not children[0].wait(0.2)
    finally:
        children[0].kill()


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path):
    script = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    child = Child.start("mule", [sys.executable, "-c", script], log=tmp_path / "log")
    while child.last_words() != "deaf":
        assert child.alive
    child.stop(signal.SIGTERM, seconds=0.1)
    assert child.exit_code == -signal.SIGKILL


def test_the_end_of_the_log_is_kept_for_the_error(tmp_path: Path):
    child = Child.start("talker", ["sh", "-c", "echo one; echo two >&2; exit 3"], log=tmp_path / "log")
    assert child.wait(5)
    assert child.exit_code == 3
    assert child.last_words() == "one | two"


def test_the_last_words_are_those_of_this_start(tmp_path: Path):
    for word in ("first", "second"):
        child = Child.start("talker", ["echo", word], log=tmp_path / "log")
        assert child.wait(5)
    assert child.last_words() == "second"


def test_json_lines_and_stack_frames_become_few_words():
    stove = "  at stove.Stove.light(Stove.java:1)"
    log = f'up\n{{"message": "could not start", "error": "Traceback …\\nOSError: no gas"}}\n{stove}\n'
    assert last_words(log, 2) == "up | could not start OSError: no gas"
    assert last_words("{half a line", 2) == "{half a line"
