"""A customer who waits: since when, and whether a reply that is under way will end it."""

from __future__ import annotations

from uuid import UUID

import msgspec
from msgspec.structs import replace

from analytics.measures.happenings import Answered, Moment, Resolved


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """`since` is the message that waits for an answer.

    `left` waited when the conversation was resolved with replies `under_way`: who answers and resolves at once has
    answered, although the channel accepts the reply a moment later. Those replies end that wait and no other.
    """

    since: Moment | None = None
    left: Moment | None = None
    under_way: tuple[UUID, ...] = ()


def begun(waiting: Waiting, moment: Moment) -> Waiting:
    """Somebody waits from here on, unless they did before."""
    return waiting if waiting.since is not None else replace(waiting, since=moment)


def resolved(waiting: Waiting, happening: Resolved) -> Waiting:
    """Nobody waits any more, but for what is under way."""
    if waiting.since is None:
        return waiting
    if not happening.under_way:
        return Waiting()
    return Waiting(None, waiting.since, happening.under_way)


def answered(waiting: Waiting, happening: Answered) -> tuple[Waiting, Moment | None]:
    """The wait after a person's message, and the moment since which it lasted, if there was one."""
    if happening.reply_id in waiting.under_way:
        return Waiting(waiting.since), waiting.left
    if waiting.since is None:
        return waiting, None
    return replace(waiting, since=None), waiting.since
