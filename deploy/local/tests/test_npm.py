"""Which Node builds the web UI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_runtime.npm import Npm, chosen, new_enough


@pytest.mark.parametrize(
    ("said", "will_do"),
    [("v22.17.0", True), ("v24.1.2", True), ("v22.16.9", False), ("v20.20.2", False), ("", False), ("node", False)],
)
def test_a_node_is_taken_when_it_is_new_enough(said: str, will_do: bool) -> None:
    assert new_enough(said) is will_do


def test_an_old_node_of_the_machine_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "node", "echo v20.20.2")
    _program(tmp_path / "npm", "echo old")
    monkeypatch.setenv("PATH", str(tmp_path))
    node = chosen().node_folder / "node"
    assert node.is_relative_to(sys.prefix)
    assert new_enough(subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout)


def test_a_new_one_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "node", "echo v99.0.0")
    _program(tmp_path / "npm", "exit 0")
    monkeypatch.setenv("PATH", f"{Path(sys.prefix) / 'bin'}{os.pathsep}{tmp_path}")
    assert chosen() == Npm((str(tmp_path / "npm"),), tmp_path)


def test_npm_runs_in_its_folder_with_that_node_first(tmp_path: Path) -> None:
    npm = Npm(
        (_program(tmp_path / "npm", f'pwd > {tmp_path}/said; echo "$1 $PATH" >> {tmp_path}/said; exit 7'),), tmp_path
    )
    assert npm.run(tmp_path, ["ci"], {"PATH": "/usr/bin:/bin"}) == 7
    assert (tmp_path / "said").read_text().splitlines() == [str(tmp_path), f"ci {tmp_path}:/usr/bin:/bin"]


def _program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)
