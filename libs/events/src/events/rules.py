"""Rule sets as data: triggers, condition trees, actions (design of the rules engine; evaluation is the router's)."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal
from uuid import UUID

import msgspec

from events.values import ConversationStatus, Priority

Trigger = Literal["message_received"]
Fact = Literal[
    "message.subject",
    "message.text",
    "message.from",
    "message.from_domain",
    "message.to",
    "message.cc",
    "message.delivered_to",
    "message.automated",
    "message.has_attachments",
    "message.is_first",
    "contact.known",
    "conversation.inbox_id",
    "conversation.status",
    "conversation.labels",
    "conversation.priority",
    "channel.kind",
    "channel.id",
    "time.hour",
    "time.weekday",
    "load.team_waiting",
]
Operator = Literal[
    "is", "is_not", "contains", "contains_not", "starts_with", "ends_with", "matches", "in", "greater", "less", "exists"
]
Value = str | int | float | bool | tuple[str, ...] | None


class All(msgspec.Struct, frozen=True, tag="all", tag_field="kind"):
    """True when every part is (an empty one is true)."""

    of: tuple[Condition, ...]


class Any(msgspec.Struct, frozen=True, tag="any", tag_field="kind"):
    """True when at least one part is (an empty one is false)."""

    of: tuple[Condition, ...]


class Not(msgspec.Struct, frozen=True, tag="not", tag_field="kind"):
    """True when its part is false."""

    of: Condition


class Test(msgspec.Struct, frozen=True, tag="test", tag_field="kind", omit_defaults=True):
    """One comparison; text is compared without case; `matches` takes a linear-time regular expression (RE2)."""

    __test__ = False
    fact: Fact
    operator: Operator
    value: Value = None


Condition = All | Any | Not | Test


class AssignTeam(msgspec.Struct, frozen=True, tag="assign_team", tag_field="kind"):
    team_id: UUID


class AssignAgent(msgspec.Struct, frozen=True, tag="assign_agent", tag_field="kind"):
    agent_id: UUID


class AddLabels(msgspec.Struct, frozen=True, tag="add_labels", tag_field="kind"):
    labels: tuple[str, ...]


class SetPriority(msgspec.Struct, frozen=True, tag="set_priority", tag_field="kind"):
    priority: Priority


class SetStatus(msgspec.Struct, frozen=True, tag="set_status", tag_field="kind"):
    status: ConversationStatus


class OpenTicket(msgspec.Struct, frozen=True, tag="open_ticket", tag_field="kind", kw_only=True, omit_defaults=True):
    """A ticket for a conversation without; `pipeline_id` None: the default one, `stage` None: its first."""

    pipeline_id: UUID | None = None
    stage: str | None = None
    priority: Priority = "normal"
    owner: UUID | None = None


Action = AssignTeam | AssignAgent | AddLabels | SetPriority | SetStatus | OpenTicket


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A named condition with its actions; `stop` ends the evaluation when it matched."""

    id: UUID
    name: str
    trigger: Trigger = "message_received"
    when: Condition
    then: tuple[Action, ...]
    stop: bool = False
    enabled: bool = True


class RuleSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rules in the order of evaluation; `version` 0 is the empty set before the first is published."""

    version: int = 0
    rules: tuple[Rule, ...] = ()


def fingerprint(rules: tuple[Rule, ...]) -> str:
    """The same for the same rules in the same order, and for no others: by it one says from which ones others were
    made."""
    return sha256(msgspec.json.encode(rules)).hexdigest()[:32]
