"""By which server each channel's replies go out, by the events of workspace.v1; the shell feeds it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from events import codec
from events.envelope import AnyEnvelope
from events.errors import EventError
from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    ChannelHealthNoted,
    EmailSettings,
    FallbackAddressIssued,
    SmtpSettings,
)
from service_kit.offsets import Record

log = logging.getLogger(__name__)
_READ: Final = frozenset(
    cls.__name__.encode()
    for cls in (ChannelChanged, ChannelConnected, ChannelDisconnected, ChannelHealthNoted, FallbackAddressIssued)
)


class Health(NamedTuple):
    """A channel's state ("ok", "degraded", "down") and why, as the workspace notes it."""

    state: str = "ok"
    reason: str = ""


class OutgoingChannel(msgspec.Struct, frozen=True):
    """An e-mail channel. `smtp` None: its replies go out by the installation's relay."""

    connected: bool = True
    smtp: SmtpSettings | None = None
    health: Health = Health()


class ChannelBook:
    """The e-mail channels as the events so far leave them; those that were disconnected are remembered as such."""

    def __init__(self) -> None:
        self._channels: dict[UUID, OutgoingChannel] = {}

    def find(self, channel_id: UUID) -> OutgoingChannel | None:
        """None for a channel that no event has spoken of yet."""
        return self._channels.get(channel_id)

    def by_relay(self) -> list[UUID]:
        """The connected channels whose replies go out by the installation's relay."""
        return [channel_id for channel_id, one in self._channels.items() if one.connected and one.smtp is None]

    def apply(self, event: object) -> UUID | None:
        """Takes in one event; returns the channel that it speaks of, None when it is about other things."""
        match event:
            case FallbackAddressIssued():
                return self._put(event.channel_id, OutgoingChannel())
            case ChannelConnected(kind="email", email=EmailSettings() as settings):
                return self._put(event.channel_id, OutgoingChannel(smtp=settings.smtp))
            case ChannelChanged(email=EmailSettings() as settings):
                known = self._channels.get(event.channel_id)
                if known is not None and known.connected:
                    return self._put(event.channel_id, msgspec.structs.replace(known, smtp=settings.smtp))
            case ChannelDisconnected() if event.channel_id in self._channels:
                return self._put(event.channel_id, OutgoingChannel(connected=False))
            case ChannelHealthNoted():
                known = self._channels.get(event.channel_id)
                if known is not None:
                    health = Health(event.state, event.reason)
                    return self._put(event.channel_id, msgspec.structs.replace(known, health=health))
        return None

    def _put(self, channel_id: UUID, channel: OutgoingChannel) -> UUID:
        self._channels[channel_id] = channel
        return channel_id


class ChannelReader:
    """Feeds the book from the records of workspace.v1, each position once.

    Records that speak of channels and can't be read are kept in `unreadable`, for the dead letters; what they would
    have changed stays as it was.
    """

    def __init__(self, book: ChannelBook) -> None:
        self.book = book
        self.unreadable: list[tuple[Record, str]] = []
        self._seen: dict[str, int] = {}

    def read(self, records: Sequence[Record]) -> list[object]:
        """The events that said something of a channel, in order. Never raises for what a record holds."""
        said: list[object] = []
        for record in records:
            kind = next((value for key, value in record.headers if key == "ce_type"), None)
            if kind is not None and kind not in _READ:
                continue
            try:
                envelope = codec.decode(record.headers, record.value)
            except EventError as error:
                reason = f"{type(error).__name__}: {error}"
                log.error("a record of %s can't be read", record.topic, extra={"offset": record.offset})
                self.unreadable.append((record, reason))
                continue
            if self._is_new(envelope) and self.book.apply(envelope.data) is not None:
                said.append(envelope.data)
        return said

    def _is_new(self, envelope: AnyEnvelope) -> bool:
        if envelope.store is None or envelope.position is None:
            return True
        if envelope.position <= self._seen.get(envelope.store, 0):
            return False
        self._seen[envelope.store] = envelope.position
        return True
