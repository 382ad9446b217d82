"""Tells the router what became of replies: publishes the ledger's reports until Kafka has acknowledged each."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import psycopg

from events.topics import INBOUND_EMAIL
from ingest_email import delivery_reports
from ingest_email.database_thread import DatabaseThread
from ingest_email.delivery_ledger import DeliveryLedger, Due
from service_kit.clock import Clock
from service_kit.consumer import first_of
from service_kit.database import Cursor
from service_kit.faults import KafkaAway
from service_kit.health import Health
from service_kit.producer import Publisher

log = logging.getLogger(__name__)
LOOK_SECONDS: Final = 1.0
BATCH: Final = 200


class DeliveryReporter:
    """`wake` is set when there may be a report. Repeated reports have the same id, so repeating is harmless."""

    def __init__(
        self,
        *,
        ledger: DeliveryLedger,
        database: DatabaseThread,
        publisher: Publisher,
        clock: Clock,
        wake: asyncio.Event,
        health: Health,
    ) -> None:
        self._ledger = ledger
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._wake = wake
        self._health = health

    async def run(self, stop: asyncio.Event, drained: asyncio.Event) -> None:
        """Until `stop`, and then until the workers have `drained` and what they left is reported or Kafka is away."""
        try:
            await self._connect(stop)
            while not (stop.is_set() and drained.is_set()):
                self._wake.clear()
                if not await self._report():
                    await first_of(self._wake, drained if stop.is_set() else stop, timeout=LOOK_SECONDS)
            await self._report()
        finally:
            await self._publisher.stop()

    async def _connect(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._publisher.start()
                self._health.ready("kafka")
                return
            except KafkaAway as away:
                self._away(away)
                await first_of(stop, timeout=LOOK_SECONDS)

    async def _report(self) -> bool:
        """One round; whether there may be more at once."""
        now = self._clock()
        try:
            dues = await self._database.once(self._unreported)
            acknowledged = await self._publish(dues)
            if acknowledged:
                await self._database.once(lambda cursor: self._ledger.reported(cursor, acknowledged, now))
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            log.warning("the database does not answer, trying again", extra={"reason": type(error).__name__})
            return False
        return len(dues) == BATCH == len(acknowledged)

    def _unreported(self, cursor: Cursor) -> list[Due]:
        return self._ledger.unreported(cursor, self._clock(), BATCH)

    async def _publish(self, dues: Sequence[Due]) -> list[UUID]:
        """Those of a conversation one after the other, conversations side by side."""
        lanes: dict[UUID, list[Due]] = defaultdict(list)
        for due in dues:
            lanes[due.conversation_id].append(due)
        acknowledged: list[UUID] = []
        results = await asyncio.gather(
            *(self._lane(lane, acknowledged) for lane in lanes.values()), return_exceptions=True
        )
        faults = [result for result in results if isinstance(result, BaseException)]
        for fault in faults:
            if not isinstance(fault, KafkaAway):
                raise fault
            self._away(fault)
        if dues and not faults:
            self._health.ready("kafka")
        return acknowledged

    async def _lane(self, lane: Sequence[Due], acknowledged: list[UUID]) -> None:
        for due in lane:
            record = delivery_reports.record(due)
            await self._publisher.publish(INBOUND_EMAIL.name, str(due.conversation_id).encode(), record)
            acknowledged.append(due.report_id)

    def _away(self, away: KafkaAway) -> None:
        self._health.not_ready("kafka", str(away))
        log.warning("reports are not acknowledged, trying again", extra={"reason": str(away)})
