"""What a decider is: a starting state and two pure functions, with refusals as exceptions of one tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, Generic, Literal, TypeVar

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")

Meaning = Literal["not_found", "conflict", "invalid", "forbidden", "precondition_failed"]
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class DomainError(Exception):
    """A command was understood and refused; the stream is unchanged.

    A subclass is named by its reason and says with `meaning` what kind of refusal it is. `detail` is one English
    sentence for the person who asked; it holds no personal data, because outcomes are stored unsealed.
    """

    meaning: ClassVar[Meaning] = "conflict"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def reason(self) -> str:
        """The class name as words: `ConversationNotFound` is "conversation-not-found"."""
        return _WORD.sub("-", type(self).__name__).lower()

    @property
    def code(self) -> str:
        """`meaning.reason`, as outcomes carry it; the meaning ends at the first dot."""
        return f"{self.meaning}.{self.reason}"


@dataclass(frozen=True)
class Decider(Generic[C, S, E]):
    """`decide` refuses by raising a DomainError and gives `()` for "already so"; `evolve` never raises or validates."""

    initial: S
    decide: Callable[[C, S], Sequence[E]]
    evolve: Callable[[S, E], S]

    def replay(self, events: Iterable[E]) -> S:
        """The state after these events, from the beginning."""
        return reduce(self.evolve, events, self.initial)
