"""Which errors end a term, and which end the process."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaConnectionError, KafkaError, UnknownMemberIdError
from psycopg import errors

from router.observation import Observation
from router.terms import NO_BROKER_KNOWN, one_by_one
from service_kit.faults import KafkaAway, LeadershipLost, OffsetsDoNotFit, StoodStill
from service_kit.health import Health
from service_kit.metrics import Metrics


class Terms:
    """Terms that end with these errors; the one after them runs until the process stops."""

    def __init__(self, *ends: Exception) -> None:
        self._ends = list(ends)
        self.stop = asyncio.Event()
        self.health, self.metrics = Health("intake"), Metrics()
        self.observation = Observation(self.metrics, self.health)
        self.begun = 0
        self.before: list[dict[str, str]] = []

    async def term(self, stop: asyncio.Event) -> None:
        self.begun += 1
        self.before.append(self.health.report())
        self.observation.ready()
        if self._ends:
            raise self._ends.pop(0)
        assert not stop.is_set()
        stop.set()

    async def run(self) -> None:
        async with asyncio.timeout(10):
            await one_by_one(self.term, self.observation, self.stop, pause_seconds=0.0)


@pytest.mark.parametrize(
    "error",
    [
        LeadershipLost("the session has ended"),
        KafkaAway("no answer"),
        KafkaConnectionError(),
        UnknownMemberIdError(),
        KafkaError("Unexpected error during coordination"),
        AssertionError(NO_BROKER_KNOWN),
        psycopg.OperationalError("the server closed the connection"),
        psycopg.InterfaceError("the connection is closed"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_when_the_lock_is_lost_or_something_is_away_the_next_term_begins(error: Exception) -> None:
    terms = Terms(error, error)
    await terms.run()
    assert terms.begun == 3
    assert terms.before[0] == {"intake": "starting"}
    assert terms.before[1]["intake"].startswith(f"not active any more: {type(error).__name__}")


@pytest.mark.parametrize(
    "error",
    [
        AssertionError("something else"),
        RuntimeError("a task of the intake ended by itself"),
        OffsetsDoNotFit("the log was re-created"),
        StoodStill("nothing moves"),
        errors.UndefinedTable("no such table"),
        KeyError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_anything_else_ends_the_process(error: Exception) -> None:
    terms = Terms(error)
    with pytest.raises(type(error)):
        await terms.run()
    assert terms.begun == 1


async def test_no_words_of_the_database_are_shown() -> None:
    terms = Terms(psycopg.OperationalError("maria@customer.example is taken"))
    await terms.run()
    assert terms.before[1] == {"intake": "not active any more: OperationalError"}


async def test_a_term_that_ends_while_the_process_stops_is_the_last() -> None:
    begun = 0

    async def term(stop: asyncio.Event) -> None:
        nonlocal begun
        begun += 1
        stop.set()
        raise LeadershipLost("just now")

    await one_by_one(term, Terms().observation, asyncio.Event())
    assert begun == 1


async def test_the_assertion_is_the_one_of_the_client_library() -> None:
    client = AIOKafkaClient(bootstrap_servers="127.0.0.1:1")
    with pytest.raises(AssertionError) as asserted:
        await client.coordinator_lookup(CoordinationType.GROUP, "router.intake")
    await client.close()
    assert asserted.value.args == (NO_BROKER_KNOWN,)
