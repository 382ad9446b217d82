"""Shapes of rule sets (events.rules says what they mean) and of routing decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from events import rules
from inbox_projection.api.models.common import Asked, Given, Label, Line, Name
from inbox_projection.api.models.conversations import PriorityName, Status
from inbox_projection.api.models.tickets import StageName

MAX_RULES = 200
MAX_DEPTH = 8
MAX_TESTS = 200
Scalar = (
    bool
    | Annotated[int, Field(ge=-(2**53), le=2**53)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | Annotated[Line, StringConstraints(max_length=1000)]
)
Values = Annotated[list[Annotated[Line, StringConstraints(max_length=1000)]], Field(max_length=200)]


class All(Asked):
    kind: Literal["all"]
    of: Annotated[list[Condition], Field(max_length=50)]


class Any_(Asked):
    kind: Literal["any"]
    of: Annotated[list[Condition], Field(max_length=50)]


class Not(Asked):
    kind: Literal["not"]
    of: Condition


class Test(Asked):
    """One comparison; `matches` takes an RE2 expression."""

    __test__ = False
    kind: Literal["test"]
    fact: rules.Fact
    operator: rules.Operator
    value: Scalar | Values | None = None


Condition = Annotated[All | Any_ | Not | Test, Field(discriminator="kind")]


class AssignTeam(Asked):
    kind: Literal["assign_team"]
    team_id: UUID


class AssignAgent(Asked):
    kind: Literal["assign_agent"]
    agent_id: UUID


class AddLabels(Asked):
    kind: Literal["add_labels"]
    labels: Annotated[list[Label], Field(min_length=1, max_length=20)]


class SetPriority(Asked):
    kind: Literal["set_priority"]
    priority: PriorityName


class SetStatus(Asked):
    kind: Literal["set_status"]
    status: Status


class OpenTicket(Asked):
    """For a conversation that has none; `pipeline_id` null: the default one, `stage` null: its first."""

    kind: Literal["open_ticket"]
    pipeline_id: UUID | None = None
    stage: StageName | None = None
    priority: PriorityName = "normal"
    owner: UUID | None = None


Action = Annotated[
    AssignTeam | AssignAgent | AddLabels | SetPriority | SetStatus | OpenTicket, Field(discriminator="kind")
]


class Rule(Asked):
    id: UUID
    name: Name
    trigger: Literal["message_received"] = "message_received"
    when: Condition
    then: Annotated[list[Action], Field(min_length=1, max_length=20)]
    stop: bool = False
    enabled: bool = True

    @model_validator(mode="after")
    def bounded(self) -> Rule:
        """Refuses trees deeper than 8 and rules with more than 200 comparisons."""
        tests, layer = 0, [self.when]
        for _ in range(MAX_DEPTH):
            below: list[Condition] = []
            for one in layer:
                if isinstance(one, Test):
                    tests += 1
                elif isinstance(one, Not):
                    below.append(one.of)
                else:
                    below.extend(one.of)
            layer = below
        if layer:
            raise ValueError(f"a condition may be {MAX_DEPTH} levels deep")
        if tests > MAX_TESTS:
            raise ValueError(f"a rule may have {MAX_TESTS} comparisons")
        return self


Seen = Annotated[str, StringConstraints(max_length=64)]


class RulesDraft(Asked):
    """The rules in the order of their evaluation."""

    rules: Annotated[list[Rule], Field(max_length=MAX_RULES)]
    version: Seen | None = Field(
        None, description="That of the rules they were made from: 412 when there are newer ones. Left out: of any."
    )

    @model_validator(mode="after")
    def distinct(self) -> RulesDraft:
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise ValueError("two rules have the same id")
        return self


class RulesSeen(Asked):
    version: Seen | None = Field(None, description="Of the draft that is published: 412 when there is a newer one.")


class PublishedRules(Given):
    version: int
    rules: list[Rule]


class Rules(Given):
    """`rules` is the draft; without one it is what is published."""

    rules: list[Rule]
    version: str = Field(description="Of `rules`, the draft: the same as long as nobody changes them.")
    published: PublishedRules


class RuleOutcome(Given):
    rule_id: UUID
    name: str
    outcome: Literal["matched", "not_matched", "not_evaluated"]
    values: dict[str, Any] = Field(description="What the rule saw, by fact; empty once the person is erased.")


class Candidate(Given):
    agent_id: UUID
    open_conversations: int
    last_assigned_at: datetime | None
    refused: str | None


class Decision(Given):
    """Why a message was routed as it was."""

    id: UUID
    message_id: UUID
    decided_at: datetime
    sequence: int
    reason: str
    rule_set_version: int
    rules: list[RuleOutcome]
    candidates: list[Candidate]
    team_id: UUID | None
    agent_id: UUID | None
    labels: list[str]
    priority: str | None
    status: str | None
    ticket_id: UUID | None = Field(description="The ticket that a rule had opened.")
