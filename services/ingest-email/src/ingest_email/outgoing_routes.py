"""By which server a reply goes: its channel's own, or the installation's relay; and how those servers do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from events.channel_tests import ChannelTestNoted, ChannelTestStarted
from events.workspace import ChannelHealthNoted, SmtpSettings
from ingest_email.access_tokens import GrantEnded, TokensAway
from ingest_email.delivery import Answered, FaultCode, Impossible, Postponed
from ingest_email.delivery_health import ChannelHealth
from ingest_email.delivery_lanes import RELAY, Lane, Lanes
from ingest_email.delivery_ledger import NO_CHANNEL
from ingest_email.outgoing_channels import ChannelBook
from ingest_email.outgoing_faults import CONNECTION, ServerFault
from ingest_email.relay_url import SmtpRelay, server_of
from ingest_email.render import Mail
from ingest_email.smtp_client import BeforeFinalDot, SmtpTransport
from ingest_email.workspace_reader import WorkspaceReader
from service_kit.faults import KafkaAway
from service_kit.offsets import Record
from service_kit.secrets import SecretMissing, SecretSealedOtherwise

OpenSecret = Callable[[SmtpSettings], Awaitable[str | None]]


class Transport(Protocol):
    """The next hop: SmtpTransport or OutboxTransport."""

    async def send(self, mail: Mail, wanted: Sequence[int], before_final_dot: BeforeFinalDot) -> Answered: ...


class Way(NamedTuple):
    """Where a reply of the channel goes; `lane` keeps account of that server."""

    channel_id: UUID
    lane: Lane
    transport: Transport


class Routes:
    """Belongs to one event loop; the copy of workspace.v1 is fed by `read`.

    `connect` makes a transport to a server whose password or token the callable given to it opens; `refused` is told of
    servers that did not take a token. `hurried` are channels
    (None: those of the relay) whose waiting replies need wait no longer.
    """

    def __init__(
        self,
        *,
        reader: WorkspaceReader[ChannelBook],
        lanes: Lanes,
        health: ChannelHealth,
        relay: Transport,
        connect: Callable[[SmtpRelay, Callable[[], Awaitable[str | None]]], SmtpTransport],
        open_secret: OpenSecret,
        refused: Callable[[SmtpSettings], None],
        caught_up: Callable[[], Awaitable[None]],
        wake: asyncio.Event,
    ) -> None:
        self.lanes, self.reader, self._health, self._relay = lanes, reader, health, relay
        self._connect, self._open_secret, self._refused = connect, open_secret, refused
        self._caught_up, self._wake = caught_up, wake
        self._servers: dict[UUID, tuple[SmtpSettings, SmtpTransport]] = {}
        self._current = False
        self.hurried: set[UUID | None] = set()

    @property
    def book(self) -> ChannelBook:
        return self.reader.book

    def read(self, records: Sequence[Record]) -> None:
        """Takes in records of workspace.v1: replies from now on go by these settings."""
        for event in self.reader.read(records):
            channel_id: UUID = event.channel_id
            if self.book.find(channel_id) is None:
                continue
            if isinstance(event, ChannelHealthNoted):
                self._health.noted(channel_id)
            elif not isinstance(event, ChannelTestStarted | ChannelTestNoted):
                self._settle(channel_id)

    def up_to_date(self) -> None:
        """The copy has reached the end that the log had at start: from now on, what it takes in is news."""
        self._current = True
        self.hurried.clear()
        for channel_id in self.book.by_relay():
            self._health.heard(channel_id, None, 0)

    async def way(self, channel_id: UUID) -> Way | Impossible | Postponed:
        """The way as the settings are now, or why there is none."""
        channel = self.book.find(channel_id)
        if channel is None:
            try:
                await self._caught_up()
            except KafkaAway:
                return Postponed("channel-unknown", "the settings of the reply's channel can't be read now")
            channel = self.book.find(channel_id)
        if channel is None:
            return Postponed("channel-unknown", "the settings of the reply's channel are not known")
        if not channel.connected:
            return Impossible(
                "channel-disconnected", "the channel was disconnected before the reply was delivered", can_retry=True
            )
        own = self._servers.get(channel_id)
        return Way(channel_id, self.lanes.of(channel_id), own[1] if own is not None else self._relay)

    def of_the_house(self) -> Way:
        """The way of mails that are no channel's: by the installation's relay."""
        return Way(NO_CHANNEL, self.lanes.of(None), self._relay)

    def worked(self, way: Way) -> None:
        """The server took a mail; what waited because of it need wait no longer."""
        if self.lanes.worked(way.lane):
            self.hurried.add(self._name(way))
            self._wake.set()
        if self.lanes.is_current(way.channel_id, way.lane):
            self._health.heard(way.channel_id, None, 0)

    def failed(self, way: Way, fault: FaultCode, words: str, now: datetime, jitter: float) -> None:
        """The server takes nothing from us; what waits for it need not be hurried any more."""
        self.lanes.failed(way.lane, fault, words, now, jitter)
        if fault == "grant-expired" and (own := self._servers.get(way.channel_id)) is not None:
            self._refused(own[0])
        if way.lane is self.lanes.of(RELAY):
            self.hurried.discard(RELAY)
        if self.lanes.is_current(way.channel_id, way.lane):
            self.hurried.discard(way.channel_id)
            self._health.heard(way.channel_id, fault, way.lane.failures)

    async def close(self) -> None:
        """When nothing is under way any more."""
        await asyncio.gather(*(transport.close() for _, transport in self._servers.values()))

    def _name(self, way: Way) -> UUID | None:
        return way.channel_id if self.lanes.is_current(way.channel_id, way.lane) else None

    def _settle(self, channel_id: UUID) -> None:
        """Makes lane and transport fit the channel's settings."""
        channel = self.book.find(channel_id)
        wanted = channel.smtp if channel is not None and channel.connected else None
        before = self._servers.get(channel_id)
        if before is not None and before[0] != wanted:
            self._servers.pop(channel_id)[1].retire()
        if wanted is not None and (before is None or before[0] != wanted):
            self._servers[channel_id] = (wanted, self._connect(server_of(wanted), self._password(wanted)))
        if (before[0] if before is not None else None) != wanted:
            self.lanes.begin_anew(channel_id, own_server=wanted is not None)
            if self._current and wanted is None and channel is not None and channel.connected:
                self._health.heard(channel_id, None, 0)
        self.hurried.add(channel_id)
        self._wake.set()

    def _password(self, settings: SmtpSettings) -> Callable[[], Awaitable[str | None]]:
        async def opened() -> str | None:
            if settings.secret_id is None:
                return None
            try:
                return await self._open_secret(settings)
            except (SecretMissing, SecretSealedOtherwise) as error:
                raise ServerFault("secret-missing", "secret-missing", str(error)) from error
            except GrantEnded as error:
                raise ServerFault("grant-expired", "grant-expired", str(error)) from error
            except TokensAway as error:
                raise ServerFault("unreachable", CONNECTION, str(error)) from error

        return opened
