"""Clauses of a query, and which documents of a segment they hold for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from inbox_projection.views.search import postings
from inbox_projection.views.search.documents import SENDER

END = "\U0010ffff"


@dataclass(frozen=True)
class Term:
    """A term as it is in the index, or with `prefix` all that begin with it."""

    text: str
    prefix: bool = False

    @property
    def end(self) -> str:
        """What comes after every term that is meant."""
        return self.text + (END if self.prefix else "\1")

    def matches(self, term: str) -> bool:
        return term.startswith(self.text) if self.prefix else term == self.text


@dataclass(frozen=True)
class AllOf:
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class AnyOf:
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Sender:
    """Somebody with these words in name or address wrote; `agents` are the terms of those of us who have them."""

    words: tuple[Term, ...]
    agents: tuple[str, ...] = ()


Clause = Term | AllOf | AnyOf | Sender
Bits = Callable[[Term], int]


def holds(clause: Clause, bits: Bits) -> int:
    """The documents for which the clause holds, as bits, given those that have a term."""
    match clause:
        case Term():
            return bits(clause)
        case AllOf(clauses):
            found = -1
            for each in clauses:
                found &= holds(each, bits)
                if not found:
                    break
            return found
        case AnyOf(clauses):
            found = 0
            for each in clauses:
                found |= holds(each, bits)
            return found
        case Sender():
            return holds(spelt_out(clause), bits)
        case _:
            assert_never(clause)


def spelt_out(sender: Sender) -> AnyOf:
    """The sender by what the index has: words of the message's sender, or which agent wrote it."""
    named = AllOf(tuple(Term(SENDER + word.text, word.prefix) for word in sender.words))
    return AnyOf((named, *map(Term, sender.agents)))


def terms(clause: Clause) -> Iterator[Term]:
    """Every term that `holds` may ask for."""
    match clause:
        case Term():
            yield clause
        case AllOf(clauses) | AnyOf(clauses):
            for each in clauses:
                yield from terms(each)
        case Sender():
            yield from terms(spelt_out(clause))
        case _:
            assert_never(clause)


def found_in(term: Term, first: int, blocks: Iterable[Mapping[str, bytes]]) -> int:
    """The documents that have the term, by the blocks in which it may lie of the segment that begins at `first`."""
    if term.prefix:
        held = (posting for block in blocks for text, posting in block.items() if text.startswith(term.text))
        return postings.union(held, first)
    return next((postings.bits(block[term.text], first) for block in blocks if term.text in block), 0)
