"""Leases due replies, runs their attempts side by side, settles them, and cleans up after those that died."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import psycopg

from ingest_email import delivery
from ingest_email.database_thread import DatabaseThread
from ingest_email.delivery import Interrupted, Outcome, Postponed, Settlement
from ingest_email.delivery_attempt import Attempts
from ingest_email.delivery_lanes import Lane, Turns
from ingest_email.delivery_ledger import HASTENED, DeliveryLedger, Lease, LeaseLost
from ingest_email.delivery_metrics import DeliveryMetrics
from ingest_email.delivery_settings import DeliverySettings
from ingest_email.outgoing_routes import Routes
from service_kit import logs
from service_kit.clock import Clock
from service_kit.consumer import first_of
from service_kit.database import Cursor
from service_kit.health import Health

log = logging.getLogger(__name__)
LOOK_SECONDS: Final = 1.0
LEAST_PAUSE: Final = 0.02
CLEAN_EVERY: Final = timedelta(seconds=0.9)
DRAIN_SECONDS: Final = 7.0
RELEASE_SECONDS: Final = 1.0
KEPT: Final = timedelta(days=30)
PRUNE_EVERY: Final = timedelta(hours=1)


class DeliveryWorkers:
    """`wake` is set when there may be something due; `reports` is set by every settlement."""

    def __init__(
        self,
        *,
        ledger: DeliveryLedger,
        database: DatabaseThread,
        attempts: Attempts,
        routes: Routes,
        settings: DeliverySettings,
        clock: Clock,
        jitter: Callable[[], float],
        wake: asyncio.Event,
        reports: asyncio.Event,
        health: Health,
        metrics: DeliveryMetrics,
    ) -> None:
        self._ledger = ledger
        self._database = database
        self._attempts = attempts
        self._routes = routes
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self._wake = wake
        self._reports = reports
        self._health = health
        self._metrics = metrics
        self._active: dict[UUID, asyncio.Task[None]] = {}
        self._at_the_dot: set[UUID] = set()
        self._faults: list[Exception] = []
        self._pruned_at = self._cleaned_at = datetime.min.replace(tzinfo=UTC)
        self.drained = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then attempts under way get some seconds to end, and those before their final dot are given
        back. `drained` is set when nothing is under way any more. Raises what an attempt raised unexpectedly.
        """
        try:
            while not stop.is_set():
                self._wake.clear()
                await first_of(self._wake, stop, timeout=await self._look())
                if self._faults:
                    raise self._faults[0]
        finally:
            await self._drain()
            self.drained.set()

    async def _look(self) -> float:
        """One round: take over what is stranded, lease what is due. Returns how long to wait, in seconds."""
        now, active, turns = self._clock(), tuple(self._active), self._routes.lanes.turns(self._clock())
        hurried = frozenset(self._routes.hurried)
        try:
            leases, stranded, next_due, all_hastened = await self._database.run(
                lambda cursor: self._round(cursor, now, active, turns, hurried)
            )
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._away(error)
            return LOOK_SECONDS
        self._health.ready("database")
        if all_hastened:
            self._routes.hurried -= hurried
        for lease in leases:
            lane = self._routes.lanes.of(lease.channel_id)
            lane.active += 1
            task = asyncio.create_task(self._one(lease, lane))
            self._active[lease.lease_id] = task
        for settlement in stranded:
            self._metrics.settled(settlement)
        if leases or stranded:
            self._reports.set()
        now = self._clock()
        waits = [at for at in (next_due, self._routes.lanes.next_opening(now)) if at is not None]
        return min(max((min(waits) - now).total_seconds(), LEAST_PAUSE), LOOK_SECONDS) if waits else LOOK_SECONDS

    def _round(
        self, cursor: Cursor, now: datetime, active: Sequence[UUID], turns: Turns, hurried: frozenset[UUID | None]
    ) -> tuple[list[Lease], list[Settlement], datetime | None, bool]:
        """One transaction. What is rarely needed is looked at once in a while, the due replies always."""
        self._ledger.hold(cursor)
        all_hastened = not hurried or self._ledger.hasten(cursor, turns, hurried, now) < HASTENED
        settlements = self._take_over(cursor, now, active) if now - self._cleaned_at >= CLEAN_EVERY else []
        leases = self._ledger.lease(cursor, now, turns, self._settings.lease_seconds)
        left = turns.after(lease.channel_id for lease in leases) if leases else turns
        return leases, settlements, self._ledger.next_due(cursor, left), all_hastened

    def _take_over(self, cursor: Cursor, now: datetime, active: Sequence[UUID]) -> list[Settlement]:
        settlements = []
        for lease in self._ledger.stranded(cursor, now, active):
            gone: Outcome = Interrupted() if lease.state == "data_sent" else Postponed("interrupted")
            settlement = self._settlement(lease, gone, now)
            self._ledger.settle(cursor, lease, settlement, now)
            settlements.append(settlement)
        self._metrics.counted(*self._ledger.counts(cursor))
        if now - self._pruned_at > PRUNE_EVERY:
            self._ledger.prune(cursor, now - KEPT)
            self._pruned_at = now
        self._cleaned_at = now
        return settlements

    async def _one(self, lease: Lease, lane: Lane) -> None:
        with logs.correlated(lease.correlation_id):
            try:
                with self._metrics.attempting():
                    outcome = await self._attempts.make(lease, lambda: self._at_the_dot.add(lease.lease_id))
                await self._settle(lease, outcome)
            except LeaseLost as lost:
                log.warning("another process has taken a reply over", extra={"reason": str(lost)})
            except Exception as fault:
                self._faults.append(fault)
            finally:
                lane.active -= 1
                del self._active[lease.lease_id]
                self._at_the_dot.discard(lease.lease_id)
                self._wake.set()

    async def _settle(self, lease: Lease, outcome: Outcome) -> None:
        now = self._clock()
        settlement = self._settlement(lease, outcome, now)
        await self._database.insist(lambda cursor: self._ledger.settle(cursor, lease, settlement, now), self._away)
        self._reports.set()
        self._metrics.settled(settlement)
        log.info(
            "an attempt to deliver a reply has ended",
            extra={
                "reply_id": str(lease.delivery.reply_id),
                "attempt": lease.delivery.attempt,
                "state": settlement.state,
                "code": _code(outcome),
            },
        )

    def _settlement(self, lease: Lease, outcome: Outcome, now: datetime) -> Settlement:
        return delivery.settle(lease.delivery, outcome, now, self._settings.schedule, self._jitter())

    async def _drain(self) -> None:
        tasks = list(self._active.values())
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        given_back = [lease_id for lease_id in self._active if lease_id not in self._at_the_dot]
        for task in self._active.values():
            task.cancel()
        await asyncio.wait(tasks, timeout=RELEASE_SECONDS)
        await self._give_back(given_back)

    async def _give_back(self, lease_ids: Iterable[UUID]) -> None:
        """Attempts that had not come to their final dot are due again at once, wherever."""
        now, wanted = self._clock(), set(lease_ids)

        def work(cursor: Cursor) -> None:
            for lease in self._ledger.stranded(cursor, now, ()):
                if lease.lease_id in wanted and lease.state == "attempting":
                    self._ledger.settle(cursor, lease, delivery.released(lease.delivery, now), now)

        if wanted:
            try:
                async with asyncio.timeout(RELEASE_SECONDS):
                    await self._database.run(work)
            except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as error:
                log.warning("unfinished attempts were not given back", extra={"reason": type(error).__name__})

    def _away(self, error: Exception) -> None:
        self._health.not_ready("database", type(error).__name__)
        log.warning("the database does not answer, trying again", extra={"reason": type(error).__name__})


def _code(outcome: Outcome) -> str:
    """A short word without personal data."""
    if isinstance(outcome, Postponed | delivery.Impossible):
        return outcome.code
    if isinstance(outcome, Interrupted):
        return "interrupted"
    codes = {getattr(answer, "code", type(answer).__name__.lower()) for answer in outcome.answers.values()}
    return " ".join(sorted(codes))
