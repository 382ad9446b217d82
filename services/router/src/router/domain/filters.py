"""What kind of mail a message is, apart from what it says."""

from __future__ import annotations

from events.values import MessageFacts


def is_automated(facts: MessageFacts) -> bool:
    """Whether a machine sent it by itself (RFC 3834: auto-replies, bounces, lists): never to be answered by a machine.

    It is still a message: it opens or reopens conversations and is routed, for a bounce or a vacation notice is
    something that people should see. Rules can tell it apart by the fact `message.automated`.
    """
    return facts.automated is not None


def may_be_answered_automatically(facts: MessageFacts) -> bool:
    """Whether an automatic reply to the message may ever go out: only to a person's readable message."""
    return not is_automated(facts) and facts.unreadable is None
