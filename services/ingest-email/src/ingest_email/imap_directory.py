"""Which mailboxes are connected, by the events of workspace.v1; the shell keeps it fed."""

from __future__ import annotations

import asyncio
from uuid import UUID

from msgspec import Struct

from events.workspace import ImapSettings
from ingest_email.email_channels import EmailChannels


class Mailbox(Struct, frozen=True):
    """A mailbox to fetch from, and whose channel it is: `address` is that of ours which its mails came by."""

    channel_id: UUID
    inbox_id: UUID
    address: str
    imap: ImapSettings


class MailboxDirectory(EmailChannels):
    """The mailboxes as the events so far leave them; `changed` is set at each change. An archived inbox has none."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = asyncio.Event()

    def mailboxes(self) -> dict[UUID, Mailbox]:
        """By channel."""
        return {
            channel.channel_id: Mailbox(
                channel.channel_id, channel.inbox_id, channel.settings.address, channel.settings.imap
            )
            for channel in self.in_use()
            if channel.settings.imap is not None
        }

    def _changed(self) -> None:
        self.changed.set()
