"""A segment of the index: for each term which of the segment's documents hold it.

Documents are numbered; a segment's follow each other. A posting is a list of the documents' numbers, of which 16 bits
say which is meant within a segment, so that lists of neighbours are put together as they are; or, where that is
shorter, a bit for each document of the segment. A segment is stored in blocks of neighbouring terms, so that a term is
found by one look at an ordered table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from struct import pack as pack_struct
from struct import unpack as unpack_struct
from typing import Final

import msgspec

LARGEST: Final = 16_384
"""Documents in a segment; less than 65,536, or two of them would have the same 16 bits."""
BLOCK_BYTES: Final = 4_000
FEWEST, MOST_OFTEN = 3, 7
"""Neighbours that a segment takes in when that fills it, and otherwise."""
_LIST, _BITS = b"L", b"B"
_IS_BITS: Final = _BITS[0]
_LOW: Final = 0xFFFF

Postings = dict[str, bytes]
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(dict[str, bytes]).decode


def build(first: int, documents: Sequence[Iterable[str]]) -> Postings:
    """The postings of a segment whose documents, numbered from `first` on, have these terms."""
    held: defaultdict[str, list[int]] = defaultdict(list)
    for number, terms in enumerate(documents, first):
        low = number & _LOW
        for term in terms:
            held[term].append(low)
    limit = len(documents) // 8
    postings: Postings = {}
    for term, numbers in held.items():
        if len(numbers) == 1:
            postings[term] = _LIST + numbers[0].to_bytes(2, "little")
        else:
            posting = _LIST + pack_struct(f"<{len(numbers)}H", *numbers)
            postings[term] = posting if len(posting) <= limit else _of_bits(bits(posting, first))
    return postings


def merge(parts: Sequence[tuple[int, int, Mapping[str, bytes]]]) -> Postings:
    """One segment of several: (first document, size, postings) of each, in their order."""
    first = parts[0][0]
    limit = (parts[-1][0] + parts[-1][1] - first) // 8
    merged: Postings = {}
    dense: dict[str, int] = {}
    for begin, _, postings in parts:
        offset = begin - first
        for term, posting in postings.items():
            if posting[0] == _IS_BITS:
                dense[term] = dense.get(term, 0) | int.from_bytes(posting[1:], "little") << offset
            else:
                before = merged.get(term)
                merged[term] = posting if before is None else before + posting[1:]
    for term, found in dense.items():
        also = merged.get(term)
        merged[term] = _of_bits(found if also is None else found | bits(also, first))
    for term in [term for term, posting in merged.items() if len(posting) > limit and posting[0] != _IS_BITS]:
        merged[term] = _of_bits(bits(merged[term], first))
    return merged


def without(first: int, postings: Mapping[str, bytes], dead: Set[int]) -> Postings:
    """The postings without these documents; terms that no other has are gone."""
    gone = ~_bits_of([number - first for number in dead])
    low = {number & _LOW for number in dead}
    left: Postings = {}
    for term, posting in postings.items():
        if posting[0] == _IS_BITS:
            kept = bits(posting, first) & gone
            if kept:
                left[term] = _of_bits(kept)
            continue
        numbers = _numbers(posting)
        if low.isdisjoint(numbers):
            left[term] = posting
        elif found := [number for number in numbers if number not in low]:
            left[term] = _LIST + pack_struct(f"<{len(found)}H", *found)
    return left


def bits(posting: bytes, first: int) -> int:
    """The posting as a number with a bit for the place of each document in the segment that begins at `first`."""
    if posting[0] == _IS_BITS:
        return int.from_bytes(posting[1:], "little")
    return _bits_of([(number - first) & _LOW for number in _numbers(posting)])


def union(postings: Iterable[bytes], first: int) -> int:
    """`bits` of documents that any of the postings holds."""
    dense = 0
    numbers: list[int] = []
    for posting in postings:
        if posting[0] == _IS_BITS:
            dense |= int.from_bytes(posting[1:], "little")
        else:
            numbers.extend(_numbers(posting))
    return dense | _bits_of([(number - first) & _LOW for number in numbers])


def places(value: int) -> Iterator[int]:
    """The places of the bits that are set, the highest first."""
    text = bin(value)[2:]
    last, at = len(text) - 1, text.find("1")
    while at >= 0:
        yield last - at
        at = text.find("1", at + 1)


def blocks(postings: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The segment as blocks, each with its first term; terms in the order of their code points."""
    packed: list[tuple[str, bytes]] = []
    block: Postings = {}
    length = 0
    for term in sorted(postings):
        posting = postings[term]
        if length + len(posting) > BLOCK_BYTES and block:
            packed.append((next(iter(block)), _encode(block)))
            block, length = {}, 0
        block[term] = posting
        length += len(term) + len(posting) + 4
    if block:
        packed.append((next(iter(block)), _encode(block)))
    return packed


def opened(block: bytes) -> Postings:
    """The terms of a block with their postings."""
    return _decode(block)


def to_merge(size: int, neighbours: Iterable[int]) -> int:
    """How many of the neighbouring segments, by their sizes and the nearest first, a new one of this size takes in.

    None larger than what it is by then, so that a document is written anew only when its segment becomes many times
    as large.
    """
    count, fills = 0, False
    for neighbour in neighbours:
        if neighbour > size:
            break
        fills = size + neighbour > LARGEST
        if fills:
            break
        size += neighbour
        count += 1
    return count if count >= MOST_OFTEN or (fills and count >= FEWEST) else 0


def _numbers(posting: bytes) -> tuple[int, ...]:
    return unpack_struct(f"<{len(posting) // 2}H", posting[1:])


def _bits_of(places: Sequence[int]) -> int:
    if not places:
        return 0
    raw = bytearray(max(places) // 8 + 1)
    for place in places:
        raw[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(raw, "little")


def _of_bits(value: int) -> bytes:
    return _BITS + value.to_bytes((value.bit_length() + 7) // 8, "little")
