"""Mails of the installation to its own agents: each a stream of its own, to be delivered once, never by a rebuild."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.envelope import Command, Event, Personal
from events.notifications import NotificationKind

AccountMailKind = Literal["invitation", "password_reset"]
SystemMailKind = Literal["invitation", "password_reset", "notification", "answer_refused", "notification_test"]


class SendAccountMail(Command, frozen=True, kw_only=True):
    """The target is the mail. `token` is single-use, sealed with the master key under the mail's id by the API, which
    keeps its hash; nobody but the delivering process opens it. A test of notifications offers nothing: it has none."""

    kind: AccountMailKind | Literal["notification_test"]
    agent_id: UUID
    token: bytes
    expires_at: datetime


class SendNotificationMail(Command, frozen=True, kw_only=True):
    """A mail about what an agent was to be told of is due. The target is the mail; its id is the command's."""

    agent_id: UUID


class Excerpt(Personal, frozen=True, kw_only=True):
    """What was written, cut to what a mail shows of it; `sender` is who wrote, "" for an agent of ours."""

    sender: str = ""
    subject: str = ""
    text: str = ""


class SealedExcerpt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An `Excerpt` in a box of its own: under the key of the conversation's person, with the conversation's id as
    associated data. Once that person is erased it says nothing. `agent_id` wrote it, None: somebody outside;
    `internal`: it is a comment, for the team alone."""

    key_id: UUID
    box: bytes
    agent_id: UUID | None = None
    internal: bool = False


class Matter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A conversation that a mail is about, and of what in it; `inbox_id` is where it was then."""

    conversation_id: UUID
    number: int
    kinds: tuple[NotificationKind, ...]
    inbox_id: UUID | None = None
    excerpt: SealedExcerpt | None = None


class ChannelMatter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A channel with trouble that a mail is about: how it did when the mail was queued, and since when."""

    channel_id: UUID
    inbox_id: UUID
    state: str
    reason: str
    since: datetime


class SystemMailQueued(Event, frozen=True, kw_only=True):
    """A mail to an agent, to be written in the agent's language and sent to the agent's address as they are then.

    What has expired when its turn comes is not sent. The stream is the mail; it has no second event. Of a notification
    `matters` and `channels` say about what; all that is personal in them is sealed. The answer to one about a single
    conversation becomes a reply there, and `refused` is the code of why it could not. The others have a token.
    """

    TOPIC: ClassVar[str] = "outbound.email.v1"
    mail_id: UUID
    kind: SystemMailKind
    agent_id: UUID
    token: bytes = b""
    expires_at: datetime
    matters: tuple[Matter, ...] = ()
    refused: str = ""
    channels: tuple[ChannelMatter, ...] = ()


SystemMailEvent = SystemMailQueued
SystemMailCommand = SendAccountMail | SendNotificationMail
