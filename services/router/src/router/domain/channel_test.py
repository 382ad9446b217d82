"""What is remembered of a channel's newest test."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from events.channel_tests import HOPS, Hop


class ChannelTest(msgspec.Struct, frozen=True, kw_only=True):
    """The hops of which something was `noted`, and whether one of them `failed`."""

    test_id: UUID
    channel_id: UUID
    ends_at: datetime
    noted: frozenset[Hop] = frozenset()
    failed: bool = False

    def after(self, hop: Hop, *, ok: bool) -> ChannelTest:
        return msgspec.structs.replace(self, noted=self.noted | {hop}, failed=self.failed or not ok)

    def is_running(self, now: datetime) -> bool:
        """Whether more may come of it."""
        return now < self.ends_at and not self.failed and len(self.noted) < len(HOPS)
