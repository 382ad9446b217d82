"""Rules are drafted, checked and published; what could not be evaluated is refused with the rule and the reason."""

from __future__ import annotations

from functools import reduce
from typing import Any as AnyType

import pytest

from events import commands as c
from events import rules as r
from events.commands import WorkspaceCommand
from events.envelope import Envelope
from events.rules import (
    AddLabels,
    AssignAgent,
    AssignTeam,
    Condition,
    Not,
    Rule,
    RuleSet,
    SetPriority,
    SetStatus,
    Test,
    fingerprint,
)
from events.workspace import AgentDeactivated, RuleSetDrafted, RuleSetPublished, TeamDeleted, WorkspaceEvent
from router.domain import errors, workspace
from router.domain.facts import KINDS
from router.domain.rule_sets import MAX_DEPTH, MAX_RULES, MAX_TESTS, depth_of
from router.domain.testing import (
    ACME,
    BOB,
    CONVERSATION,
    HELPERS,
    HOUSE,
    SELLERS,
    SUPPORT,
    SUPPORT_MAIL,
    WORKSPACE,
    a_rule,
    a_workspace,
    command,
)
from router.domain.workspace import Workspace
from service_kit.spec import Given
from service_kit.spec import given as given_decider

REFUND = a_rule("Refunds", Test("message.subject", "contains", "refund"), AssignTeam(SELLERS))
PUBLISH = command(c.PublishRules(), on=WORKSPACE)


def given(*history: WorkspaceEvent) -> Given[Envelope[WorkspaceCommand], Workspace, WorkspaceEvent]:
    return given_decider(workspace.decider(HOUSE), *ACME, *history)


def draft(*rules: Rule) -> Envelope[WorkspaceCommand]:
    return command(c.DraftRules(rules=rules), on=WORKSPACE)


def drafted(version: int, *rules: Rule) -> RuleSetDrafted:
    return RuleSetDrafted(rule_set=RuleSet(version, rules))


def published(version: int, *rules: Rule) -> RuleSetPublished:
    return RuleSetPublished(rule_set=RuleSet(version, rules))


def test_a_draft_carries_the_version_that_it_would_get() -> None:
    given().when(draft(REFUND)).then(drafted(1, REFUND))
    given(published(4)).when(draft(REFUND)).then(drafted(5, REFUND))


def test_the_same_draft_twice_is_kept_once() -> None:
    given(drafted(1, REFUND)).when(draft(REFUND)).then_nothing_happened()


def test_a_draft_routes_nothing_until_it_is_published() -> None:
    assert a_workspace(drafted(1, REFUND)).rules == RuleSet()
    assert a_workspace(drafted(1, REFUND), published(1, REFUND)).rules == RuleSet(1, (REFUND,))


def test_the_draft_is_published_under_the_next_version() -> None:
    given(drafted(1, REFUND)).when(PUBLISH).then(published(1, REFUND))
    given(drafted(1, REFUND), published(1, REFUND), drafted(2)).when(PUBLISH).then(published(2))


def test_publishing_what_is_published_changes_nothing() -> None:
    given(drafted(1, REFUND), published(1, REFUND)).when(PUBLISH).then_nothing_happened()


def test_rules_made_from_others_than_the_newest_are_refused_and_change_nothing() -> None:
    spam = a_rule("Spam", Test("message.subject", "contains", "win"), AssignTeam(SELLERS))
    seen = fingerprint((REFUND,))

    def write(*rules: Rule) -> Envelope[WorkspaceCommand]:
        return command(c.DraftRules(rules=rules, based_on=seen), on=WORKSPACE)

    given(drafted(1, REFUND)).when(write(REFUND, spam)).then(drafted(1, REFUND, spam))
    given(drafted(1, spam)).when(write(REFUND)).then_refused(errors.RulesChanged)
    given(drafted(1, REFUND, spam)).when(write(REFUND, spam)).then_nothing_happened()
    given(published(4, REFUND)).when(write()).then(drafted(5))
    given(published(4, REFUND), drafted(5)).when(write(REFUND, spam)).then_refused(errors.RulesChanged)


def test_another_draft_than_was_looked_at_is_not_published() -> None:
    publish = command(c.PublishRules(based_on=fingerprint((REFUND,))), on=WORKSPACE)
    given(drafted(1, REFUND)).when(publish).then(published(1, REFUND))
    given(drafted(1)).when(publish).then_refused(errors.RulesChanged)


def test_there_must_be_a_draft_to_publish() -> None:
    given().when(PUBLISH).then_refused(errors.NoRulesDrafted)


def test_an_empty_draft_can_be_published() -> None:
    given(drafted(1)).when(PUBLISH).then(published(1))


def test_a_draft_is_checked_again_when_it_is_published() -> None:
    given(drafted(1, REFUND), TeamDeleted(team_id=SELLERS)).when(PUBLISH).then_refused(
        errors.RulesInvalid, saying=f"there is no team {SELLERS}"
    )


def rule(when: Condition | None = None, *then: r.Action, **changes: AnyType) -> Rule:
    return Rule(**({"id": CONVERSATION, "name": "R", "when": when or r.All(()), "then": then} | changes))


DEEP: Condition = reduce(lambda inner, _: Not(inner), range(MAX_DEPTH), Test("time.hour", "less", 9))


