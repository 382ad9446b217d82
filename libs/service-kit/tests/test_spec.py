"""The test language itself is tested: each `then` must be able to fail."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from service_kit.decider import Decider, DomainError
from service_kit.spec import Given, given


class TooMuch(DomainError):
    meaning = "invalid"


class FarTooMuch(TooMuch): ...


def decide(amount: int, total: int) -> Sequence[str]:
    if amount == 13:
        raise RuntimeError("a fault is no refusal")
    if amount > 100:
        raise FarTooMuch(f"{amount} is far too much.")
    if amount > 10:
        raise TooMuch(f"{amount} is too much.")
    return ("added",) * amount


def evolve(total: int, event: str) -> int:
    return total + 1


counter: Decider[int, int, str] = Decider(0, decide, evolve)


def after(*history: str) -> Given[int, int, str]:
    return given(counter, *history)


def test_then_passes_when_exactly_these_events_happened() -> None:
    after("added").when(2).then("added", "added")


@pytest.mark.parametrize("expected", [(), ("added",), ("added", "other"), ("added", "added", "added")])
def test_then_fails_when_other_events_happened(expected: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError, match="expected"):
        after().when(2).then(*expected)


def test_then_fails_when_the_command_was_refused() -> None:
    with pytest.raises(AssertionError, match="refused"):
        after().when(11).then()


def test_then_nothing_happened_passes_when_it_was_already_so() -> None:
    after("added").when(0).then_nothing_happened()


def test_then_nothing_happened_fails_when_something_happened() -> None:
    with pytest.raises(AssertionError):
        after().when(1).then_nothing_happened()


def test_then_nothing_happened_fails_when_the_command_was_refused() -> None:
    with pytest.raises(AssertionError, match="refused"):
        after().when(11).then_nothing_happened()


def test_then_refused_passes_for_the_reason() -> None:
    after().when(11).then_refused(TooMuch, saying="11 is too much")


@pytest.mark.parametrize("amount", [0, 1])
def test_then_refused_fails_when_nothing_was_refused(amount: int) -> None:
    with pytest.raises(AssertionError, match="expected TooMuch"):
        after().when(amount).then_refused(TooMuch)


def test_then_refused_fails_for_a_subclass_of_the_reason() -> None:
    with pytest.raises(AssertionError, match="FarTooMuch"):
        after().when(101).then_refused(TooMuch)


def test_then_refused_fails_for_another_detail() -> None:
    with pytest.raises(AssertionError, match="is not in"):
        after().when(11).then_refused(TooMuch, saying="12 is too much")


def test_a_fault_is_never_taken_for_a_refusal() -> None:
    with pytest.raises(RuntimeError):
        after().when(13)


def test_then_state_sees_the_history_and_the_new_events() -> None:
    after("added").when(2).then_state(lambda total: total == 3)


def test_then_state_fails_when_the_condition_does_not_hold() -> None:
    with pytest.raises(AssertionError, match="does not hold"):
        after("added").when(2).then_state(lambda total: total == 2)


def test_then_state_fails_when_the_command_was_refused() -> None:
    with pytest.raises(AssertionError, match="refused"):
        after("added").when(11).then_state(lambda total: True)


def test_a_refusal_has_its_reason_in_words_and_a_meaning() -> None:
    refusal = FarTooMuch("No.")
    assert (refusal.reason, refusal.meaning, refusal.code) == ("far-too-much", "invalid", "invalid.far-too-much")
    assert refusal.detail == str(refusal) == "No."


def test_replay_starts_from_the_initial_state() -> None:
    assert counter.replay([]) == 0
    assert counter.replay(["added", "added"]) == 2
