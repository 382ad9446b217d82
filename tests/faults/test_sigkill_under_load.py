"""Every process is killed under load, Kafka and PostgreSQL too: nothing is lost, nothing comes twice, order is kept."""

import random
import time
from collections.abc import Sequence

import pytest

from local_runtime.lanes import Load
from local_runtime.live import LivePostroom, eventually
from service_kit.ledger import check_log

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(400)]
MAILS = 2_000
KILLS = 3
SECONDS_TO_RECOVER = 120.0
VICTIMS = (
    "ingest-email-receive",
    "router",
    "relay",
    "inbox-projector",
    "inbox-projection",
    "ingest-email-deliver",
    "kafka",
    "postgres",
)


def kill_during(live: LivePostroom, load: Load, victims: Sequence[str]) -> None:
    """Sends the load and kills one victim after the other, each after a further share of the mails was accepted."""
    began = time.monotonic()
    with load.going_on():
        for number, victim in enumerate(victims, start=1):
            load.reaches(load.mails * number // (len(victims) + 1))
            before = live.kill(victim)
            eventually(
                lambda victim=victim, before=before: live.processes()[victim]["pid"] not in (None, before),
                f"{victim} is back",
                SECONDS_TO_RECOVER,
            )
    print(f"{victims}: accepted after {time.monotonic() - began:.1f} s, refused for now: {dict(load.answers)}")
    load.prove(SECONDS_TO_RECOVER)
    print(f"{victims}: all shown after {time.monotonic() - began:.1f} s")


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_process_killed_three_times_under_load_loses_and_doubles_nothing(
    live: LivePostroom, address: str, victim: str
) -> None:
    kill_during(live, Load(live, address, MAILS), [victim] * KILLS)


def test_all_processes_killed_one_after_the_other_under_load_lose_and_double_nothing(
    live: LivePostroom, address: str
) -> None:
    kill_during(live, Load(live, address, 2 * MAILS), random.Random(1).sample(VICTIMS, len(VICTIMS)))


async def test_after_all_that_the_log_holds_every_event_of_the_store_once_and_in_order(live: LivePostroom) -> None:
    verdict = await check_log(live.settings()["POSTROOM_DATABASE_URL"], live.kafka)
    assert verdict.ok, verdict
