"""Shapes of what operators look at: quarantine and reconciliation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from inbox_projection.api.models.common import Asked, Given, Instant, PageAsked


class Quarantined(Given):
    id: UUID
    topic: str
    partition: int
    offset: int
    reason: str
    size: int
    quarantined_at: datetime
    released_at: datetime | None
    raw_url: str


class QuarantineAsked(PageAsked):
    pass


class ReconciliationAsked(Asked):
    from_: Instant | None = Field(None, alias="from", description="Default: 24 hours before `to`.")
    to: Instant | None = Field(None, description="Default: now.")


class Counted(Given):
    """Messages in. `received` by us, then `appended` to a conversation, `quarantined` or `released`; `shown` here.

    Equal numbers are the promise: received = appended + quarantined − released + duplicates and those on their way.
    """

    received: int
    appended: int
    quarantined: int
    released: int
    shown: int


class CountedHour(Counted):
    channel: str
    hour: datetime


class Reconciliation(Given):
    from_: datetime = Field(alias="from")
    to: datetime
    items: list[CountedHour]
    total: Counted
