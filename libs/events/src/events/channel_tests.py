"""A mail that a channel sends to itself, through the whole loop, and how far it came."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final, Literal, get_args
from uuid import UUID

from events.envelope import Command, Event
from events.values import Channel, MessageFacts

TOPIC = "workspace.v1"
Hop = Literal["credentials", "sent", "arrived", "routed"]
"""Our log-in at the channel's mail server; the server took the mail; it came back to us; it would lie in the inbox."""
HOPS: Final[tuple[Hop, ...]] = get_args(Hop)


class TestChannel(Command, frozen=True, kw_only=True):
    """The target is the workspace."""

    __test__ = False

    test_id: UUID
    channel_id: UUID


class ChannelTestStarted(Event, frozen=True, kw_only=True):
    """The channel's mail server is to be given a mail to the channel's own address. What has not come by `ends_at` has
    not come."""

    TOPIC: ClassVar[str] = TOPIC
    test_id: UUID
    channel_id: UUID
    address: str
    started_at: datetime
    ends_at: datetime


class ChannelTestReported(Event, frozen=True, kw_only=True):
    """How a hop of ours went, as a fact of the channel's service; `code` says why it failed: ours, or the server's
    status."""

    TOPIC: ClassVar[str] = "inbound.{channel}.v1"
    channel: Channel
    channel_id: UUID
    test_id: UUID
    hop: Hop
    ok: bool
    code: str = ""
    reported_at: datetime


class ChannelTestNoted(Event, frozen=True, kw_only=True):
    """How a hop went. `message` is the mail that came back, `inbox_id` where it would lie: it is in no conversation."""

    TOPIC: ClassVar[str] = TOPIC
    test_id: UUID
    channel_id: UUID
    hop: Hop
    ok: bool
    code: str = ""
    inbox_id: UUID | None = None
    message: MessageFacts | None = None


ChannelTestEvent = ChannelTestStarted | ChannelTestNoted
