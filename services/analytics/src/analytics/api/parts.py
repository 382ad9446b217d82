"""What the API is made of: opened by the composition root, handed to the app, found again by every route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from analytics.api.callers import Callers
from analytics.workspace import Reach
from service_kit.clock import Clock
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.web.pool import Database


@dataclass(frozen=True)
class Parts:
    database: Database
    callers: Callers
    clock: Clock
    health: Health
    metrics: Metrics


def parts_of(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


def reach_of(request: Request) -> Reach:
    """What the caller whom the guard let in may see."""
    return cast(Reach, request.state.reach)
