"""The ledger checker finds a planted loss, a planted duplicate and a planted swap, and nothing else."""

from __future__ import annotations

import pytest

from service_kit.ledger import Entry, as_consumed, by_stream, compare

SENT = {"one": ["a", "b", "c", "d"], "two": ["e", "f"]}


def test_what_arrived_once_and_in_order_is_fine() -> None:
    assert compare(SENT, {"two": ["e", "f"], "one": ["a", "b", "c", "d"]}).ok


def test_one_loss_is_found() -> None:
    verdict = compare(SENT, {"one": ["a", "b", "d"], "two": ["e", "f"]})
    assert verdict.lost == [("one", "c")]
    assert not (verdict.twice or verdict.swapped or verdict.unknown or verdict.ok)


def test_a_lost_lane_is_found() -> None:
    assert compare(SENT, {"one": ["a", "b", "c", "d"]}).lost == [("two", "e"), ("two", "f")]


def test_one_duplicate_is_found() -> None:
    verdict = compare(SENT, {"one": ["a", "b", "c", "b", "d"], "two": ["e", "f"]})
    assert verdict.twice == [("one", "b")]
    assert not (verdict.lost or verdict.swapped or verdict.ok)


def test_one_swap_is_found() -> None:
    verdict = compare(SENT, {"one": ["a", "c", "b", "d"], "two": ["e", "f"]})
    assert verdict.swapped == [("one", "b")]
    assert not (verdict.lost or verdict.twice or verdict.ok)


def test_what_nobody_sent_is_found() -> None:
    assert compare(SENT, {**SENT, "one": [*SENT["one"], "z"]}).unknown == [("one", "z")]


@pytest.mark.parametrize(
    ("positions", "kept"),
    [([1, 2, 3], [1, 2, 3]), ([1, 2, 1, 2, 3], [1, 2, 3]), ([1, 3, 2], [1, 3])],
    ids=["in order", "sent again", "swapped"],
)
def test_a_consumer_sees_what_is_greater(positions: list[int], kept: list[int]) -> None:
    entries = [Entry(str(each), "s", each, "main/1", each) for each in positions]
    assert by_stream(as_consumed(entries)).get("s") == [str(each) for each in kept]
