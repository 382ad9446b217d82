"""Who is to be told of an event in a conversation, and why: one pure function for all who tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from events import conversations as e
from events.envelope import Actor
from events.notifications import NotificationKind

_SEEN_BY_NOBODY: Final = frozenset({"spam", "trash", "resolved", "snoozed"})


@dataclass(frozen=True, slots=True)
class Notice:
    """`agent_id` None: all members of the inbox, but for whoever did it."""

    kind: NotificationKind
    agent_id: UUID | None


def notices(event: e.ConversationEvent, actor: Actor, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    """What is to be told. `before` and `assignee` have the conversation before and after the event.

    Nobody is told of what they did themselves; nobody is told twice of one event.
    """
    tell = _TELLING.get(type(event))
    if tell is None:
        return ()
    told: tuple[Notice, ...] = tell(event, before, assignee)
    if actor.kind != "agent":
        return told
    return tuple(notice for notice in told if str(notice.agent_id) != actor.id)


def tells(event_type: type) -> bool:
    """Whether events of this type ever lead to notices; cheap, for hot paths."""
    return event_type in _TELLING


def _routed(event: e.ConversationRouted, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    if event.status in _SEEN_BY_NOBODY:
        return ()
    if assignee is None:
        return (Notice("new_unassigned", None),)
    return _assigned(event, before, assignee)


def _assigned(event: object, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    return () if assignee is None or assignee == before else (Notice("assigned", assignee),)


def _answered(event: e.MessageAppended, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    """What a machine sent is no answer."""
    if assignee is None or event.message.automated is not None:
        return ()
    return (Notice("customer_answered", assignee),)


def _commented(event: e.CommentAdded, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    named = dict.fromkeys(agent_id for agent_id in event.mentions if agent_id != event.agent_id)
    return tuple(Notice("mention", agent_id) for agent_id in named)


def _elapsed(event: object, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    return (Notice("snooze_over", assignee),)


def _failed(event: object, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    return (Notice("send_failed", assignee),)


_TELLING: Final[Mapping[type, Callable[[Any, UUID | None, UUID | None], tuple[Notice, ...]]]] = {
    e.ConversationRouted: _routed,
    e.ConversationAssigned: _assigned,
    e.MessageAppended: _answered,
    e.CommentAdded: _commented,
    e.SnoozeElapsed: _elapsed,
    e.ReplyFailed: _failed,
}
