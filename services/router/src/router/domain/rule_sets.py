"""Rule sets as agents write them: drafted, checked until every rule can be evaluated, published under a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

import msgspec

from events.commands import DraftRules, PublishRules
from events.rules import (
    Action,
    AddLabels,
    All,
    Any,
    AssignAgent,
    AssignTeam,
    Condition,
    Not,
    OpenTicket,
    Operator,
    Rule,
    RuleSet,
    SetPriority,
    SetStatus,
    Test,
    fingerprint,
)
from events.workspace import RuleSetDrafted, RuleSetPublished
from router.domain import errors
from router.domain.comparisons import PatternInvalid, compile_pattern
from router.domain.facts import KINDS, Kind
from router.domain.labels import MAX_LABEL, is_label
from router.domain.pipelines import automation_fault
from router.domain.rules import leaves_of
from router.domain.texts import is_plain
from router.domain.workspace_state import Workspace

MAX_RULES: Final = 500
MAX_TESTS: Final = 100
MAX_DEPTH: Final = 20
MAX_BYTES: Final = 250_000
MAX_NAME: Final = 200
MAX_FAULTS: Final = 10

_TEXT_OPERATORS: Final = frozenset[Operator](
    {"is", "is_not", "contains", "contains_not", "starts_with", "ends_with", "matches", "in", "exists"}
)
_OPERATORS: Final[dict[Kind, frozenset[Operator]]] = {
    "text": _TEXT_OPERATORS,
    "list": _TEXT_OPERATORS,
    "flag": frozenset({"is", "is_not", "exists"}),
    "number": frozenset({"is", "is_not", "in", "greater", "less", "exists"}),
}


def draft_rules(command: DraftRules, state: Workspace) -> tuple[RuleSetDrafted, ...]:
    """The rules as the next version would be; refused as a whole when one of them could not be evaluated.

    Raises RulesChanged when they were made from others than the newest, RulesInvalid with the first ten faults.
    """
    drafted = RuleSet(version=state.rules.version + 1, rules=command.rules)
    if drafted == state.draft:
        return ()
    _check_base(command.based_on, state)
    check_rules(command.rules, state)
    return (RuleSetDrafted(rule_set=drafted),)


def publish_rules(command: PublishRules, state: Workspace) -> tuple[RuleSetPublished, ...]:
    """The draft under the next version; checked again, for a team or an agent may have gone since. `()` when the
    published rules are those of the draft. Raises RulesChanged for another draft than was looked at."""
    if state.draft is None:
        raise errors.NoRulesDrafted("There is no draft to publish.")
    _check_base(command.based_on, state)
    if state.rules.version > 0 and state.draft.rules == state.rules.rules:
        return ()
    check_rules(state.draft.rules, state)
    return (RuleSetPublished(rule_set=RuleSet(version=state.rules.version + 1, rules=state.draft.rules)),)


def _check_base(based_on: str | None, state: Workspace) -> None:
    newest = state.rules if state.draft is None else state.draft
    if based_on is not None and based_on != fingerprint(newest.rules):
        raise errors.RulesChanged("Somebody changed the rules since you looked at them.")


def check_rules(rules: tuple[Rule, ...], state: Workspace) -> None:
    """Raises RulesInvalid with the first ten faults, each with its rule."""
    if len(rules) > MAX_RULES:
        raise errors.RulesInvalid(f"There are {len(rules)} rules, at most {MAX_RULES} are allowed.")
    faults = list(_faults(rules, state))
    if faults:
        raise errors.RulesInvalid(" ".join(faults[:MAX_FAULTS]))
    size = len(msgspec.json.encode(rules))
    if size > MAX_BYTES:
        raise errors.RulesInvalid(f"The rules have {size} bytes, at most {MAX_BYTES} are allowed.")


def _faults(rules: tuple[Rule, ...], state: Workspace) -> Iterator[str]:
    ids: set[UUID] = set()
    for place, rule in enumerate(rules, start=1):
        for fault in _faults_of(rule, state):
            yield f"Rule {place} ({rule.name[:60]!r}): {fault}."
        if rule.id in ids:
            yield f"Rule {place} ({rule.name[:60]!r}): its id is that of an earlier rule."
        ids.add(rule.id)


def _faults_of(rule: Rule, state: Workspace) -> Iterator[str]:
    if not is_plain(rule.name.strip(), MAX_NAME):
        yield f"it needs a name of 1 to {MAX_NAME} characters on one line"
    if depth_of(rule.when) > MAX_DEPTH:
        yield f"its conditions are nested deeper than {MAX_DEPTH}"
    tests = list(leaves_of(rule.when))
    if len(tests) > MAX_TESTS:
        yield f"it has {len(tests)} tests, at most {MAX_TESTS} are allowed"
    for test in tests:
        fault = _fault_of_test(test, state)
        if fault is not None:
            yield f"{test.fact} {test.operator}: {fault}"
    for action in rule.then:
        fault = _fault_of_action(action, state)
        if fault is not None:
            yield fault


def depth_of(condition: Condition) -> int:
    """How deep the tree is; a single test is 1. Does not recurse, so that no tree is too deep for it."""
    deepest, waiting = 0, [(condition, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        match part:
            case All() | Any():
                waiting.extend((child, depth + 1) for child in part.of)
            case Not():
                waiting.append((part.of, depth + 1))
            case Test():
                pass
    return deepest


def _fault_of_test(test: Test, state: Workspace) -> str | None:
    kind = KINDS[test.fact]
    if test.operator not in _OPERATORS[kind]:
        return f"a {kind} cannot be compared like this"
    if test.operator == "exists":
        return None if test.value is None or isinstance(test.value, bool) else "the value must be true, false or none"
    if test.operator == "matches":
        return _fault_of_pattern(test)
    if kind == "flag":
        return None if isinstance(test.value, bool) else "the value must be true or false"
    if kind == "number" and test.operator != "in":
        is_number = isinstance(test.value, int | float) and not isinstance(test.value, bool)
        return None if is_number else "the value must be a number"
    texts = (test.value,) if isinstance(test.value, str) else test.value
    if not isinstance(texts, tuple) or not texts or not all(text.strip() for text in texts):
        empty_is_fine = test.operator in {"is", "is_not"} and test.value == ""
        return None if empty_is_fine else "the value must be a text, or a list of texts, and not empty"
    if test.fact == "conversation.inbox_id":
        return _unknown("inbox", texts, state.inboxes)
    if test.fact == "channel.id":
        return _unknown("channel", texts, state.channels)
    return None


def _fault_of_pattern(test: Test) -> str | None:
    if not isinstance(test.value, str) or not test.value:
        return "the value must be a regular expression"
    try:
        compile_pattern(test.value)
    except PatternInvalid as error:
        return f"the regular expression is not valid, {error}"
    return None


def _unknown(noun: str, texts: tuple[str, ...], known: Iterable[UUID]) -> str | None:
    names = {str(item) for item in known}
    missing = next((text for text in texts if text.strip().lower() not in names), None)
    return None if missing is None else f"there is no {noun} {missing[:60]!r}"


def _fault_of_action(action: Action, state: Workspace) -> str | None:
    match action:
        case AssignTeam():
            return None if action.team_id in state.teams else f"there is no team {action.team_id}"
        case AssignAgent():
            agent = state.agents.get(action.agent_id)
            if agent is None:
                return f"there is no agent {action.agent_id}"
            return None if agent.active else f"the agent {action.agent_id} is deactivated"
        case AddLabels():
            bad = not action.labels or not all(is_label(label) for label in action.labels)
            return f"labels are 1 to {MAX_LABEL} characters on one line" if bad else None
        case SetPriority() | SetStatus():
            return None
        case OpenTicket():
            return automation_fault(action, state)