@pytest.mark.parametrize(
    ("bad", "saying"),
    [
        (rule(name=""), "needs a name"),
        (rule(name=" \n "), "needs a name"),
        (rule(None, AssignTeam(CONVERSATION)), "there is no team"),
        (rule(None, AssignAgent(CONVERSATION)), "there is no agent"),
        (rule(None, AddLabels(())), "labels are"),
        (rule(None, AddLabels(("ok", "a\nb"))), "labels are"),
        (rule(None, AddLabels((" ",))), "labels are"),
        (rule(Test("conversation.inbox_id", "is", str(CONVERSATION))), "there is no inbox"),
        (rule(Test("conversation.inbox_id", "in", (str(SUPPORT), "x"))), "there is no inbox 'x'"),
        (rule(Test("channel.id", "is", str(CONVERSATION))), "there is no channel"),
        (rule(Test("message.text", "matches", "(")), "regular expression is not valid, missing ): ("),
        (rule(Test("message.text", "matches", r"(a)\1")), "regular expression is not valid"),
        (rule(Test("message.text", "matches", "x" * 1_001)), "at most 1000"),
        (rule(Test("message.text", "matches", ("a", "b"))), "must be a regular expression"),
        (rule(Test("message.text", "matches", "")), "must be a regular expression"),
        (rule(Test("message.text", "contains", "")), "not empty"),
        (rule(Test("message.text", "contains", ())), "not empty"),
        (rule(Test("message.text", "in", ("a", " "))), "not empty"),
        (rule(Test("message.text", "is", 5)), "must be a text"),
        (rule(Test("message.text", "greater", "a")), "a text cannot be compared like this"),
        (rule(Test("message.to", "less", 1)), "a list cannot be compared like this"),
        (rule(Test("message.automated", "contains", "x")), "a flag cannot be compared like this"),
        (rule(Test("message.automated", "is", "yes")), "must be true or false"),
        (rule(Test("time.hour", "greater", "nine")), "must be a number"),
        (rule(Test("time.hour", "greater", True)), "must be a number"),
        (rule(Test("time.hour", "matches", "9")), "a number cannot be compared like this"),
        (rule(Test("message.text", "exists", "maybe")), "must be true, false or none"),
        (rule(DEEP), "nested deeper"),
        (rule(r.Any((Test("time.hour", "less", 9),) * (MAX_TESTS + 1))), "at most 100"),
    ],
)
def test_a_rule_that_could_not_be_evaluated_is_refused_with_the_reason(bad: Rule, saying: str) -> None:
    given().when(draft(REFUND, bad)).then_refused(errors.RulesInvalid, saying=saying)
    given().when(draft(REFUND, bad)).then_refused(errors.RulesInvalid, saying="Rule 2")


def test_two_rules_have_two_ids() -> None:
    given().when(draft(REFUND, REFUND)).then_refused(errors.RulesInvalid, saying="Rule 2 ('Refunds'): its id")


def test_a_rule_does_not_assign_to_a_deactivated_agent() -> None:
    given(AgentDeactivated(agent_id=BOB)).when(draft(rule(None, AssignAgent(BOB)))).then_refused(
        errors.RulesInvalid, saying="is deactivated"
    )


def test_all_faults_are_told_at_once() -> None:
    bad = rule(Test("message.text", "matches", "("), AssignTeam(CONVERSATION), name="")
    when = given().when(draft(bad))
    assert when.refusal is not None
    for saying in ("needs a name", "regular expression", "there is no team"):
        assert saying in when.refusal.detail


def test_there_are_not_too_many_rules_and_not_too_long_ones() -> None:
    given().when(draft(*([REFUND] * (MAX_RULES + 1)))).then_refused(errors.RulesInvalid, saying="at most 500")
    long = rule(r.Any(tuple(Test("message.text", "contains", f"{place}" * 4_000) for place in range(100))))
    given().when(draft(long)).then_refused(errors.RulesInvalid, saying="bytes")


GOOD = [
    Test("message.subject", "is", ""),
    Test("message.subject", "contains", ("refund", "return")),
    Test("message.to", "ends_with", "@acme.test"),
    Test("message.from", "matches", r"@(acme|example)\.test$"),
    Test("message.automated", "is", False),
    Test("message.automated", "exists"),
    Test("contact.known", "is_not", True),
    Test("conversation.inbox_id", "is", str(SUPPORT).upper()),
    Test("channel.id", "in", (str(SUPPORT_MAIL),)),
    Test("time.weekday", "in", ("6", "7")),
    Test("time.hour", "less", 9),
    Test("load.team_waiting", "greater", 10.5),
    Test("conversation.labels", "exists", False),
]


@pytest.mark.parametrize("test", GOOD)
def test_rules_like_these_are_taken(test: Test) -> None:
    actions = (
        AssignTeam(HELPERS),
        AssignAgent(BOB),
        AddLabels(("a", "b c")),
        SetPriority("high"),
        SetStatus("resolved"),
    )
    good = rule(test, *actions, stop=True)
    given().when(draft(good)).then(drafted(1, good))


def test_a_rule_that_only_stops_is_taken() -> None:
    good = rule(Test("message.automated", "is", True), stop=True)
    given().when(draft(good)).then(drafted(1, good))


def test_depth_is_counted_without_recursion() -> None:
    endless: Condition = reduce(lambda inner, _: Not(inner), range(50_000), r.All(()))
    assert depth_of(endless) == 50_001


def test_every_fact_has_a_kind() -> None:
    from typing import get_args

    assert set(KINDS) == set(get_args(r.Fact))
