"""Who is to be told of an event in a conversation, and why: one pure function for all who tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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


def notices(
    event: e.ConversationEvent,
    actor: Actor,
    before: UUID | None,
    assignee: UUID | None,
    followers: Collection[UUID] = (),
) -> tuple[Notice, ...]:
    """What is to be told. `before` and `assignee` have the conversation before and after the event, `followers` follow
    it then.

    Nobody is told of what they did themselves; nobody is told twice of one event.
    """
    tell = _TELLING.get(type(event))
    if tell is None:
        return ()
    told: tuple[Notice, ...] = tell(event, before, assignee)
    if followers:
        told += _followed(event, told, followers)
    if actor.kind != "agent":
        return told
    return tuple(notice for notice in told if str(notice.agent_id) != actor.id)


def tells(event_type: type) -> bool:
    """Whether events of this type ever lead to notices; cheap, for hot paths."""
    return event_type in _TELLING


def silenced(event: object, *, muted: bool) -> bool:
    """Whether nobody is to be told of the event because its conversation is muted: what comes in is only kept."""
    return muted and isinstance(event, e.MessageAppended)


def _routed(event: e.ConversationRouted, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    if event.status in _SEEN_BY_NOBODY:
        return ()
    if assignee is None:
        return (Notice("new_unassigned", None),)
    return _assigned(event, before, assignee)


def _assigned(event: object, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    return () if assignee is None or assignee == before else (Notice("assigned", assignee),)


def _answered(event: e.MessageAppended, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    """What a machine sent is no answer, and what came long ago no news."""
    if assignee is None or event.message.automated is not None or event.message.history:
        return ()
    return (Notice("customer_answered", assignee),)


def _commented(event: e.CommentAdded, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    return tuple(Notice("mention", agent_id) for agent_id in event.everybody_mentioned)


def _elapsed(event: object, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    return (Notice("snooze_over", assignee),)


def _doubted(event: e.ReplyUncertain, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    """Only when it is tried no more: a first doubt mostly ends by itself."""
    return _failed(event, before, assignee) if event.final else ()


def _failed(event: e.ReplyFailed | e.ReplyUncertain, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    """To who wrote the reply, and to who has the conversation where that is another; to all where it is nobody's."""
    told = dict.fromkeys(agent_id for agent_id in (event.agent_id, assignee) if agent_id is not None)
    return tuple(Notice("send_failed", agent_id) for agent_id in told) or (Notice("send_failed", None),)


def _held(event: e.ReplyHeld, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    """To who wrote the reply. Whoever has the conversation hears that the customer answered, and otherwise this."""
    if event.agent_id is None:
        return ()
    told = (event.agent_id,) if event.reason == "customer_wrote" else (event.agent_id, assignee)
    return tuple(Notice("send_failed", agent_id) for agent_id in dict.fromkeys(told) if agent_id is not None)


def _nobody(event: object, before: UUID | None, assignee: UUID | None) -> tuple[Notice, ...]:
    """What colleagues write is told to followers only."""
    return ()


def _followed(event: e.ConversationEvent, told: tuple[Notice, ...], followers: Collection[UUID]) -> tuple[Notice, ...]:
    """Followers are told of what people write: the customer, a colleague in a comment, and what we send."""
    match event:
        case e.MessageAppended():
            author, silent = None, event.message.automated is not None or event.message.history
        case e.CommentAdded():
            author, silent = event.agent_id, False
        case e.ReplyQueued():
            author, silent = event.agent_id, event.automatic or event.hold is not None
        case e.ReplyReleased():
            author, silent = event.agent_id, event.automatic or event.reason not in ("due", "sent_now")
        case _:
            return ()
    if silent:
        return ()
    known = {author, *(notice.agent_id for notice in told)}
    return tuple(Notice("followed", agent_id) for agent_id in sorted(followers) if agent_id not in known)


_TELLING: Final[Mapping[type, Callable[[Any, UUID | None, UUID | None], tuple[Notice, ...]]]] = {
    e.ConversationRouted: _routed,
    e.ConversationAssigned: _assigned,
    e.MessageAppended: _answered,
    e.CommentAdded: _commented,
    e.SnoozeElapsed: _elapsed,
    e.ReplyFailed: _failed,
    e.ReplyUncertain: _doubted,
    e.ReplyHeld: _held,
    e.ReplyQueued: _nobody,
    e.ReplyReleased: _nobody,
}
