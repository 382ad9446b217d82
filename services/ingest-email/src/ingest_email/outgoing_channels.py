"""By which server each channel's replies go out, by the events of workspace.v1; pure."""

from __future__ import annotations

from typing import ClassVar, NamedTuple
from uuid import UUID

import msgspec

from events.channel_health import spoken_of
from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    ChannelHealthNoted,
    Dkim,
    EmailSettings,
    FallbackAddressIssued,
    SmtpSettings,
)


class Health(NamedTuple):
    """How a channel's sending does ("ok", "degraded", "down") and why, as the workspace notes it."""

    state: str = "ok"
    reason: str = ""


class OutgoingChannel(msgspec.Struct, frozen=True):
    """An e-mail channel. `smtp` None: its replies go out by the installation's relay; `dkim` None: unsigned."""

    connected: bool = True
    address: str = ""
    dkim: Dkim | None = None
    smtp: SmtpSettings | None = None
    health: Health = Health()


def _of(settings: EmailSettings) -> OutgoingChannel:
    return OutgoingChannel(address=settings.address, smtp=settings.smtp, dkim=settings.dkim)


class ChannelBook:
    """The e-mail channels as the events so far leave them; those that were disconnected are remembered as such."""

    READS: ClassVar[frozenset[type]] = frozenset(
        {ChannelChanged, ChannelConnected, ChannelDisconnected, ChannelHealthNoted, FallbackAddressIssued}
    )

    def __init__(self) -> None:
        self._channels: dict[UUID, OutgoingChannel] = {}

    def find(self, channel_id: UUID) -> OutgoingChannel | None:
        """None for a channel that no event has spoken of yet."""
        return self._channels.get(channel_id)

    def dkim_of(self, channel_id: UUID) -> Dkim | None:
        """How the channel's mails are signed; None where they are not."""
        channel = self._channels.get(channel_id)
        return None if channel is None else channel.dkim

    def address_of(self, channel_id: UUID) -> str:
        """ "" for a channel that is not known, or connected no more."""
        channel = self._channels.get(channel_id)
        return "" if channel is None else channel.address

    def by_relay(self) -> list[UUID]:
        """The connected channels whose replies go out by the installation's relay."""
        return [channel_id for channel_id, one in self._channels.items() if one.connected and one.smtp is None]

    def apply(self, event: object) -> None:
        """Takes in one event; those about other things change nothing."""
        match event:
            case FallbackAddressIssued():
                self._put(event.channel_id, OutgoingChannel(address=event.address))
            case ChannelConnected(kind="email", email=EmailSettings() as settings):
                self._put(event.channel_id, _of(settings))
            case ChannelChanged(email=EmailSettings() as settings):
                known = self._channels.get(event.channel_id)
                if known is not None and known.connected:
                    self._put(event.channel_id, msgspec.structs.replace(_of(settings), health=known.health))
            case ChannelDisconnected() if event.channel_id in self._channels:
                self._put(event.channel_id, OutgoingChannel(connected=False))
            case ChannelHealthNoted() if "sending" in spoken_of(event):
                known = self._channels.get(event.channel_id)
                if known is not None:
                    health = Health(event.state, event.reason)
                    self._put(event.channel_id, msgspec.structs.replace(known, health=health))

    def _put(self, channel_id: UUID, channel: OutgoingChannel) -> None:
        self._channels[channel_id] = channel
