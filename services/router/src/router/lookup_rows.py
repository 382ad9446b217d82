"""What routing asks, what it then knows, and the rows that it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from router.domain.assignment import Load
from router.domain.leaving import Left
from router.domain.queues import Reason
from router.domain.system_mails import PlannedNotice
from service_kit.offsets import Move

InboxKey = tuple[UUID, str]
ThreadKeyId = tuple[UUID, bytes]
HandleId = tuple[str, bytes]
TimerKind = Literal["snooze", "reply", "trash"]
AgentNotice = tuple[UUID, UUID]
"""An agent and the conversation, or channel, that it is to be told of."""


class ThreadKey(msgspec.Struct, frozen=True):
    """The conversation that holds a Message-ID; `received` once a message with that id came."""

    conversation_id: UUID
    received: bool


class Successor(msgspec.Struct, frozen=True):
    """The conversation in which another goes on: with all that comes to it (`merged`), or with what comes too late."""

    conversation_id: UUID
    merged: bool


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


class Handback(msgspec.Struct, frozen=True):
    """That an agent's conversations go back to the queue, with the record that it came of."""

    cause_id: UUID
    correlation_id: UUID


@dataclass(slots=True)
class Asked:
    """What the records of a batch may need to know; `ticketed` are conversations whose tickets may follow, `people`
    contacts whose merged sets may change, `cards` handles whose contacts may be written to, `strangers`
    senders of mail that a ready-made filter may catch."""

    dedupe: set[InboxKey] = field(default_factory=set)
    thread_keys: set[ThreadKeyId] = field(default_factory=set)
    handles: set[HandleId] = field(default_factory=set)
    conversations: set[UUID] = field(default_factory=set)
    commands: set[UUID] = field(default_factory=set)
    erasing: set[UUID] = field(default_factory=set)
    ticketed: set[UUID] = field(default_factory=set)
    pipelines: set[UUID] = field(default_factory=set)
    people: set[UUID] = field(default_factory=set)
    cards: set[HandleId] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    strangers: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class Known:
    """The answer: what was stored when the transaction began. `tickets` are by conversation, `last_agents` by contact:
    only of contacts where a channel asks for them; `holders` are who has a handle where another stands for them."""

    dedupe: set[InboxKey] = field(default_factory=set)
    thread_keys: dict[ThreadKeyId, ThreadKey] = field(default_factory=dict)
    participants: dict[tuple[UUID, bytes], bool] = field(default_factory=dict)
    handles: dict[HandleId, UUID] = field(default_factory=dict)
    holders: dict[HandleId, UUID] = field(default_factory=dict)
    acknowledged: dict[bytes, datetime] = field(default_factory=dict)
    holdings: dict[UUID, list[UUID]] = field(default_factory=dict)
    filtered: dict[UUID, list[UUID]] = field(default_factory=dict)
    agents: dict[UUID, Load] = field(default_factory=dict)
    teams: dict[UUID, int] = field(default_factory=dict)
    outcomes: dict[UUID, tuple[bytes, bytes]] = field(default_factory=dict)
    tickets: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    contact_tickets: dict[UUID, list[UUID]] = field(default_factory=dict)
    ticket_stages: dict[tuple[UUID, str], int] = field(default_factory=dict)
    last_number: int = 0
    last_ticket_number: int = 0
    survivors: dict[UUID, UUID] = field(default_factory=dict)
    blocked: set[UUID] = field(default_factory=set)
    domains: dict[str, UUID] = field(default_factory=dict)
    last_agents: dict[UUID, UUID] = field(default_factory=dict)
    corresponded: set[bytes] = field(default_factory=set)
    successors: dict[UUID, Successor] = field(default_factory=dict)


@dataclass(slots=True)
class Writes:
    """The rows that a batch leaves behind. Keys are unique within it; of `ticket_stages` what the counts change by."""

    dedupe: dict[InboxKey, tuple[UUID, datetime]] = field(default_factory=dict)
    thread_keys: dict[ThreadKeyId, tuple[UUID, UUID, bool]] = field(default_factory=dict)
    received: set[ThreadKeyId] = field(default_factory=set)
    participants: dict[tuple[UUID, bytes], bool] = field(default_factory=dict)
    handles: dict[HandleId, UUID] = field(default_factory=dict)
    unlinked: set[tuple[str, bytes, UUID]] = field(default_factory=set)
    acknowledged: dict[bytes, datetime] = field(default_factory=dict)
    renamed: dict[UUID, bytes] = field(default_factory=dict)
    holdings: set[tuple[UUID, UUID]] = field(default_factory=set)
    conversations: dict[UUID, ConversationRow] = field(default_factory=dict)
    agents: dict[UUID, Load] = field(default_factory=dict)
    teams: dict[UUID, int] = field(default_factory=dict)
    timers: dict[UUID, tuple[UUID, datetime, TimerKind]] = field(default_factory=dict)
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
    tickets: dict[UUID, UUID] = field(default_factory=dict)
    ticket_links: dict[tuple[UUID, UUID], bool] = field(default_factory=dict)
    ticket_stages: dict[tuple[UUID, str], int] = field(default_factory=dict)
    last_number: int = 0
    last_ticket_number: int = 0
    notices: dict[AgentNotice, PlannedNotice] = field(default_factory=dict)
    notices_done: dict[AgentNotice, tuple[int, datetime]] = field(default_factory=dict)
    merged: dict[UUID, UUID | None] = field(default_factory=dict)
    blocked: dict[UUID, bool] = field(default_factory=dict)
    domains: dict[UUID, tuple[str, ...]] = field(default_factory=dict)
    last_agents: dict[UUID, tuple[UUID, datetime]] = field(default_factory=dict)
    handbacks: dict[Left, Handback] = field(default_factory=dict)
    handbacks_done: set[Left] = field(default_factory=set)
    corresponded: set[bytes] = field(default_factory=set)
    vouched: set[UUID] = field(default_factory=set)
    admitted: dict[UUID, tuple[UUID, UUID]] = field(default_factory=dict)
    successors: dict[UUID, Successor] = field(default_factory=dict)
