"""Whether everything that was received is stored and shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.operations import Reconciliation, ReconciliationAsked
from inbox_projection.api.parts import parts_of
from inbox_projection.policy import Permission
from inbox_projection.problems import invalid
from inbox_projection.queries import operations

router = APIRouter(route_class=GuardedRoute, tags=["reconciliation"])
LONGEST: Final = timedelta(days=31)
_HOUR: Final = timedelta(hours=1)


@router.get("/reconciliation", responses=answers.gives(Reconciliation, what="By channel and hour, and in total."))
@policy(Permission.RECONCILE)
async def reconcile(request: Request, asked: Annotated[ReconciliationAsked, Query()]) -> Response:
    """At most 31 days; `from` is taken back and `to` forward to a full hour."""
    parts = parts_of(request)
    begin, end = _span(asked.from_, asked.to, parts.clock())
    rows = await operations.counts(parts.database, begin, end)
    total = {kind: sum(row[kind] for row in rows) for kind in operations.KINDS}
    return answers.json({"from": begin, "to": end, "items": rows, "total": total})


def _span(begin: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    try:
        until = (end or now).astimezone(UTC)
        since = until - timedelta(days=1) if begin is None else begin.astimezone(UTC)
        since = since.replace(minute=0, second=0, microsecond=0)
        full = until.replace(minute=0, second=0, microsecond=0)
        until = full if full == until else full + _HOUR
    except OverflowError:
        raise invalid(("query", "from"), "The time is out of range.") from None
    if since >= until:
        raise invalid(("query", "from"), "Must be before `to`.")
    if until - since > LONGEST + _HOUR:
        raise invalid(("query", "from"), "At most 31 days can be counted at once.")
    return since, until
