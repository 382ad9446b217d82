"""What routing asks, what it then knows, and the rows that it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from router.domain.assignment import Load
from service_kit.offsets import Move

InboxKey = tuple[UUID, str]
ThreadKeyId = tuple[UUID, bytes]
HandleId = tuple[str, bytes]


class ThreadKey(msgspec.Struct, frozen=True):
    """The conversation that holds a Message-ID; `received` once a message with that id came."""

    conversation_id: UUID
    received: bool


class ConversationRow(msgspec.Struct, frozen=True):
    inbox_id: UUID
    contact_id: UUID
    status: str
    assignee_id: UUID | None
    team_id: UUID | None


@dataclass(slots=True)
class Asked:
    """What the records of a batch may need to know."""

    dedupe: set[InboxKey] = field(default_factory=set)
    thread_keys: set[ThreadKeyId] = field(default_factory=set)
    handles: set[HandleId] = field(default_factory=set)
    conversations: set[UUID] = field(default_factory=set)
    commands: set[UUID] = field(default_factory=set)
    erasing: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class Known:
    """The answer: what was stored when the transaction began."""

    dedupe: set[InboxKey] = field(default_factory=set)
    thread_keys: dict[ThreadKeyId, ThreadKey] = field(default_factory=dict)
    participants: set[tuple[UUID, bytes]] = field(default_factory=set)
    handles: dict[HandleId, UUID] = field(default_factory=dict)
    holdings: dict[UUID, list[UUID]] = field(default_factory=dict)
    agents: dict[UUID, Load] = field(default_factory=dict)
    teams: dict[UUID, int] = field(default_factory=dict)
    outcomes: dict[UUID, tuple[bytes, bytes]] = field(default_factory=dict)
    last_number: int = 0


@dataclass(slots=True)
class Writes:
    """The rows that a batch leaves behind. Keys are unique within it."""

    dedupe: dict[InboxKey, tuple[UUID, datetime]] = field(default_factory=dict)
    thread_keys: dict[ThreadKeyId, tuple[UUID, UUID, bool]] = field(default_factory=dict)
    received: set[ThreadKeyId] = field(default_factory=set)
    participants: set[tuple[UUID, bytes]] = field(default_factory=set)
    handles: dict[HandleId, UUID] = field(default_factory=dict)
    renamed: dict[UUID, bytes] = field(default_factory=dict)
    holdings: set[tuple[UUID, UUID]] = field(default_factory=set)
    conversations: dict[UUID, ConversationRow] = field(default_factory=dict)
    agents: dict[UUID, Load] = field(default_factory=dict)
    teams: dict[UUID, int] = field(default_factory=dict)
    timers: dict[UUID, tuple[UUID, datetime]] = field(default_factory=dict)
    timers_done: set[UUID] = field(default_factory=set)
    blobs: dict[str, tuple[UUID | None, UUID | None]] = field(default_factory=dict)
    blobs_done: set[str] = field(default_factory=set)
    outcomes: list[tuple[UUID, bytes, bytes, datetime]] = field(default_factory=list)
    keys: list[tuple[UUID, bytes]] = field(default_factory=list)
    erased: dict[UUID, datetime] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    last_number: int = 0
