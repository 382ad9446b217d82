"""A description is written where it says something new, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

from service_kit.web.description import write_description


def test_a_file_that_says_the_same_stays_as_old_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    write_description({"b": 1, "a": {"ą": 2}}, file)
    assert json.loads(file.read_text("utf-8")) == {"a": {"ą": 2}, "b": 1}
    file.chmod(0o444)
    before = file.stat().st_mtime_ns
    write_description({"a": {"ą": 2}, "b": 1}, file)
    assert file.stat().st_mtime_ns == before
    file.chmod(0o644)
    write_description({"a": 3}, file)
    assert json.loads(file.read_text("utf-8")) == {"a": 3}
