"""Which Python the environment is made with; the interpreters are scripts that say how long they took."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

CHOOSE = Path(__file__).parents[1] / "choose_python.py"
specification = importlib.util.spec_from_file_location("choose_python", CHOOSE)
assert specification and specification.loader
choose_python = importlib.util.module_from_spec(specification)
specification.loader.exec_module(choose_python)


@pytest.fixture
def interpreter(tmp_path: Path):
    def make(name: str, *, seconds: float | None = None, fault: str = "") -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho {seconds}\n" if seconds else f"#!/bin/sh\necho '{fault}' >&2\nexit 1\n")
        path.chmod(0o755)
        return str(path)

    return make


def test_the_python_in_front_stays_when_others_are_hardly_faster(interpreter):
    front = interpreter("front", seconds=0.011)
    assert choose_python.choose(front, [interpreter("system", seconds=0.010)]) == (front, "")


def test_one_that_is_far_faster_is_taken_and_says_so(interpreter):
    front, system = interpreter("front", seconds=0.027), interpreter("system", seconds=0.010)
    assert choose_python.choose(front, [system]) == (system, f"2.7 times as fast as {front}")


def test_one_that_will_do_is_taken_for_one_that_will_not(interpreter):
    front, system = interpreter("front", fault="is Python 3.9.2"), interpreter("system", seconds=0.010)
    assert choose_python.choose(front, [system]) == (system, f"{front} is Python 3.9.2")


def test_where_none_will_do_each_says_why(interpreter):
    front, system = interpreter("front", fault="is Python 3.9.2"), interpreter("system", fault="has no venv module")
    with pytest.raises(LookupError, match=r"front is Python 3\.9\.2; .*system has no venv module"):
        choose_python.choose(front, [system])


def test_a_name_for_the_one_in_front_is_not_measured_twice(interpreter, tmp_path):
    front = interpreter("front", seconds=0.010)
    other_name = tmp_path / "python3"
    other_name.symlink_to(front)
    assert choose_python.choose(front, [str(other_name)]) == (front, "")


def test_this_interpreter_is_measured_in_seconds():
    seconds, fault = choose_python.measured(sys.executable)
    assert 0 < seconds < 10
    assert not fault


def test_the_program_prints_a_python_that_runs():
    done = subprocess.run([sys.executable, str(CHOOSE)], capture_output=True, text=True, check=True)
    version = subprocess.run([done.stdout.strip(), "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("Python 3.")
