"""Shapes of what operators look at: quarantine and reconciliation."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from inbox_projection.api.models.common import Asked, Given, Instant, PageAsked


class QuarantineRetry(Given):
    state: Literal["waiting", "done", "failed"]
    at: datetime
    reason: str | None = Field(description="Why it failed; the record stays in quarantine and can be retried.")


class Quarantined(Given):
    id: UUID
    topic: str
    partition: int
    offset: int
    reason: str
    size: int
    quarantined_at: datetime
    released_at: datetime | None
    retry: QuarantineRetry | None = Field(description="Of a mail that was to be parsed anew, the last time.")
    raw_url: str


class QuarantineAsked(PageAsked):
    pass


class ReconciliationAsked(Asked):
    from_: Instant | None = Field(None, alias="from", description="Default: 24 hours before `to`.")
    to: Instant | None = Field(None, description="Default: now.")


class Counted(Given):
    """Messages in. `received` by us, then `appended` to a conversation, `filtered` (and `admitted` after all),
    `quarantined` or `released`; those `shown` in conversations.

    The promise: received = appended + filtered − admitted + quarantined − released + duplicates and those on their way.
    """

    received: int
    appended: int
    filtered: int
    admitted: int
    quarantined: int
    released: int
    shown: int


class CountedHour(Counted):
    channel: str
    hour: datetime


class DifferencesAsked(PageAsked):
    hour: Instant | None = Field(None, description="Any time within it; default: now.")
    channel: Literal["email"] = "email"
    channel_id: UUID | None = Field(None, description="Only this channel; what is quarantined has none.")


class Difference(Given):
    """A message that was received in the hour, or put into quarantine then, and is in no conversation.

    `duplicate`: another copy of it, `duplicate_of`, is shown or filtered. `on_its_way`: the router has not come to it.
    `not_shown`: none of these can be seen (a copy may have come more than a day before it): look into it.
    """

    kind: Literal["filtered", "quarantined", "duplicate", "on_its_way", "not_shown"]
    id: str
    at: datetime
    message_id: UUID | None
    inbox_id: UUID | None
    channel_id: UUID | None
    filtered_id: UUID | None
    quarantine_id: UUID | None
    duplicate_of: UUID | None
    topic: str | None
    partition: int | None
    offset: int | None


class Differences(Given):
    """`complete` is false when the log no longer holds all of the hour, or more than can be read at once."""

    hour: datetime
    complete: bool
    items: list[Difference]
    next_cursor: str | None


class Reconciliation(Given):
    from_: datetime = Field(alias="from")
    to: datetime
    items: list[CountedHour]
    total: Counted
