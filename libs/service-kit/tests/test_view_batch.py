"""Sifting and dead letters, pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from events.codec import Header, encode, with_position
from events.contacts import ContactErased
from events.conversations import PersonalDataErased
from events.envelope import AnyEnvelope, Envelope
from events.topics import MAX_RECORD_BYTES
from service_kit.dead_letters import counted, letter, place_of
from service_kit.faults import StreamGap, StreamRepeated, TooManyDeadLetters, check_sequence
from service_kit.ids import new_id
from service_kit.testing import EPOCH, an_event
from service_kit.view_batch import Hole, holes, opened, parts, sift


@dataclass
class Given:
    offset: int
    headers: list[Header] = field(default_factory=list)
    value: bytes | None = b""
    topic: str = "t"
    partition: int = 0
    key: bytes | None = b"k"


def record(position: int, event: AnyEnvelope | None = None, store: str = "main/1", **other: Any) -> Given:
    encoded = encode(event or an_event(new_id(), 1))
    given = Given(position, with_position(encoded.headers, store, position), encoded.value)
    return replace(given, **other)


def positions(*records: Given, known: int = 0, **options: Any) -> list[int | None]:
    return [each.position for each in opened(sift(records, {("t", 0, "main/1"): known}, **options), None)]


def test_positions_that_are_not_greater_are_left_out() -> None:
    assert positions(record(1), record(2), record(3), known=1) == [2, 3]
    assert positions(record(1), record(2), record(1), record(2), record(3)) == [1, 2, 3]


def test_another_store_and_another_partition_have_positions_of_their_own() -> None:
    sifted = sift([record(5), record(5, store="main/2"), record(5, partition=1)], {("t", 0, "main/1"): 5})
    assert sifted.positions == {("t", 0, "main/2"): 5, ("t", 1, "main/1"): 5}


def test_what_lies_behind_the_cut_of_a_restored_store_is_left_out() -> None:
    records = [record(1), record(2), record(3), record(2, store="main/2")]
    assert positions(*records, cuts={"main/1": 1}) == [1, 2]


def test_of_header_topics_nothing_is_read_but_headers() -> None:
    garbage = Given(1, [("x", b"y")], b"\xff", topic="inbound")
    batch = opened(sift([garbage], {}, header_topics={"inbound"}), None)
    assert [(each.envelope, each.headers) for each in batch] == [(None, [("x", b"y")])]


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda r: replace(r, value=b"{not json"), "MalformedEvent"),
        (lambda r: replace(r, value=b'{"data":{"reply_id":1}}'), "MalformedEvent"),
        (lambda r: replace(r, value=None), "MalformedEvent"),
        (lambda r: replace(r, headers=[]), "MalformedEvent"),
        (lambda r: replace(r, headers=[("ce_type", b"\xff\xfe")]), "MalformedEvent"),
        (lambda r: with_header(r, "ce_type", b"NobodyKnowsThis"), "UnknownEventType"),
        (lambda r: with_header(r, "ce_version", b"99"), "UnknownEventVersion"),
        (lambda r: with_header(r, "ce_position", b"many"), "ValueError"),
        (lambda r: with_header(r, "ce_time", b"2026-01-01T00:00:00"), "MalformedEvent"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_reason_and_the_next_is_read(spoilt: Any, reason: str) -> None:
    bad = spoilt(record(1))
    sifted = sift([bad, record(2)], {})
    assert [each.position for each in opened(sifted, None)] == [2]
    assert sifted.dead[place_of(bad)].startswith(reason)


def with_header(given: Given, name: str, value: bytes) -> Given:
    return replace(given, headers=[(n, value if n == name else v) for n, v in given.headers])


def test_an_unreadable_record_that_comes_again_is_not_dead_twice() -> None:
    bad = replace(record(7), value=b"{")
    assert sift([bad], {("t", 0, "main/1"): 7}).dead == {}


def test_a_dead_event_leaves_a_known_hole_in_its_stream() -> None:
    stream = new_id()
    bad = replace(record(1, an_event(stream, 3)), value=b"{")
    assert holes([bad, Given(2), record(3)], {("t", 0, 1), ("t", 0, 2)}) == [Hole(("t", 0, 1), stream, 3)]


def test_a_hole_comes_where_its_event_would_have() -> None:
    bad = replace(record(2), value=b"{")
    records = [record(1), bad, record(3)]
    sifted = sift(records, {})
    lost = holes(records, sifted.dead)
    ordered = parts(opened(sifted, None), lost)
    assert [part if isinstance(part, Hole) else [e.position for e in part] for part in ordered] == [[1], lost[0], [3]]
    assert [len(part) for part in parts(opened(sift([record(1), record(2)], {}), None), [])] == [2]
    assert parts([], lost) == lost


def test_contacts_whom_the_batch_erases_are_named() -> None:
    contact, other = uuid4(), uuid4()

    def erased(stream: UUID, data: Any) -> Given:
        event: AnyEnvelope = Envelope(
            id=new_id(),
            stream=stream,
            sequence=1,
            occurred_at=EPOCH,
            recorded_at=EPOCH,
            workspace_id=stream,
            correlation_id=stream,
            data=data,
        )
        return record(len(str(data)), event)

    records = [erased(contact, ContactErased()), erased(uuid4(), PersonalDataErased(contact_id=other))]
    assert sift(records, {}).erased_ids() == {contact, other}


def test_dead_letters_in_a_row_are_counted_for_each_partition_and_across_batches() -> None:
    bad = [Given(1), Given(2), Given(1, partition=1)]
    dead = {place_of(each): "bad" for each in bad}
    assert counted([*bad, Given(2, partition=1)], dead, {("t", 0): 3}, limit=5) == {("t", 0): 5, ("t", 1): 0}
    with pytest.raises(TooManyDeadLetters, match="number 6 in a row"):
        counted(bad, dead, {("t", 0): 4}, limit=5)


def test_a_dead_letter_tells_whence_and_why_and_fits_into_its_topic() -> None:
    value, headers = letter(Given(9, [("a", b"b")], b"x" * (MAX_RECORD_BYTES - 10)), "because")
    assert value is not None
    assert len(value) + 64 * 1024 <= MAX_RECORD_BYTES
    told = dict(headers)
    assert (told["dl_reason"], told["dl_offset"], told["a"]) == (b"because", b"9", b"b")
    assert int(told["dl_cut"]) == MAX_RECORD_BYTES - 10 - len(value)
    assert letter(Given(9, [], None), "")[0] is None


def test_sequences_without_holes_pass_and_others_stop_the_consumer() -> None:
    stream = uuid4()
    check_sequence(stream, 0, 1)
    with pytest.raises(StreamGap):
        check_sequence(stream, 1, 3)
    with pytest.raises(StreamRepeated):
        check_sequence(stream, 3, 3)
