"""A customer who waits: since when, and whether a reply that is under way will end it."""

from __future__ import annotations

from uuid import UUID

import msgspec
from msgspec.structs import replace

from analytics.measures.happenings import Answered, Moment, Resolved


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """`since` is the message that waits for an answer.

    `left` waited when the conversation was resolved, or merged, with replies `under_way`: who answers and resolves at
    once has answered, although the channel accepts the reply a moment later. Those replies end that wait and no other.
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
        others = tuple(each for each in waiting.under_way if each != happening.reply_id)
        return Waiting(waiting.since, None, others), waiting.left
    if waiting.since is None:
        return waiting, None
    return replace(waiting, since=None), waiting.since


def given_over(waiting: Waiting, under_way: tuple[UUID, ...]) -> Waiting:
    """Who waited waits in another conversation, but for what is under way here."""
    if waiting.since is None:
        return waiting
    if not under_way:
        return replace(waiting, since=None)
    return Waiting(None, waiting.since, under_way)


def taken_over(waiting: Waiting, moment: Moment, under_way: tuple[UUID, ...]) -> Waiting:
    """Somebody who waited elsewhere since the moment waits here: from the earlier of both. What is under way here was
    written for who waited here, and ends that wait only."""
    if under_way:
        return Waiting(moment, waiting.since or waiting.left, (*waiting.under_way, *under_way))
    since = waiting.since
    return waiting if since is not None and since.at <= moment.at else replace(waiting, since=moment)
