"""Tests of channels: when each began, and how each of its hops went."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events.channel_tests import ChannelTestEvent, ChannelTestNoted, ChannelTestStarted
from events.envelope import Envelope
from inbox_projection.views.rows import Row


class ChannelTestRow(Row, frozen=True, kw_only=True, gc=False):
    """A channel's test; each hop is JSON (HopNoted), None while nothing is known of it."""

    test_id: UUID
    channel_id: UUID
    started_at: datetime | None = None
    ends_at: datetime | None = None
    credentials: str | None = None
    sent: str | None = None
    arrived: str | None = None
    routed: str | None = None
    message_id: UUID | None = None


class HopNoted(msgspec.Struct, frozen=True):
    """How a hop went, and when that was noted; `code` says why it failed."""

    ok: bool
    code: str
    at: datetime
    inbox_id: UUID | None = None


def project(envelope: Envelope[Any], known: ChannelTestRow | None) -> ChannelTestRow:
    """The row; of one that is not `known` here, what the event alone says: a NULL changes nothing."""
    event: ChannelTestEvent = envelope.data
    row = known or ChannelTestRow(test_id=event.test_id, channel_id=event.channel_id)
    match event:
        case ChannelTestStarted():
            return replace(row, started_at=event.started_at, ends_at=event.ends_at)
        case ChannelTestNoted():
            noted = HopNoted(event.ok, event.code, envelope.recorded_at, event.inbox_id)
            hop = {event.hop: msgspec.json.encode(noted).decode()}
            message_id = row.message_id if event.message is None else event.message.message_id
            return replace(row, **hop, message_id=message_id)
