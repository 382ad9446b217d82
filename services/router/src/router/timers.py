"""Due timers become commands; a row stays until its command is handled, and is published again if that takes long."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import psycopg

from events import codec
from events.commands import ElapseReply, ElapseSnooze, ElapseTrash
from events.envelope import Command, Envelope
from events.system_mails import SendNotificationMail
from router import notification_rows
from router.kept_connection import KeptConnection
from router.lookup_rows import TimerKind
from service_kit.clock import Clock, utc_now
from service_kit.consumer import first_of
from service_kit.faults import KafkaAway
from service_kit.ids import derived_id
from service_kit.producer import Publisher

log = logging.getLogger("router.timers")
LOOK_SECONDS: Final = 0.5
AGAIN_AFTER: Final = timedelta(seconds=30)
AT_ONCE: Final = 500
_DUE: Final = (
    b"SELECT timer_id, conversation_id, kind FROM router.timers WHERE due_at <= %s"
    b" AND (published_at IS NULL OR published_at <= %s) ORDER BY due_at LIMIT %s"
)
_PUBLISHED: Final = b"UPDATE router.timers SET published_at = %s WHERE timer_id = ANY(%s)"
_ELAPSED: Final[dict[TimerKind, type[ElapseSnooze | ElapseReply | ElapseTrash]]] = {
    "snooze": ElapseSnooze,
    "reply": ElapseReply,
    "trash": ElapseTrash,
}


@dataclass(frozen=True, slots=True)
class Timer:
    timer_id: UUID
    conversation_id: UUID
    kind: TimerKind = "snooze"


def command_of(timer: Timer, workspace_id: UUID, now: datetime) -> Envelope[ElapseSnooze | ElapseReply | ElapseTrash]:
    """The command that a due timer gives; its id is the timer's, so it is handled once however often it comes."""
    return Envelope(
        id=timer.timer_id,
        stream=timer.conversation_id,
        occurred_at=now,
        recorded_at=now,
        workspace_id=workspace_id,
        correlation_id=timer.timer_id,
        data=_ELAPSED[timer.kind](timer_id=timer.timer_id),
    )


def mail_of(agent_id: UUID, since: datetime, workspace_id: UUID, now: datetime) -> Envelope[SendNotificationMail]:
    """The command for a mail to the agent about what is due `since` then; what is due since the same is the same."""
    mail_id = derived_id(agent_id, f"notification {since.timestamp()}")
    return Envelope(
        id=mail_id,
        stream=mail_id,
        occurred_at=now,
        recorded_at=now,
        workspace_id=workspace_id,
        correlation_id=mail_id,
        data=SendNotificationMail(agent_id=agent_id),
    )


class Timers:
    """Runs beside the relay: only its lock holder publishes (`leading`). A second copy of a command does no harm."""

    def __init__(
        self, *, dsn: str, publisher: Publisher, workspace_id: UUID, leading: asyncio.Event, clock: Clock = utc_now
    ) -> None:
        self._connection = KeptConnection(dsn, "router timers")
        self._publisher, self._workspace_id = publisher, workspace_id
        self._leading, self._clock = leading, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; waits out a database or Kafka that is away."""
        while not stop.is_set():
            if self._leading.is_set():
                try:
                    await self.publish_due()
                except (psycopg.OperationalError, psycopg.InterfaceError, KafkaAway) as error:
                    log.warning("timers wait: %s", type(error).__name__)
            await first_of(stop, timeout=LOOK_SECONDS)
        await self.close()

    async def close(self) -> None:
        await self._connection.close()
        await self._publisher.stop()

    async def publish_due(self) -> int:
        """Publishes what is due now and was not published in the last 30 s; returns how many."""
        now = self._clock()
        timers = [Timer(*row) for row in await self._connection.rows(_DUE, now, now - AGAIN_AFTER, AT_ONCE)]
        for timer in timers:
            record = codec.encode(command_of(timer, self._workspace_id, now))
            await self._publisher.publish(Command.TOPIC, str(timer.conversation_id).encode(), record)
        if timers:
            await self._connection.rows(_PUBLISHED, now, [timer.timer_id for timer in timers])
        return len(timers) + await self._publish_notifications(now)

    async def _publish_notifications(self, now: datetime) -> int:
        """One command for each agent to whom a mail is due; the same one while it is not handled."""
        due = await self._connection.rows(notification_rows.DUE_AGENTS, now, now - AGAIN_AFTER, AT_ONCE)
        for agent_id, since in due:
            record = codec.encode(mail_of(agent_id, since, self._workspace_id, now))
            await self._publisher.publish(Command.TOPIC, str(agent_id).encode(), record)
        if due:
            await self._connection.rows(notification_rows.PUBLISHED, now, [agent_id for agent_id, _ in due], now)
        return len(due)
