"""The active router, and the active relay, frozen past their session's end, wake up beside their successor."""

import signal

import pytest

from local_runtime.lanes import Load
from local_runtime.live import LivePostroom

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(300)]
MAILS = 300


@pytest.mark.parametrize(("name", "verb"), [("router", "run"), ("relay", "relay")])
def test_a_frozen_process_that_wakes_up_beside_its_successor_does_no_harm(
    live: LivePostroom, address: str, name: str, verb: str
) -> None:
    standby = live.further(f"standby-{name}", "router", verb)
    try:
        before, after = Load(live, address, MAILS), Load(live, address, MAILS)
        try:
            with before.going_on():
                before.reaches(MAILS // 3)
                live.kill(name, signal.SIGSTOP)
            before.prove()  # only the standby can have handled the rest
            with after.going_on():
                after.reaches(MAILS // 3)
                live.kill(name, signal.SIGCONT)
        finally:
            live.kill(name, signal.SIGCONT)
        after.prove()
        before.prove()
    finally:
        standby.stop()
    last = Load(live, address, MAILS)
    with last.going_on():
        pass
    last.prove()  # by the one that was frozen, or what the supervisor put in its place
