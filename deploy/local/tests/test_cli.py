"""The commands and the Makefile, as far as nothing needs to start."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local_runtime.processes import FURTHER_INSTANCE
from local_runtime.state import State

ROOT = Path(__file__).parents[3]


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "var"


def command(var: Path, verb: str, **settings: str) -> subprocess.CompletedProcess[str]:
    given = {
        "POSTROOM_VAR": str(var),
        "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "POSTROOM_DATABASE_URL": "host=127.0.0.1",
        **settings,
    }
    arguments = [sys.executable, "-m", "local_runtime", verb]
    return subprocess.run(arguments, env={**os.environ, **given}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("verb", ["run", "up"])
def test_a_taken_port_ends_the_start_with_one_line(var: Path, verb: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        offset = port - 9101 - FURTHER_INSTANCE
        done = command(var, verb, POSTROOM_PORT_OFFSET=str(offset))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"port {port}, which ingest-email-receive-2 needs, is taken" in done.stderr


def test_a_wrong_setting_ends_the_start_with_one_line(var: Path):
    done = command(var, "up", POSTROOM_PORT_OFFSET="many")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "postroom: POSTROOM_PORT_OFFSET is 'many'; set it to a whole number of at least 0, or leave it unset"
    ]


def test_where_nothing_runs_status_says_so_and_down_has_nothing_to_do(var: Path):
    assert command(var, "status").returncode == 3
    done = command(var, "down")
    assert done.returncode == 0
    assert "Nothing runs on" in done.stdout


def test_clean_removes_the_state(var: Path):
    State(var).prepare()
    State(var).secret_key()
    assert command(var, "clean").returncode == 0
    assert not var.exists()


def test_make_alone_lists_every_target_of_the_contract():
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = {line.split()[1] for line in listed.stdout.splitlines()}
    assert targets >= {"run", "up", "down", "status", "test", "check", "bench", "clean", "schemas", "lock", "help"}


def test_ci_calls_make_check():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec make check"
