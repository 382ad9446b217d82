"""Which e-mail channels are connected, and which inboxes archived, by the events of workspace.v1; pure."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    EmailSettings,
    FallbackAddressIssued,
    InboxChanged,
)


class EmailChannel(Struct, frozen=True):
    """A connected channel; its settings say whether it was made with the inbox (`fallback`)."""

    channel_id: UUID
    inbox_id: UUID
    settings: EmailSettings


class EmailChannels:
    """The channels as the events so far leave them; disconnected ones are forgotten."""

    READS: ClassVar[frozenset[type]] = frozenset(
        {ChannelChanged, ChannelConnected, ChannelDisconnected, FallbackAddressIssued, InboxChanged}
    )

    def __init__(self) -> None:
        self._connected: dict[UUID, EmailChannel] = {}
        self._archived: set[UUID] = set()

    def apply(self, event: object) -> None:
        """Takes in one event; those about other things change nothing."""
        match event:
            case FallbackAddressIssued():
                self._put(event.channel_id, event.inbox_id, EmailSettings(address=event.address, fallback=True))
            case ChannelConnected(kind="email", email=EmailSettings() as settings):
                self._put(event.channel_id, event.inbox_id, settings)
            case ChannelChanged(email=EmailSettings() as settings) if event.channel_id in self._connected:
                known = self._connected[event.channel_id]
                fallback = settings.fallback or known.settings.fallback
                self._put(event.channel_id, known.inbox_id, replace(settings, fallback=fallback))
            case ChannelDisconnected():
                self._connected.pop(event.channel_id, None)
            case InboxChanged(archived=True):
                self._archived.add(event.inbox_id)
            case InboxChanged():
                self._archived.discard(event.inbox_id)
            case _:
                return
        self._changed()

    def in_use(self) -> list[EmailChannel]:
        """All but those of archived inboxes; an inbox's fallback address is valid for ever."""
        return [
            channel
            for channel in self._connected.values()
            if channel.settings.fallback or channel.inbox_id not in self._archived
        ]

    def _put(self, channel_id: UUID, inbox_id: UUID, settings: EmailSettings) -> None:
        self._connected[channel_id] = EmailChannel(channel_id, inbox_id, settings)

    def _changed(self) -> None:
        """After each event that may have changed something."""
