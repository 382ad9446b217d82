"""Where intake stands in the log, and a person's word that the log is right: `python -m router offsets`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from router.composition import COMMAND_TOPICS, INBOUND_TOPICS, PARTITIONS
from router.errors import StillActive
from router.lookups import SCHEMA
from service_kit import database
from service_kit.log_probe import log_bounds, misfits
from service_kit.offsets import Offsets, StoredOffset, TopicPartition

LOCK = "router.main"
"""The advisory lock of the active router."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One partition: the stored next offset, the log's first and next ones, and why they do not fit ("" if they do)."""

    topic: str
    partition: int
    stored: int
    start: int
    end: int
    misfit: str

    @property
    def waiting(self) -> int:
        return max(0, self.end - max(self.stored, self.start))


async def standings(bootstrap: str, dsn: str) -> list[Standing]:
    """All partitions of the consumed topics. Raises KafkaAway, psycopg.OperationalError."""
    stored = _load(dsn)
    bounds = await log_bounds(bootstrap, (*COMMAND_TOPICS, *INBOUND_TOPICS))
    reasons = await misfits(bootstrap, stored)
    return [
        Standing(topic, partition, offset.next_offset, *bounds.get((topic, partition), (0, 0)), reason)
        for (topic, partition), offset in sorted(stored.items())
        for reason in (reasons.get((topic, partition), ""),)
    ]


async def accept(bootstrap: str, dsn: str) -> list[Standing]:
    """Sets each offset that does not fit to where its log begins, and returns what was changed, as it was before.

    What was handled before is recognised by its dedupe key or command id when it is read again. Raises StillActive
    while a router is running.
    """
    with _no_active_router(dsn) as connection:
        wrong = [one for one in await standings(bootstrap, dsn) if one.misfit]
        with connection.cursor() as cursor:
            Offsets(SCHEMA).accept(cursor, {(one.topic, one.partition): one.start for one in wrong})
    return wrong


def _load(dsn: str) -> dict[TopicPartition, StoredOffset]:
    with database.connect(dsn, "router offsets") as connection, connection.cursor() as cursor:
        offsets = Offsets(SCHEMA)
        offsets.ensure(cursor, PARTITIONS)
        return {place: offset for place, offset in offsets.load(cursor).items() if place in PARTITIONS}


@contextmanager
def _no_active_router(dsn: str) -> Iterator[database.Connection]:
    with database.connect(dsn, "router offsets") as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 20260101))", (LOCK,)).fetchone()
        if not row or not row[0]:
            raise StillActive("a router is running on this database: stop it first, then accept the offsets")
        yield connection
