"""What the router shows of itself: metrics and readiness."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from router.drafts import Tally
from service_kit.health import Health
from service_kit.metrics import Metrics

PART = "intake"


class Observation:
    """Counts what was handled, and says when the router is ready: active, or waiting for the active one's lock."""

    def __init__(self, metrics: Metrics, health: Health) -> None:
        self._health = health
        self._batches = metrics.counter("router_batches_total", "Batches committed")
        self._sizes = metrics.sizes("router_batch_records", "Records of a batch")
        self._seconds = metrics.seconds("router_batch", "From taking a batch to its commit")
        self._outcomes = metrics.counter("router_records_total", "Records by how they ended", "outcome")
        self._repeated = metrics.counter("router_batches_repeated_total", "Batches not committed", "fault")
        self._lag = metrics.gauge("router_lag_seconds", "Age of the last batch's oldest record at its commit", "topic")
        self._active = metrics.gauge("router_active", "1 in the process that holds the lock")
        self._seen: set[str] = set()

    def standing_by(self) -> None:
        self._active.set(0)
        self._health.ready(PART)

    def starting(self) -> None:
        self._health.not_ready(PART, "reading offsets")

    def gave_up(self, why: str) -> None:
        """A term ends or has ended, the next has not begun."""
        self._active.set(0)
        self._health.not_ready(PART, f"not active any more: {why}")

    def ready(self) -> None:
        self._active.set(1)
        self._health.ready(PART)

    def settled(self, tally: Tally) -> None:
        """Called in the batch thread for each committed transaction."""
        for outcome, count in tally.counts.items():
            self._outcomes.labels(outcome).inc(count)

    def handled(self, records: Sequence[Any], seconds: float) -> None:
        self._batches.inc()
        self._sizes.observe(len(records))
        self._seconds.observe(seconds)
        oldest: dict[str, int] = {}
        for record in records:
            oldest.setdefault(record.topic, record.timestamp)
        now = time.time()
        for topic, stamp in oldest.items():
            self._seen.add(topic)
            self._lag.labels(topic).set(max(0.0, now - stamp / 1000))

    def repeated(self, error: Exception) -> None:
        self._repeated.labels(type(error).__name__).inc()

    def idle(self) -> None:
        """Nothing is waiting."""
        for topic in self._seen:
            self._lag.labels(topic).set(0.0)
        self._seen.clear()
