"""Prometheus metrics: names begin with `postroom_`, labels are bounded, and never hold an id or an address."""

from __future__ import annotations

from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

M = TypeVar("M", Counter, Gauge, Histogram)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Metrics:
    """The metrics of one process, made in its composition root and handed on (so tests never share them).

    Who asks for a name again gets the same metric: parts of one kind differ by a label.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._made: dict[str, Any] = {}
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return self._once(Counter, name, help_text, labels)

    def gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return self._once(Gauge, name, help_text, labels)

    def seconds(self, name: str, help_text: str, *labels: str) -> Histogram:
        return self._once(Histogram, f"{name}_seconds", help_text, labels, buckets=SECONDS)

    def sizes(self, name: str, help_text: str, *labels: str) -> Histogram:
        return self._once(Histogram, name, help_text, labels, buckets=BATCHES)

    def _once(self, kind: type[M], name: str, help_text: str, labels: tuple[str, ...], **options: Any) -> M:
        if name not in self._made:
            self._made[name] = kind(f"postroom_{name}", help_text, labels, registry=self.registry, **options)
        made: M = self._made[name]
        return made

    def page(self) -> tuple[str, bytes]:
        """Content type and body of /metrics."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
