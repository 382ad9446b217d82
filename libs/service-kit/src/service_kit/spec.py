"""Given / when / then for deciders: `given(decider, *history).when(command).then(*events)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from service_kit.decider import C, Decider, DomainError, E, S


@dataclass(frozen=True)
class When(Generic[S, E]):
    """What came of a command: either events and the state after them, or a refusal and the state unchanged."""

    events: tuple[E, ...]
    state: S
    refusal: DomainError | None

    def then(self, *expected: E) -> None:
        """Exactly these events happened, in this order."""
        assert self.refusal is None, f"refused: {self.refusal!r}"
        assert self.events == expected, f"expected {expected!r}, got {self.events!r}"

    def then_nothing_happened(self) -> None:
        """It was already so: no event, no refusal."""
        self.then()

    def then_refused(self, error: type[DomainError], saying: str = "") -> None:
        """Refused with exactly this class (not a subclass), its detail containing `saying`."""
        assert type(self.refusal) is error, (
            f"expected {error.__name__}, got {self.refusal!r} and events {self.events!r}"
        )
        assert saying in self.refusal.detail, f"{saying!r} is not in {self.refusal.detail!r}"

    def then_state(self, holds: Callable[[S], bool]) -> None:
        """The command was accepted and the state after its events satisfies the condition."""
        assert self.refusal is None, f"refused: {self.refusal!r}"
        assert holds(self.state), f"the condition does not hold of {self.state!r}"


@dataclass(frozen=True)
class Given(Generic[C, S, E]):
    """A decider with a history."""

    decider: Decider[C, S, E]
    history: tuple[E, ...]

    def when(self, command: C) -> When[S, E]:
        """Decides on the state that the history leads to; only refusals are caught, other exceptions are faults."""
        state = self.decider.replay(self.history)
        try:
            events = tuple(self.decider.decide(command, state))
        except DomainError as refusal:
            return When((), state, refusal)
        for event in events:
            state = self.decider.evolve(state, event)
        return When(events, state, None)


def given(decider: Decider[C, S, E], *history: E) -> Given[C, S, E]:
    """Begins a sentence: given this history, when …, then …"""
    return Given(decider, history)
