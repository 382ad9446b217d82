"""Tells the router how a mailbox does, when that is news, and how long to wait before the next try."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from events import codec
from events.envelope import Envelope
from events.inbound import ChannelHealthChanged
from events.topics import INBOUND_EMAIL
from ingest_email.imap_store import MailboxStore
from ingest_email.intake import Log
from service_kit.clock import Clock
from service_kit.ids import new_id

FIRST_PAUSE: Final = 1.0
PATIENT_PAUSE: Final = 60.0
UID_VALIDITY_CHANGED: Final = "imap_uid_validity_changed"
State = Literal["ok", "degraded", "down"]


def pause(failures: int, *, patient: bool, longest: float, jitter: float) -> float:
    """Seconds before the next try, after so many failures in a row (1, 2, …); `jitter` is from 0 to 1.

    Doubles from a second (a minute where one should be patient) up to `longest`, less up to a half by chance, so that a
    server that comes back is not met by all at once.
    """
    first = min(PATIENT_PAUSE, longest) if patient else FIRST_PAUSE
    return min(longest, first * 2.0 ** min(failures - 1, 20)) * (1 - jitter / 2)


class MailboxHealth:
    """What was last reported of one mailbox, by whichever process; `state` is for metrics."""

    def __init__(
        self, channel_id: UUID, workspace_id: UUID, *, store: MailboxStore, inbound: Log, clock: Clock
    ) -> None:
        self._channel_id, self._workspace_id = channel_id, workspace_id
        self._store, self._log, self._clock = store, inbound, clock
        self._reported: tuple[str, str] | None = None
        self.state: str = "starting"

    async def report(self, state: State, reason: str = "") -> None:
        """Returns when it is acknowledged and noted; at once where it is no news. Raises KafkaAway, StoreAway."""
        self.state = state
        if self._reported is None:
            self._reported = await self._store.health(self._channel_id)
        if self._reported == (state, reason):
            return
        now = self._clock()
        fact = ChannelHealthChanged(
            channel="email",
            channel_id=self._channel_id,
            part="receiving",
            state=state,
            reason=reason,
            reported_at=now,
        )
        envelope = Envelope(
            id=new_id(),
            stream=self._channel_id,
            occurred_at=now,
            recorded_at=now,
            workspace_id=self._workspace_id,
            correlation_id=new_id(),
            data=fact,
        )
        await self._log.publish(
            INBOUND_EMAIL.name, str(self._channel_id).encode(), codec.encode(envelope), timeout=10.0
        )
        await self._store.note_health(self._channel_id, state, reason)
        self._reported = (state, reason)
