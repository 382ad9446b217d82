"""How every process of a running supervisor is doing."""

from __future__ import annotations

from typing import Any

import psutil

from local_runtime import kafka
from local_runtime.assembly import embedded_postgres
from local_runtime.parts import answers_ready
from local_runtime.state import State

Row = tuple[str, str, str, str, str, str]


def overview(state: State) -> tuple[list[Row], bool]:
    """Rows (name, state, pid, port, restarts, memory), and whether every process is ready."""
    report = state.read_ports()
    rows = [_row(process, state) for process in report.get("processes", [])]
    return rows, bool(rows) and report.get("state") == "ready" and all(row[1] == "ready" for row in rows)


def _row(process: dict[str, Any], state: State) -> Row:
    memory = _memory(process["pid"])
    if memory is None:
        how = "dead"
    elif _is_ready(process["name"], process["port"], state):
        how = "ready"
    else:
        how = "not ready"
    size = "" if memory is None else f"{memory // 2**20} MB"
    return process["name"], how, str(process["pid"] or ""), str(process["port"]), str(process["restarts"]), size


def _is_ready(name: str, port: int, state: State) -> bool:
    if name == "kafka":
        return kafka.answers(port)
    if name == "postgres":
        return embedded_postgres(state).is_ready()
    return answers_ready(port)


def _memory(pid: int | None) -> int | None:
    """Resident bytes of a process and its children (shared pages counted with each); None when it is gone."""
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        return sum(int(one.memory_info().rss) for one in [process, *process.children(recursive=True)])
    except psutil.Error:
        return None
