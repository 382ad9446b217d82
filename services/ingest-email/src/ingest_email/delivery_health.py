"""Tells the workspace how each channel's sending does: only on change, and until Kafka acknowledged it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from events import codec
from events.codec import Record
from events.envelope import SYSTEM, Envelope
from events.inbound import ChannelHealthChanged
from events.topics import INBOUND_EMAIL
from ingest_email.delivery import FaultCode
from ingest_email.outgoing_channels import Health
from service_kit.clock import Clock
from service_kit.consumer import first_of
from service_kit.faults import KafkaAway
from service_kit.ids import new_id
from service_kit.producer import Publisher

log = logging.getLogger(__name__)
PREFIX: Final = "smtp_"
AGAIN_SECONDS: Final = 1.0
OK: Final = Health()
State = Literal["ok", "degraded", "down"]
_MAY_PASS: Final = frozenset({"unreachable", "refused"})
_BLIPS: Final = 1
"""Failures in a row of those which may pass by themselves that are nobody's business."""


def reason_of(fault: FaultCode) -> str:
    """The code that the channel's health shows, such as `smtp_wrong_password`."""
    return PREFIX + fault.replace("-", "_")


def wanted(fault: FaultCode | None, failures: int, known: Health) -> Health | None:
    """What is to be told of sending when the workspace knows this of it; None for nothing."""
    if fault is None:
        return OK if known != OK else None
    if fault in _MAY_PASS and failures <= _BLIPS:
        return None
    told = Health("degraded" if fault in _MAY_PASS else "down", reason_of(fault))
    return told if told != known else None


class ChannelHealth:
    """Belongs to one event loop. `noted` gives what the copy of the workspace says of a channel's sending."""

    def __init__(self, publisher: Publisher, workspace_id: UUID, noted: Callable[[UUID], Health], clock: Clock) -> None:
        self._publisher, self._workspace_id, self._noted, self._clock = publisher, workspace_id, noted, clock
        self._told: dict[UUID, Health] = {}
        self._unsent: dict[UUID, Record] = {}
        self._wake = asyncio.Event()

    def heard(self, channel_id: UUID, fault: FaultCode | None, failures: int) -> None:
        """What the channel's server did; `failures` in a row."""
        news = wanted(fault, failures, self._told.get(channel_id) or self._noted(channel_id))
        if news is not None:
            self._told[channel_id] = news
            self._unsent[channel_id] = self._record(channel_id, news, self._clock())
            self._wake.set()
            log.warning("a channel's mail server has changed", extra={"state": news.state, "reason": news.reason})

    def noted(self, channel_id: UUID) -> None:
        """The workspace has noted a health of the channel, of ours or another's telling: that counts now."""
        if channel_id not in self._unsent:
            self._told.pop(channel_id, None)

    async def run(self, stop: asyncio.Event) -> None:
        """Publishes until `stop`. What is unsent then, the next process finds out by itself."""
        try:
            while not stop.is_set():
                self._wake.clear()
                if await self._publish():
                    await first_of(self._wake, stop)
                else:
                    await first_of(stop, timeout=AGAIN_SECONDS)
        finally:
            await self._publisher.stop(1.0)

    async def _publish(self) -> bool:
        for channel_id, record in tuple(self._unsent.items()):
            try:
                await self._publisher.publish(INBOUND_EMAIL.name, str(channel_id).encode(), record)
            except KafkaAway as away:
                log.warning("a channel's health is not acknowledged, trying again", extra={"reason": str(away)})
                return False
            if self._unsent.get(channel_id) is record:
                del self._unsent[channel_id]
        return not self._unsent

    def _record(self, channel_id: UUID, health: Health, now: datetime) -> Record:
        state: State = "ok" if health == OK else "degraded" if health.state == "degraded" else "down"
        event_id = new_id()
        return codec.encode(
            Envelope(
                id=event_id,
                stream=channel_id,
                occurred_at=now,
                recorded_at=now,
                workspace_id=self._workspace_id,
                actor=SYSTEM,
                correlation_id=event_id,
                data=ChannelHealthChanged(
                    channel="email",
                    channel_id=channel_id,
                    part="sending",
                    state=state,
                    reason=health.reason,
                    reported_at=now,
                ),
            )
        )
