"""Evaluation of a rule set: pure, in the order of the rules, with every rule's outcome and the values it saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, assert_never

import msgspec

from events.conversations import RuleOutcome
from events.rules import Action, All, Any, Condition, Fact, Not, RuleSet, Test, Trigger, Value
from router.domain.comparisons import Folded, holds

MAX_SEEN: Final = 200
"""Characters of a text, and elements of a list, that the record of a decision keeps of a value."""

Seen = dict[str, dict[str, Value]]


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """`actions` of all matched rules in order: labels add up, of anything else the last one counts.

    `seen` has, by rule id and fact, an excerpt of each value that a rule's tests named; rules that were not
    evaluated saw nothing.
    """

    outcomes: tuple[RuleOutcome, ...] = ()
    actions: tuple[Action, ...] = ()
    seen: Seen = msgspec.field(default_factory=dict)

    @property
    def matched(self) -> bool:
        return any(outcome.outcome == "matched" for outcome in self.outcomes)


def evaluate(rule_set: RuleSet, facts: Mapping[Fact, Value], trigger: Trigger = "message_received") -> Evaluation:
    """Goes through the rules in order until one that matches says stop. Never raises; the same arguments always
    give the same evaluation, the moment is among the facts."""
    outcomes: list[RuleOutcome] = []
    actions: list[Action] = []
    seen: Seen = {}
    stopped, folded = False, Folded()
    for rule in rule_set.rules:
        if stopped or not rule.enabled or rule.trigger != trigger:
            outcomes.append(RuleOutcome(rule_id=rule.id, name=rule.name, outcome="not_evaluated"))
            continue
        looked_at: dict[str, Value] = {test.fact: excerpt(facts.get(test.fact)) for test in leaves_of(rule.when)}
        if looked_at:
            seen[str(rule.id)] = looked_at
        if is_true(rule.when, facts, folded):
            outcomes.append(RuleOutcome(rule_id=rule.id, name=rule.name, outcome="matched"))
            actions.extend(rule.then)
            stopped = rule.stop
        else:
            outcomes.append(RuleOutcome(rule_id=rule.id, name=rule.name, outcome="not_matched"))
    return Evaluation(outcomes=tuple(outcomes), actions=tuple(actions), seen=seen)


def is_true(condition: Condition, facts: Mapping[Fact, Value], folded: Folded | None = None) -> bool:
    """Whether the condition is true of the facts; a fact that is not known is None."""
    match condition:
        case All():
            return all(is_true(part, facts, folded) for part in condition.of)
        case Any():
            return any(is_true(part, facts, folded) for part in condition.of)
        case Not():
            return not is_true(condition.of, facts, folded)
        case Test():
            return holds(condition.operator, facts.get(condition.fact), condition.value, folded)
        case _:
            assert_never(condition)


def leaves_of(condition: Condition) -> Iterator[Test]:
    """Every test in the tree, in the order written."""
    waiting = [condition]
    while waiting:
        match waiting.pop():
            case All() | Any() as group:
                waiting.extend(reversed(group.of))
            case Not() as negation:
                waiting.append(negation.of)
            case Test() as test:
                yield test


def excerpt(value: Value) -> Value:
    """The value as a record keeps it, bounded in size."""
    if isinstance(value, str):
        return value if len(value) <= MAX_SEEN else value[:MAX_SEEN] + "…"
    if isinstance(value, tuple):
        return tuple(text[:MAX_SEEN] for text in value[:MAX_SEEN])
    return value
