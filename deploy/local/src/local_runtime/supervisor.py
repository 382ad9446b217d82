"""Starts parts in order, restarts what dies, ends all of it in good order."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from local_runtime.errors import NotReady, ProcessDied, RuntimeFault
from local_runtime.parts import Part
from local_runtime.restarts import deaths_in_a_row, delay_seconds
from local_runtime.state import State
from local_runtime.tasks import Task

TICK_SECONDS = 0.1
READY_SECONDS = 120.0
TASK_SECONDS = 300.0
DRAIN_SECONDS = 12.0
HOPELESS_DEATHS = 4

Say = Callable[[str], None]


class Interrupted(Exception):
    """Somebody asked us to stop while we were starting."""


@dataclass(frozen=True)
class Stage:
    """Parts that start together, and what is to be done once all of them are ready."""

    title: str
    parts: Sequence[Part]
    prepare: Callable[[], None] = lambda: None
    tasks: Sequence[Task] = ()


@dataclass
class _Watched:
    part: Part
    launched: bool = False
    launched_at: float = 0.0
    started_at: str = ""
    restart_at: float | None = None
    deaths: int = 0
    restarts: int = 0


@dataclass
class Supervisor:
    """Looks after all parts until asked to stop (`stop()`, SIGINT, SIGTERM, SIGHUP)."""

    state: State
    stages: Sequence[Stage]
    say: Say
    report: dict[str, Any] = field(default_factory=dict)
    on_ready: Callable[[], None] = lambda: None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _impatient: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._watched = {part.name: _Watched(part) for stage in self.stages for part in stage.parts}
        self._phase = "starting"

    def run(self) -> None:
        """Start everything, look after it, and return when all of it has ended. Raises RuntimeFault."""
        try:
            for stage in self.stages:
                self._start(stage)
            self._phase = "ready"
            self._write_report()
            self.on_ready()
            while not self._stopping.wait(TICK_SECONDS):
                self._tick()
        except Interrupted:
            pass
        finally:
            self._end_all()

    def stop(self) -> None:
        """Ask to end in good order; asked again, end at once."""
        if self._stopping.is_set():
            self._impatient.set()
        self._stopping.set()

    def obey_signals(self) -> None:
        """Let Ctrl-C, `kill` and a closed terminal stop us."""

        def heard(number: int, frame: FrameType | None) -> None:
            self.stop()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, heard)

    def _start(self, stage: Stage) -> None:
        began = time.monotonic()
        self.say(f"Starting {stage.title} ...")
        for part in stage.parts:
            self._launch(self._watched[part.name])
        waiting = list(stage.parts)
        while waiting:
            self._tick_or_stop()
            waiting = [part for part in waiting if part.pid is None or not part.is_ready()]
            self._give_up_if_hopeless()
            if waiting and time.monotonic() - began > READY_SECONDS:
                names = ", ".join(part.name for part in waiting)
                raise NotReady(f"not ready within {READY_SECONDS:.0f} s: {names}; see {self.state.logs}")
        stage.prepare()
        for task in stage.tasks:
            self._finish(task)
        self.say(f"{stage.title[0].upper()}{stage.title[1:]} ready after {time.monotonic() - began:.1f} s")

    def _finish(self, task: Task) -> None:
        task.launch()
        deadline = time.monotonic() + TASK_SECONDS
        try:
            while task.exit_code is None:
                self._tick_or_stop()
                self._give_up_if_hopeless()
                if time.monotonic() > deadline:
                    raise NotReady(f"{task.name} did not finish within {TASK_SECONDS:.0f} s: {task.last_words()}")
        finally:
            task.kill()
        if task.exit_code != 0:
            raise ProcessDied(f"{task.name} failed (exit {task.exit_code}): {task.last_words()}")

    def _tick_or_stop(self) -> None:
        if self._stopping.wait(TICK_SECONDS):
            raise Interrupted
        self._tick()

    def _give_up_if_hopeless(self) -> None:
        for watched in self._watched.values():
            if watched.deaths >= HOPELESS_DEATHS:
                words = watched.part.last_words()
                raise ProcessDied(f"{watched.part.name} died {watched.deaths} times while starting: {words}")

    def _launch(self, watched: _Watched) -> None:
        watched.part.launch()
        watched.launched = True
        watched.launched_at = time.monotonic()
        watched.started_at = datetime.now(UTC).isoformat(timespec="seconds")
        watched.restart_at = None
        self._write_report()

    def _tick(self) -> None:
        """Notice deaths, and restart what is due."""
        now = time.monotonic()
        for watched in self._watched.values():
            if not watched.launched or watched.part.pid is not None:
                continue
            if watched.restart_at is None:
                self._note_death(watched, now)
            elif now >= watched.restart_at:
                self._relaunch(watched)

    def _note_death(self, watched: _Watched, now: float) -> None:
        watched.deaths = deaths_in_a_row(watched.deaths, now - watched.launched_at)
        delay = delay_seconds(watched.deaths)
        watched.restart_at = now + delay
        words = watched.part.last_words()
        self.say(
            f"{watched.part.name} died (exit {watched.part.exit_code}), starting it again in {delay:g} s"
            + (f"; its log ends: {words[:300]}" if words else "")
        )

    def _relaunch(self, watched: _Watched) -> None:
        watched.restarts += 1
        try:
            self._launch(watched)
        except RuntimeFault as fault:
            watched.deaths += 1
            watched.restart_at = time.monotonic() + delay_seconds(watched.deaths)
            self.say(f"{watched.part.name} could not be started again: {fault}")

    def _end_all(self) -> None:
        """Later stages first; what does not end in time is killed, at once when asked twice."""
        self._phase = "stopping"
        self._write_report()
        for stage in reversed(self.stages):
            living = [part for part in stage.parts if part.pid is not None]
            for part in living:
                part.end()
            deadline = time.monotonic() + DRAIN_SECONDS
            while any(part.pid is not None for part in living):
                if time.monotonic() > deadline or self._impatient.is_set():
                    break
                time.sleep(TICK_SECONDS / 2)
            for part in living:
                if part.pid is not None:
                    self.say(f"{part.name} did not end in time and was killed")
                    part.kill()
        self.state.ports.unlink(missing_ok=True)

    def _write_report(self) -> None:
        processes = [
            {
                "name": watched.part.name,
                "pid": watched.part.pid,
                "port": watched.part.port,
                "restarts": watched.restarts,
                "started_at": watched.started_at,
            }
            for watched in self._watched.values()
        ]
        self.state.write_ports(
            {"supervisor_pid": os.getpid(), "state": self._phase, **self.report, "processes": processes}
        )
