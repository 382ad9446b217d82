"""Builders of a conversation's events that read as a story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from events import conversations as e
from events.envelope import SYSTEM, Actor, AnyEnvelope, Envelope, Event
from events.values import AutomatedKind, MessageFacts

NINE = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
"""Monday, 9 o'clock in Warsaw."""
INBOX, OTHER_INBOX, CHANNEL, TEAM, WORKSPACE = (uuid4() for _ in range(5))


class Talk:
    """A conversation's events, one after the other; `minutes` count from the beginning."""

    def __init__(self, number: int = 1, *, inbox_id: UUID = INBOX, start: datetime = NINE) -> None:
        self.stream, self.number, self.inbox_id, self.start = uuid4(), number, inbox_id, start
        self.events: list[AnyEnvelope] = []

    def tell(self, minutes: float, event: Event, actor: Actor = SYSTEM) -> AnyEnvelope:
        moment = self.start + timedelta(minutes=minutes)
        envelope: Envelope[Any] = Envelope(
            id=uuid4(),
            stream=self.stream,
            sequence=len(self.events) + 1,
            occurred_at=moment,
            recorded_at=moment,
            workspace_id=WORKSPACE,
            actor=actor,
            correlation_id=uuid4(),
            data=event,
        )
        self.events.append(envelope)
        return envelope

    def opens(self, minutes: float = 0, automated: AutomatedKind | None = None, *, history: bool = False) -> Talk:
        event = e.ConversationOpened(
            number=self.number,
            inbox_id=self.inbox_id,
            contact_id=uuid4(),
            channel="email",
            channel_id=CHANNEL,
            message=self._facts(minutes, automated, history=history),
        )
        self.tell(minutes, event)
        return self

    def writes(
        self, minutes: float, automated: AutomatedKind | None = None, *, aside: bool = False, history: bool = False
    ) -> Talk:
        facts = self._facts(minutes, automated, history=history)
        self.tell(minutes, e.MessageAppended(contact_id=uuid4(), message=facts, in_side_thread=aside))
        return self

    def queues(self, minutes: float, agent_id: UUID | None, **more: Any) -> UUID:
        reply_id = uuid4()
        event = e.ReplyQueued(
            reply_id=reply_id,
            conversation_id=self.stream,
            inbox_id=self.inbox_id,
            channel="email",
            channel_id=CHANNEL,
            agent_id=agent_id,
            **more,
        )
        self.tell(minutes, event, SYSTEM if agent_id is None else Actor("agent", str(agent_id)))
        return reply_id

    def sent(self, minutes: float, reply_id: UUID, attempt: int = 1) -> Talk:
        self.tell(minutes, e.ReplySent(reply_id=reply_id, attempt=attempt))
        return self

    def answers(self, minutes: float, agent_id: UUID | None, **more: Any) -> Talk:
        """Queued, and accepted at once."""
        return self.sent(minutes, self.queues(minutes, agent_id, **more))

    def resolves(self, minutes: float, agent_id: UUID | None = None) -> Talk:
        actor = SYSTEM if agent_id is None else Actor("agent", str(agent_id))
        self.tell(minutes, e.ConversationResolved(), actor)
        return self

    def reopens(self, minutes: float, agent_id: UUID | None = None) -> Talk:
        actor = SYSTEM if agent_id is None else Actor("agent", str(agent_id))
        self.tell(minutes, e.ConversationReopened(reason="message" if agent_id is None else "agent"), actor)
        return self

    def stands_for(self, minutes: float, gone: Talk, since: float | None, first: float | None = None) -> Talk:
        """The other is merged into this. It waits since its minute `since`, and for a first response since `first`."""
        waiting, unanswered = (None if at is None else gone.start + timedelta(minutes=at) for at in (since, first))
        merged = (e.MergedConversation(gone.stream, gone.number),)
        self.tell(minutes, e.ConversationsMerged(merged=merged, waiting_since=waiting, unanswered_since=unanswered))
        gone.tell(minutes, e.ConversationMergedInto(survivor_id=self.stream, number=self.number))
        return self

    def _facts(self, minutes: float, automated: AutomatedKind | None, *, history: bool) -> MessageFacts:
        return MessageFacts(
            message_id=uuid4(),
            channel="email",
            channel_id=CHANNEL,
            received_at=self.start + timedelta(minutes=minutes),
            automated=automated,
            automated_kind=automated,
            history=history,
        )


@pytest.fixture(scope="session")
def talk() -> Callable[..., Talk]:
    """Makes a conversation to be told."""
    return Talk
