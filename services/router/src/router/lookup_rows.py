"""What routing asks, what it then knows, and the rows that it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from router.domain.assignment import Load
from router.domain.queues import Reason
from service_kit.offsets import Move

InboxKey = tuple[UUID, str]
ThreadKeyId = tuple[UUID, bytes]
HandleId = tuple[str, bytes]


class ThreadKey(msgspec.Struct, frozen=True):
    """The conversation that holds a Message-ID; `received` once a message with that id came."""

    conversation_id: UUID
    received: bool


class ConversationRow(msgspec.Struct, frozen=True):
    """Where a conversation is; `waiting_since` is when it came into its team's queue, None while it is in none."""

    inbox_id: UUID
    contact_id: UUID
    status: str
    assignee_id: UUID | None
    team_id: UUID | None
    waiting_since: datetime | None


class Waiting(msgspec.Struct, frozen=True, order=True):
    """A place in a team's queue; the oldest is the least."""

    since: datetime
    conversation_id: UUID
    team_id: UUID


class QueueDrain(msgspec.Struct, frozen=True):
    """What is left to be handed out since an agent could take it, with the record that it came of."""

    reason: Reason
    cause_id: UUID
    correlation_id: UUID


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
    filtered: dict[UUID, list[UUID]] = field(default_factory=dict)
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
    filtered: dict[UUID, bytes] = field(default_factory=dict)
    drains: dict[UUID, QueueDrain] = field(default_factory=dict)
    drains_done: set[UUID] = field(default_factory=set)
    secrets: dict[UUID, bytes] = field(default_factory=dict)
    secrets_gone: set[UUID] = field(default_factory=set)
    outcomes: list[tuple[UUID, bytes, bytes, datetime]] = field(default_factory=list)
    keys: list[tuple[UUID, bytes]] = field(default_factory=list)
    erased: dict[UUID, datetime] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    last_number: int = 0
