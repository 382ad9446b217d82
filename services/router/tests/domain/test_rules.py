"""Rule sets are evaluated in order, and every rule says what became of it."""

from __future__ import annotations

from events.conversations import RuleOutcome
from events.rules import AddLabels, All, Any, Fact, Not, Rule, RuleSet, SetPriority, SetStatus, Test, Value
from router.domain.rules import MAX_SEEN, Evaluation, evaluate, excerpt, is_true, leaves_of
from router.domain.testing import a_rule

REFUND = Test("message.subject", "contains", "refund")
VIP = Test("conversation.labels", "is", "vip")
FACTS: dict[Fact, Value] = {"message.subject": "A refund, please", "conversation.labels": ("vip",), "time.hour": 9}
LABEL, URGENT, SPAM = AddLabels(("money",)), SetPriority("urgent"), SetStatus("spam")


def evaluated(*rules: Rule) -> Evaluation:
    return evaluate(RuleSet(3, rules), FACTS)


def outcomes(evaluation: Evaluation) -> list[str]:
    return [outcome.outcome for outcome in evaluation.outcomes]


def test_no_rules_decide_nothing() -> None:
    assert evaluate(RuleSet(), FACTS) == Evaluation()
    assert not evaluate(RuleSet(), FACTS).matched


def test_actions_of_all_rules_that_match_are_taken_in_order() -> None:
    evaluation = evaluated(a_rule("one", REFUND, LABEL), a_rule("two", Not(REFUND), SPAM), a_rule("three", VIP, URGENT))
    assert outcomes(evaluation) == ["matched", "not_matched", "matched"]
    assert evaluation.actions == (LABEL, URGENT)
    assert evaluation.matched


def test_a_rule_that_says_stop_ends_the_evaluation_when_it_matches() -> None:
    evaluation = evaluated(a_rule("one", REFUND, LABEL, stop=True), a_rule("two", VIP, URGENT))
    assert outcomes(evaluation) == ["matched", "not_evaluated"]
    assert evaluation.actions == (LABEL,)


def test_a_rule_that_says_stop_ends_nothing_when_it_does_not_match() -> None:
    evaluation = evaluated(a_rule("one", Not(REFUND), LABEL, stop=True), a_rule("two", VIP, URGENT))
    assert outcomes(evaluation) == ["not_matched", "matched"]


def test_a_disabled_rule_is_not_evaluated_and_sees_nothing() -> None:
    rule = a_rule("one", REFUND, LABEL, enabled=False)
    evaluation = evaluated(rule)
    assert evaluation.outcomes == (RuleOutcome(rule_id=rule.id, name="one", outcome="not_evaluated"),)
    assert evaluation.seen == {} and evaluation.actions == ()


def test_each_rule_records_the_values_that_it_saw() -> None:
    one, two = a_rule("one", All((REFUND, Any((VIP,)))), LABEL), a_rule("two", Not(Test("channel.kind", "is", "chat")))
    assert evaluated(one, two).seen == {
        str(one.id): {"message.subject": "A refund, please", "conversation.labels": ("vip",)},
        str(two.id): {"channel.kind": None},
    }


def test_a_rule_without_tests_matches_and_sees_nothing() -> None:
    evaluation = evaluated(a_rule("all", All(()), LABEL))
    assert evaluation.matched and evaluation.seen == {}


def test_trees_are_true_as_their_parts_are() -> None:
    no = Not(REFUND)
    assert is_true(All(()), FACTS) and not is_true(Any(()), FACTS)
    assert is_true(All((REFUND, VIP)), FACTS) and not is_true(All((REFUND, no)), FACTS)
    assert is_true(Any((no, VIP)), FACTS) and not is_true(Any((no, no)), FACTS)
    assert is_true(Not(Not(REFUND)), FACTS)


def test_tests_come_in_the_order_in_which_they_are_written() -> None:
    hour = Test("time.hour", "greater", 8)
    assert list(leaves_of(All((REFUND, Any((VIP, Not(hour))), REFUND)))) == [REFUND, VIP, hour, REFUND]


def test_the_record_keeps_an_excerpt_of_long_values() -> None:
    assert excerpt("x" * 10_000) == "x" * MAX_SEEN + "…"
    assert excerpt(("x" * 10_000,) * 1_000) == ("x" * MAX_SEEN,) * MAX_SEEN
    assert excerpt("short") == "short" and excerpt(9) == 9 and excerpt(None) is None


def test_a_test_on_a_fact_that_is_not_known_does_not_match() -> None:
    assert not is_true(Test("message.text", "contains", "x"), {})
    assert not is_true(Test("message.text", "contains_not", "x"), {})
