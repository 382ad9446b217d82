"""Headers that every answer carries, and the count and duration of requests."""

from __future__ import annotations

from service_kit.web.middleware import Headers, Measured

__all__ = ["Headers", "Measured"]
