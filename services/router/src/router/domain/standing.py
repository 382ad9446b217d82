"""Where a conversation stands: a closed set of cases, and the status that people see of each."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec

from events.values import ConversationStatus


class Open(msgspec.Struct, frozen=True): ...


class Snoozed(msgspec.Struct, frozen=True):
    """Out of sight until the timer `timer_id` is due, or until they answer (both None)."""

    until: datetime | None = None
    timer_id: UUID | None = None


class Resolved(msgspec.Struct, frozen=True):
    """Done with, since `at`; None: since nobody knows when."""

    at: datetime | None = None


class Spam(msgspec.Struct, frozen=True): ...


class Trashed(msgspec.Struct, frozen=True):
    """To be taken out again until the timer `timer_id` is due; without a timer for ever."""

    until: datetime | None = None
    timer_id: UUID | None = None


class Merged(msgspec.Struct, frozen=True):
    """Another conversation stands for it, the one with this number."""

    into: UUID
    number: int


class Discarded(msgspec.Struct, frozen=True):
    """It was in the trash for too long: nobody sees it."""


Standing = Open | Snoozed | Resolved | Spam | Trashed | Merged | Discarded


def status_of(standing: Standing) -> ConversationStatus:
    match standing:
        case Open():
            return "open"
        case Snoozed():
            return "snoozed"
        case Resolved() | Merged():
            return "resolved"
        case Spam():
            return "spam"
        case Trashed() | Discarded():
            return "trash"
        case _:
            assert_never(standing)


def standing_of(status: ConversationStatus, at: datetime | None = None) -> Standing:
    """The standing that a rule puts a conversation in, for a message that came at this time; a snooze by rule lasts
    until they answer."""
    match status:
        case "open":
            return Open()
        case "snoozed":
            return Snoozed()
        case "resolved":
            return Resolved(at)
        case "spam":
            return Spam()
        case "trash":
            return Trashed()
        case _:
            assert_never(status)
