"""What the API says of a channel's test."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from inbox_projection.api.models.common import Given


class HopOutcome(Given):
    """Of one hop: `waiting` until something is known of it, `skipped` after one that failed."""

    hop: Literal["credentials", "sent", "arrived", "routed"] = Field(
        description="Our log-in at the mail server; the server took the mail; it came back; it would lie in the inbox."
    )
    state: Literal["ok", "failed", "waiting", "skipped", "timed_out"]
    reason: str | None = Field(description="A code: of ours (`wrong-password`), or the mail server's status (`5.7.1`).")
    at: datetime | None
    inbox_id: UUID | None = Field(description="Of `routed`: where mail to the address would lie.")


class ChannelTest(Given):
    """A mail from the channel to itself. It is in no conversation, whatever becomes of it."""

    id: UUID
    channel_id: UUID
    state: Literal["running", "passed", "failed"]
    started_at: datetime
    ends_at: datetime = Field(description="What has not come by then has not come.")
    hops: list[HopOutcome]
