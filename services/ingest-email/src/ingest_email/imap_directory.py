"""Which mailboxes are connected, by the events of workspace.v1; the shell keeps it fed."""

from __future__ import annotations

import asyncio
from uuid import UUID

from msgspec import Struct

from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    EmailSettings,
    ImapSettings,
    InboxChanged,
)


class Mailbox(Struct, frozen=True):
    """A mailbox to fetch from, and whose channel it is: `address` is that of ours which its mails came by."""

    channel_id: UUID
    inbox_id: UUID
    address: str
    imap: ImapSettings


class MailboxDirectory:
    """The mailboxes as the events so far leave them; `changed` is set at each change. An archived inbox has none."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._channels: dict[UUID, tuple[UUID, EmailSettings]] = {}
        self._archived: set[UUID] = set()

    def apply(self, event: object) -> None:
        """Takes in one event; those about other things change nothing."""
        match event:
            case ChannelConnected(kind="email", email=EmailSettings() as settings):
                self._channels[event.channel_id] = (event.inbox_id, settings)
            case ChannelChanged(email=EmailSettings() as settings) if event.channel_id in self._channels:
                self._channels[event.channel_id] = (self._channels[event.channel_id][0], settings)
            case ChannelDisconnected():
                self._channels.pop(event.channel_id, None)
            case InboxChanged(archived=True):
                self._archived.add(event.inbox_id)
            case InboxChanged():
                self._archived.discard(event.inbox_id)
            case _:
                return
        self.changed.set()

    def mailboxes(self) -> dict[UUID, Mailbox]:
        """By channel."""
        return {
            channel_id: Mailbox(channel_id, inbox_id, settings.address, settings.imap)
            for channel_id, (inbox_id, settings) in self._channels.items()
            if settings.imap is not None and inbox_id not in self._archived
        }
