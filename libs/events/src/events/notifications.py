"""What agents are told of, and how each wants to be told: events and commands of the workspace."""

from __future__ import annotations

from typing import ClassVar, Final, Literal, get_args
from uuid import UUID

from events.envelope import Command, Event

TOPIC = "workspace.v1"
NotificationKind = Literal[
    "new_unassigned",
    "assigned",
    "customer_answered",
    "mention",
    "snooze_over",
    "send_failed",
    "channel_unhealthy",
    "followed",
]
KINDS: Final[tuple[NotificationKind, ...]] = get_args(NotificationKind)
MailRhythm = Literal["at_once", "hourly", "daily"]
"""At once: after a minute, and at most one mail for a conversation in five; daily: at the agent's own seven o'clock."""


class NotificationPreferencesSet(Event, frozen=True, kw_only=True):
    """What the agent is told of in the app and by mail, whole.

    Who never said so is told of everything in the app and of nothing by mail.
    """

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID
    in_app: tuple[NotificationKind, ...] = ()
    mail: tuple[NotificationKind, ...] = ()
    mail_rhythm: MailRhythm = "at_once"


class SetNotificationPreferences(Command, frozen=True, kw_only=True):
    """The agent's own wish; the target is the workspace."""

    agent_id: UUID
    in_app: tuple[NotificationKind, ...] = ()
    mail: tuple[NotificationKind, ...] = ()
    mail_rhythm: MailRhythm = "at_once"
