"""What kind of mail a message is, apart from what it says, and what a machine's mail may set in motion."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from events.values import MessageFacts

MOST_AN_HOUR: Final = 20
"""Mails of one thread within an hour; a machine's mails beyond that are a loop, until somebody proves otherwise."""
_HOUR: Final = timedelta(hours=1)


def is_automated(facts: MessageFacts) -> bool:
    """Whether a machine sent it by itself (RFC 3834: auto-replies, bounces, lists): never to be answered by a machine.

    It is still a message, which is kept and shown. What it sets in motion is what people expect of it:

    * A first one opens a conversation and is routed, whatever it is.
    * A bounce in a conversation reopens it and is routed: somebody must act. So does a list's or another machine's
      mail, for there people and machines cannot be told apart.
    * An auto-reply ("I am away until Monday") or a warning of a delay is appended and nothing else: it answers nothing
      and nobody needs to act.
    * Beyond 20 mails of one thread in an hour whatever a machine sends is appended and nothing else.

    Rules can tell it apart by the fact `message.automated`.
    """
    return facts.automated is not None


def mails_within_an_hour(times: Iterable[datetime], now: datetime) -> int:
    """How many of the instants lie in the hour up to now."""
    return sum(now - _HOUR < each <= now for each in times)


def is_only_noted(facts: MessageFacts, mails_lately: Iterable[datetime]) -> bool:
    """Whether a further message is appended and sets nothing in motion. `mails_lately` are the thread's newest."""
    if not is_automated(facts):
        return False
    if facts.automated_kind in ("auto_reply", "delayed"):
        return True
    return mails_within_an_hour(mails_lately, facts.received_at) >= MOST_AN_HOUR


def may_be_answered_automatically(facts: MessageFacts, mails_lately: Iterable[datetime] = ()) -> bool:
    """Whether an automatic reply to the message may ever go out: only to a person's readable message, and not in a
    thread that had 20 mails within the hour, this one included."""
    if is_automated(facts) or facts.unreadable is not None:
        return False
    return mails_within_an_hour(mails_lately, facts.received_at) < MOST_AN_HOUR
