"""Which agents there are, by the events of workspace.v1: their language, and who they are, still sealed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from events import codec
from events.codec import Parsed
from events.errors import EventError
from events.workspace import AgentDeactivated, AgentInvited, AgentProfileChanged, AgentReactivated
from service_kit.offsets import Record

log = logging.getLogger(__name__)
_READS: Final = frozenset(
    cls.__name__.encode() for cls in (AgentInvited, AgentProfileChanged, AgentDeactivated, AgentReactivated)
)


class KnownAgent(msgspec.Struct, frozen=True):
    """`profile` is the last event that names the agent, in its box: whoever opens it needs the agent's key."""

    profile: Parsed
    language: str = "en"
    active: bool = True


class AgentBook:
    """Fed with records of workspace.v1; each counts once, by its position in the store."""

    def __init__(self) -> None:
        self._agents: dict[UUID, KnownAgent] = {}
        self._seen: dict[str, int] = {}

    def find(self, agent_id: UUID) -> KnownAgent | None:
        """None for one that no event has spoken of yet."""
        return self._agents.get(agent_id)

    def read(self, records: Sequence[Record]) -> None:
        """Never raises for what a record holds: an agent that cannot be read is not known."""
        for record in records:
            if any(name == "ce_type" and value in _READS for name, value in record.headers):
                try:
                    self._take(codec.parse(record.headers, record.value))
                except EventError as error:
                    log.error("an agent of the workspace can't be read", extra={"reason": type(error).__name__})

    def _take(self, parsed: Parsed) -> None:
        envelope = codec.open_(parsed)
        if envelope.store is not None and envelope.position is not None:
            if envelope.position <= self._seen.get(envelope.store, 0):
                return
            self._seen[envelope.store] = envelope.position
        event = envelope.data
        known = self._agents.get(event.agent_id)
        match event:
            case AgentInvited():
                self._agents[event.agent_id] = KnownAgent(parsed)
            case AgentProfileChanged() if known is not None:
                self._agents[event.agent_id] = msgspec.structs.replace(known, profile=parsed, language=event.language)
            case AgentDeactivated() | AgentReactivated() if known is not None:
                active = isinstance(event, AgentReactivated)
                self._agents[event.agent_id] = msgspec.structs.replace(known, active=active)
