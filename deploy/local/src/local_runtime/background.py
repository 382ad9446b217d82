"""A supervisor in the background: started, waited for, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from local_runtime.console import COMPLAINT
from local_runtime.errors import AlreadyRunning, NotReady, ProcessDied
from local_runtime.state import State

UP_SECONDS = 600.0
DOWN_SECONDS = 60.0


def start_in_background(state: State, say: Callable[[str], None]) -> None:
    """Start a supervisor that outlives us and return when all is ready; what it says is passed on.

    Raises AlreadyRunning, ProcessDied (with its reason) or NotReady.
    """
    if state.is_held:
        raise AlreadyRunning(f"Postroom already runs on {state.var}: make status, make down")
    state.ports.unlink(missing_ok=True)
    log = state.log_of("supervisor")
    heard = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_runtime", "run", "--background"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _pass_on_until_ready(process, state, log, heard, say)
    except BaseException:
        process.terminate()  # somebody lost patience, or it took too long
        raise


def _pass_on_until_ready(
    process: subprocess.Popen[bytes], state: State, log: Path, heard: int, say: Callable[[str], None]
) -> None:
    deadline = time.monotonic() + UP_SECONDS
    reason = f"the supervisor ended; see {log}"
    while True:
        ended = process.poll() is not None
        lines, heard = _lines_after(log, heard)
        for line in lines:
            if line.startswith(COMPLAINT):
                reason = line.removeprefix(COMPLAINT)
            else:
                say(line)
        if ended:
            raise ProcessDied(reason)
        if state.read_ports().get("state") == "ready":
            return
        if time.monotonic() > deadline:
            raise NotReady(f"not ready within {UP_SECONDS:.0f} s; see {log}")
        time.sleep(0.1)


def stop_running(state: State) -> bool:
    """Stop the supervisor of this state and wait for it; False when none runs. Raises NotReady when it hangs."""
    if not state.is_held:
        return False
    deadline = time.monotonic() + DOWN_SECONDS
    pid = int(state.read_ports().get("supervisor_pid", 0))
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    while state.is_held:
        if time.monotonic() > deadline:
            if not pid:
                raise NotReady(f"a supervisor is just starting on {state.var}: try again")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            deadline += DOWN_SECONDS
        time.sleep(0.05)
    return True


def _lines_after(log: Path, position: int) -> tuple[list[str], int]:
    """Whole lines written since, without their time of day, and the position after them."""
    with log.open("rb") as file:
        file.seek(position)
        written = file.read()
    whole = written[: written.rfind(b"\n") + 1]
    lines = [line[10:] if line[2:3] == ":" else line for line in whole.decode(errors="replace").splitlines() if line]
    return lines, position + len(whole)
