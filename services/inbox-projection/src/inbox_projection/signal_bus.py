"""The topic of signals: publishes this process's, reads everybody's without a group, from now on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from events import codec
from events.envelope import SYSTEM, Envelope
from events.errors import EventError
from events.signals import AgentPresent
from events.topics import SIGNALS
from inbox_projection.kafka_bus import KafkaBus
from service_kit.clock import Clock, utc_now
from service_kit.ids import new_id

log = logging.getLogger(__name__)
PUBLISH_SECONDS: Final = 2.0


class KafkaSignals:
    """`run` must be running; `ready` is set once the end of the topic has been sought."""

    def __init__(self, bootstrap_servers: str, workspace_id: UUID, clock: Clock = utc_now) -> None:
        self._workspace_id, self._clock = workspace_id, clock
        # What a signal says is over in seconds: one broker's word is enough.
        self._bus = KafkaBus(
            bootstrap_servers,
            reads=SIGNALS,
            reading="signals",
            writes=SIGNALS,
            writing="signal",
            acks=1,
            request_timeout_ms=2_000,
        )
        self.ready, self.close = self._bus.ready, self._bus.close

    async def publish(self, signal: AgentPresent) -> None:
        """Raises BusAway when that takes longer than two seconds."""
        envelope = Envelope(
            id=new_id(),
            stream=signal.conversation_id,
            sequence=0,
            occurred_at=self._clock(),
            recorded_at=self._clock(),
            workspace_id=self._workspace_id,
            actor=SYSTEM,
            correlation_id=signal.source,
            data=signal,
        )
        await self._bus.publish(str(signal.conversation_id), codec.encode(envelope), PUBLISH_SECONDS)

    async def run(self, heard: Callable[[AgentPresent], None]) -> None:
        """Reads signals until cancelled; after a fault of Kafka it begins anew at the end of the topic."""

        def notice(_: bytes | None, headers: list[codec.Header], value: bytes | None) -> None:
            try:
                signal = codec.decode(headers, value).data
            except EventError as error:
                log.error("a signal cannot be read", extra={"fault": type(error).__name__})
                return
            if isinstance(signal, AgentPresent):
                heard(signal)

        await self._bus.run(notice)
