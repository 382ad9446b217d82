"""Prometheus metrics: names begin with `postroom_`, labels are bounded, and never hold an id or an address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Metrics:
    """The metrics of one process, made in its composition root and handed on (so tests never share them)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(f"postroom_{name}", help_text, labels, registry=self.registry)

    def gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"postroom_{name}", help_text, labels, registry=self.registry)

    def seconds(self, name: str, help_text: str, *labels: str) -> Histogram:
        return Histogram(f"postroom_{name}_seconds", help_text, labels, buckets=SECONDS, registry=self.registry)

    def sizes(self, name: str, help_text: str, *labels: str) -> Histogram:
        return Histogram(f"postroom_{name}", help_text, labels, buckets=BATCHES, registry=self.registry)

    def page(self) -> tuple[str, bytes]:
        """Content type and body of /metrics."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
