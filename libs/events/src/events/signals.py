"""Signals: what passes in a moment and is kept nowhere; topic signals.v1, never routed."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from events.envelope import Event

PresenceState = Literal["viewing", "replying", "gone"]


class AgentPresent(Event, frozen=True, kw_only=True):
    """An agent has the conversation open, writes in it, or has left it. `source` is the process that says so."""

    TOPIC: ClassVar[str] = "signals.v1"
    conversation_id: UUID
    inbox_id: UUID
    agent_id: UUID
    state: PresenceState
    source: UUID


SignalEvent = AgentPresent
