"""Segments of the index: what is put in comes out, merged, without what was removed, and by blocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inbox_projection.views.search import postings
from inbox_projection.views.search.matching import AllOf, AnyOf, Sender, Term, found_in, holds, terms

TERMS = st.sets(st.sampled_from(["a", "ab", "abc", "b", "s:a", "ż", "=file"]))
FIRST = st.sampled_from([0, -3, 65_530, -65_540, 10**9])


def held(first: int, segment: postings.Postings, size: int) -> list[set[str]]:
    """The terms of each document, read back."""
    documents: list[set[str]] = [set() for _ in range(size)]
    for term, posting in segment.items():
        for place in postings.places(postings.bits(posting, first)):
            documents[place].add(term)
    return documents


@given(FIRST, st.lists(TERMS, min_size=1, max_size=80))
def test_a_segment_holds_its_documents(first: int, documents: list[set[str]]) -> None:
    assert held(first, postings.build(first, documents), len(documents)) == documents


@given(FIRST, st.lists(st.lists(TERMS, min_size=1, max_size=60), min_size=1, max_size=4))
def test_merged_segments_hold_all_their_documents(first: int, several: list[list[set[str]]]) -> None:
    parts, begin = [], first
    for documents in several:
        parts.append((begin, len(documents), postings.build(begin, documents)))
        begin += len(documents)
    together = [each for documents in several for each in documents]
    assert held(first, postings.merge(parts), len(together)) == together


@given(FIRST, st.lists(TERMS, min_size=1, max_size=60), st.sets(st.integers(0, 59)))
def test_removed_documents_leave_no_terms(first: int, documents: list[set[str]], dead: set[int]) -> None:
    left = postings.without(first, postings.build(first, documents), {first + place for place in dead})
    kept = [set() if place in dead else terms for place, terms in enumerate(documents)]
    assert held(first, left, len(documents)) == kept
    assert set(left) == set().union(*kept)


def test_a_term_is_in_the_last_block_that_does_not_begin_after_it() -> None:
    segment = postings.build(0, [{f"word{n:05}" for n in range(m, 3_000, 7)} | {"zzz"} for m in range(7)])
    blocks = postings.blocks(segment)
    assert len(blocks) > 5
    assert [first for first, _ in blocks] == sorted(first for first, _ in blocks)
    opened = {first: postings.opened(block) for first, block in blocks}
    assert {term: posting for block in opened.values() for term, posting in block.items()} == segment
    for term in ("word00000", "word01234", "zzz"):
        assert term in opened[max(first for first in opened if first <= term)]


def test_a_document_is_written_anew_only_when_its_segment_becomes_many_times_as_large() -> None:
    sizes: list[int] = []
    written = 0
    for _ in range(20_000):
        taken = postings.to_merge(1, reversed(sizes))
        merged = 1 + sum(sizes[len(sizes) - taken :])
        written += merged
        sizes = [*sizes[: len(sizes) - taken], merged]
    assert sum(sizes) == 20_000
    assert max(sizes) <= postings.LARGEST
    assert written < 8 * 20_000
    assert len(sizes) < 45


def test_clauses_hold_for_the_documents_that_they_name() -> None:
    documents = [{"f:anna", "order"}, {"orders", "f:jan"}, {"@77", "order"}, {"other"}]
    block = postings.build(0, documents)

    def found(*clauses: Term | AllOf | AnyOf | Sender) -> list[int]:
        value = holds(AllOf(clauses), lambda term: found_in(term, 0, [block]))
        return sorted(postings.places(value))

    assert found(Term("order")) == [0, 2]
    assert found(Term("order", prefix=True)) == [0, 1, 2]
    assert found(Term("order", prefix=True), Sender((Term("an", prefix=True),), ("@77",))) == [0, 2]
    assert found(AnyOf((Term("orders"), Term("other")))) == [1, 3]
    assert found(Term("nothing"), Term("order")) == []
    assert [term.text for term in terms(Sender((Term("anna"),), ("@77",)))] == ["f:anna", "@77"]
