"""Mails of the installation to its own agents: each a stream of its own, to be delivered once, never by a rebuild."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.envelope import Command, Event
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


class Matter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A conversation that a mail is about, and of what in it; `inbox_id` is where it was then."""

    conversation_id: UUID
    number: int
    kinds: tuple[NotificationKind, ...]
    inbox_id: UUID | None = None


class SystemMailQueued(Event, frozen=True, kw_only=True):
    """A mail to an agent, to be written in the agent's language and sent to the agent's address as they are then.

    What has expired when its turn comes is not sent. The stream is the mail; it has no second event. Of a notification
    `matters` says about what, with nothing personal; the answer to one about a single conversation becomes a reply
    there, and `refused` is the code of why it could not. The others have a token.
    """

    TOPIC: ClassVar[str] = "outbound.email.v1"
    mail_id: UUID
    kind: SystemMailKind
    agent_id: UUID
    token: bytes = b""
    expires_at: datetime
    matters: tuple[Matter, ...] = ()
    refused: str = ""


SystemMailEvent = SystemMailQueued
SystemMailCommand = SendAccountMail | SendNotificationMail
