"""What measures see of a conversation: its events told in the few words that matter to a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def milliseconds(instant: datetime) -> int:
    """Whole milliseconds since 1970 UTC, rounded down."""
    return (instant - _EPOCH) // _MILLISECOND


def instant_of(at: int) -> datetime:
    """The instant of so many milliseconds since 1970."""
    return _EPOCH + at * _MILLISECOND


class Moment(msgspec.Struct, frozen=True, array_like=True):
    """An event and when it happened, in milliseconds since 1970."""

    event_id: UUID
    at: int


class Began(msgspec.Struct, frozen=True):
    """The conversation is there, begun by a customer or by us."""

    moment: Moment


class Received(msgspec.Struct, frozen=True):
    """A message came in. `clocks` False: an auto-reply, bounce or warning of a delay, which nobody has to answer."""

    moment: Moment
    clocks: bool = True


class Answered(msgspec.Struct, frozen=True):
    """A public message of ours was accepted by its channel.

    `human` False: a bot, rule, acknowledgement, campaign or survey wrote it. `agent_id` is who wrote it, None where
    that is not known (a page's own app).
    """

    moment: Moment
    reply_id: UUID
    agent_id: UUID | None = None
    human: bool = True


class HandedOff(msgspec.Struct, frozen=True):
    """A bot gave the conversation to people."""

    moment: Moment


class Resolved(msgspec.Struct, frozen=True):
    """By an agent, or by a bot, rule or timer (None). `under_way` are people's replies that no channel has accepted."""

    moment: Moment
    agent_id: UUID | None = None
    under_way: tuple[UUID, ...] = ()


class Ending(msgspec.Struct, frozen=True):
    """Resolved together with a reply that no channel has accepted: a Resolved of this event follows when one does, and
    nothing when the reply is undone."""

    moment: Moment


class Lay(msgspec.Struct, frozen=True):
    """The conversation was over before we were there: what a mailbox held when it was connected opened it."""

    moment: Moment


class Reopened(msgspec.Struct, frozen=True):
    """Open again; by a customer's message (`by_message`), by an agent, or because a reply came back (`came_back`)."""

    moment: Moment
    by_message: bool = True
    agent_id: UUID | None = None
    came_back: bool = False


Standing = Literal["open", "snoozed", "away", "merged"]
"""`away`: spam, or in the trash; `merged`: another conversation stands for it."""


class Changed(msgspec.Struct, frozen=True):
    """Where it stands, whether an agent has it, or whether it is muted; None: as before."""

    moment: Moment
    standing: Standing | None = None
    assigned: bool | None = None
    muted: bool | None = None


class GivenOver(msgspec.Struct, frozen=True):
    """Another conversation stands for this one from here on, and who waited here waits there. Only what is `under_way`
    (people's replies that no channel has accepted) is still answered here."""

    moment: Moment
    under_way: tuple[UUID, ...] = ()


class TakenOver(msgspec.Struct, frozen=True):
    """This conversation stands for others from here on, in which somebody waits since `since` (None: nobody), and
    since `first` for the first response. What was `under_way` here before answers only what was asked here."""

    moment: Moment
    since: int | None = None
    first: int | None = None
    under_way: tuple[UUID, ...] = ()


Happening = (
    Began | Received | Answered | HandedOff | Ending | Resolved | Lay | Reopened | Changed | GivenOver | TakenOver
)
