"""Figures of a run: percentiles, CPU seconds and memory of all processes together."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from local_runtime.live import LivePostroom

LOAD = "load generator"
SHARE = float(os.environ.get("BENCH_SHARE", "1"))
"""Of the rows that scenarios at size fill in: a small share tries whether a scenario works, and measures nothing."""


def sized(count: int, least: int = 1) -> int:
    """So many of the rows of a scenario at size, by BENCH_SHARE."""
    return max(least, int(count * SHARE))


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """n, p50, p99 and the greatest, in milliseconds."""
    ordered = sorted(seconds)
    if not ordered:
        return {"n": 0}

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)

    return {"n": len(ordered), "p50_ms": at(0.50), "p99_ms": at(0.99), "max_ms": round(ordered[-1] * 1000, 2)}


@dataclass(frozen=True)
class Usage:
    """CPU seconds by process name, resident bytes by process name."""

    cpu: dict[str, float]
    resident: dict[str, int]

    def since(self, before: Usage) -> dict[str, float]:
        return {name: round(seconds - before.cpu.get(name, 0.0), 3) for name, seconds in self.cpu.items()}


def usage(live: LivePostroom) -> Usage:
    """Of everything that runs, Kafka, PostgreSQL with its backends, and this load generator included."""
    cpu: dict[str, float] = {}
    resident: dict[str, int] = {}
    for name, process in live.processes().items():
        family = _family(int(process["pid"]))
        cpu[name] = sum(_cpu(each) for each in family)
        resident[name] = sum(_resident(each) for each in family)
    own = psutil.Process()
    cpu[LOAD] = _cpu(own)
    resident[LOAD] = own.memory_info().rss
    return Usage(cpu, resident)


def python_megabytes(now: Usage) -> float:
    """Resident memory of the services' Python processes together."""
    foreign = {"kafka", "postgres", "postgresql", LOAD}
    return round(sum(size for name, size in now.resident.items() if name.lower() not in foreign) / 1e6, 1)


def _family(pid: int) -> Iterable[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
        return float(times.user + times.system)
    except psutil.NoSuchProcess:
        return 0.0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def loop_seconds() -> float:
    """The least time of five for a million turns of a plain loop: how fast this machine runs Python just now.

    Virtual machines vary by half from one minute to the next; without it no two runs can be compared.
    """

    def turns() -> float:
        began = time.perf_counter()
        for number in range(1_000_000):
            number * number
        return time.perf_counter() - began

    return round(min(turns() for _ in range(5)), 4)


def machine() -> dict[str, Any]:
    return {
        "loop_seconds": loop_seconds(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
    }


def report(scenario: str, **figures: Any) -> None:
    """One JSON object a line on standard output."""
    figures |= {} if SHARE == 1 else {"share_of_the_rows": SHARE}
    print(json.dumps({"scenario": scenario, **figures, "machine": machine()}, ensure_ascii=False), flush=True)
