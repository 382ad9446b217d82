"""Terms: the router stands by for the lock, is the active one while it holds it, and then stands by again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from aiokafka.errors import KafkaError

from router.composition import BlobsFromThread, Parts, build, installed
from router.errors import words
from router.housekeeping import Housekeeping
from router.intake import Intake
from router.observation import Observation
from router.offsets_command import LOCK
from service_kit import faults, lifecycle
from service_kit.blobs import Blobs
from service_kit.consumer import first_of
from service_kit.faults import LeadershipLost
from service_kit.leadership import Leadership
from service_kit.settings import Settings

log = logging.getLogger("router.terms")
STANDBY_SECONDS: Final = 2.0
PAUSE_SECONDS: Final = 1.0
NO_BROKER_KNOWN: Final = "Did we not perform bootstrap?"
"""What aiokafka asserts when a Kafka that just woke up has named no broker to it yet."""


async def active_or_standby(settings: Settings, observation: Observation, stop: asyncio.Event) -> None:
    """Until `stop`: waits for the lock, is the active router while it is held, and waits again. See `one_by_one`."""
    await one_by_one(partial(_term, settings, observation), observation, stop)


async def one_by_one(
    term: Callable[[asyncio.Event], Awaitable[None]],
    observation: Observation,
    stop: asyncio.Event,
    pause_seconds: float = PAUSE_SECONDS,
) -> None:
    """One term after the other until `stop`, with a pause between two.

    A term ends with an error. When it `passes`, the next one begins from nothing: new parts, an empty memory, offsets
    as they are stored. Any other error is raised: it ends the process, and a person may have to look.
    """
    while not stop.is_set():
        try:
            await term(stop)
        except Exception as error:
            if not passes(error):
                raise
            reason = words(error)
            log.warning("the router gave up its work and stands by again", extra={"reason": reason})
            observation.gave_up(reason)
            await first_of(stop, timeout=pause_seconds)


def passes(error: Exception) -> bool:
    """Whether nothing is wrong with this process: the lock is lost, or the database or Kafka is away."""
    if isinstance(error, AssertionError):
        return error.args == (NO_BROKER_KNOWN,)
    return isinstance(error, (LeadershipLost, KafkaError)) or faults.kind(error) == "wait"


async def _term(settings: Settings, observation: Observation, stop: asyncio.Event) -> None:
    await installed(settings.database_url, stop)
    blobs = Blobs(settings.blob_url)
    parts = build(settings, BlobsFromThread(blobs, asyncio.get_running_loop()), settled=observation.settled)
    standby = asyncio.create_task(_standing_by(observation))
    try:
        async with Leadership(settings.database_url, LOCK, process="router lock", stop=stop) as leader:
            standby.cancel()
            if leader.held:
                observation.starting()
                await _lead(settings, observation, parts, blobs, leader, stop)
    finally:
        standby.cancel()
        parts.memory.forget()
        parts.store.close()


async def _lead(
    settings: Settings, observation: Observation, parts: Parts, blobs: Blobs, leader: Leadership, stop: asyncio.Event
) -> None:
    """The work of the active router. It ends with an event of its own: the end of a term is not that of the process."""
    ended = asyncio.Event()
    ending = asyncio.create_task(_passed_on(stop, ended))
    noticing = asyncio.create_task(_noticed(ended, observation))
    lifecycle.calm_the_collector(lifecycle.YOUNG_IN_BATCHES)
    intake = Intake(
        bootstrap=settings.kafka_bootstrap_servers,
        dsn=settings.database_url,
        handler=parts.handler,
        observation=observation,
        beside=[partial(Housekeeping(settings.database_url, blobs).run, ended)],
    )
    try:
        await intake.run(ended, leader)
    finally:
        ending.cancel()
        noticing.cancel()


async def _passed_on(stop: asyncio.Event, ended: asyncio.Event) -> None:
    await stop.wait()
    ended.set()


async def _noticed(ended: asyncio.Event, observation: Observation) -> None:
    """What is still being finished then is nothing to rely on."""
    await ended.wait()
    observation.gave_up("the work in hand is being finished")


async def _standing_by(observation: Observation) -> None:
    await asyncio.sleep(STANDBY_SECONDS)
    observation.standing_by()
