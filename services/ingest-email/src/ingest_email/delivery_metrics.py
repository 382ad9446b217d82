"""Metrics of the delivering process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ingest_email.delivery import Settlement
from service_kit.metrics import Metrics

OPEN_STATES = ("requested", "attempting", "data_sent", "unknown")


class DeliveryMetrics:
    """Attempts, final states, what waits."""

    def __init__(self, metrics: Metrics) -> None:
        self._duration = metrics.seconds("delivery_attempt", "From the lease of a reply to its answer.")
        self._attempts = metrics.counter("delivery_attempts_total", "Attempts by what the reply became.", "state")
        self._finished = metrics.counter("replies_finished_total", "Replies that need no further attempt.", "state")
        self._open = metrics.gauge("replies_open", "Replies not finished, by state.", "state")
        self._unreported = metrics.gauge("delivery_reports_unacknowledged", "Reports that Kafka has not acknowledged.")

    @contextmanager
    def attempting(self) -> Iterator[None]:
        with self._duration.time():
            yield

    def settled(self, settlement: Settlement) -> None:
        self._attempts.labels(settlement.state).inc()
        if settlement.due_at is None:
            self._finished.labels(settlement.state).inc()

    def counted(self, by_state: Mapping[str, int], unreported: int) -> None:
        for state in OPEN_STATES:
            self._open.labels(state).set(by_state.get(state, 0))
        self._unreported.set(unreported)
