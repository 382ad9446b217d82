"""One wish for many conversations: a piece of a bulk, and what of it was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from events.envelope import Command
from events.filtering import SpamBlock
from events.values import Priority

MOST_AT_ONCE = 500
"""Conversations of one command: it is one transaction, which others wait for."""
ChangeKind = Literal[
    "resolve",
    "open",
    "snooze",
    "spam",
    "trash",
    "assign",
    "add_label",
    "remove_label",
    "priority",
    "read",
    "move",
    "mute",
    "unmute",
]
Blocking = Literal["sender", "domain"]
"""Who is kept out with spam: who wrote it, or everybody at their domain."""


class BulkChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wished for each of them; besides `kind` only what belongs to it counts.

    `snooze` takes `until` (None: until they answer), `assign` agent and team (with `keep_team` each keeps its own),
    labels `label`, `priority` itself, `read` the sequence `up_to`, `move` the inbox, and `spam` whom to `block`.
    """

    kind: ChangeKind
    until: datetime | None = None
    agent_id: UUID | None = None
    team_id: UUID | None = None
    keep_team: bool = False
    label: str = ""
    priority: Priority = "normal"
    up_to: int = 0
    inbox_id: UUID | None = None
    block: Blocking | None = None


class ChangeConversations(Command, frozen=True, kw_only=True):
    """The same for up to 500 conversations, each decided by itself, all in one transaction. The target is the piece;
    its bulk is `bulk_id`, which the events that come of it name as their cause. Of spam that blocks, `blocks` says whom
    with each conversation, in their order; where nobody wrote by mail its value is empty, and that one is refused."""

    bulk_id: UUID
    change: BulkChange
    conversation_ids: tuple[UUID, ...]
    blocks: tuple[SpamBlock, ...] = ()


class RefusedChange(msgspec.Struct, frozen=True):
    """A conversation that stayed as it was, and why."""

    id: UUID
    code: str
    detail: str = ""
