import json
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import catalog, codec
from events.conversations import CommentAdded, CommentText, LabelAdded
from events.errors import (
    EventTooLarge,
    KeyNotHeld,
    MalformedEvent,
    SealBroken,
    UnknownEventType,
    UnknownEventVersion,
)
from events.inbound import MessageReceived
from events.sealing import ERASED, DataKey
from events.testing import EXAMPLE_KEY, EXAMPLE_KEY_ID, envelope, example

KEYS = {EXAMPLE_KEY_ID: EXAMPLE_KEY}
COMMENT = envelope(example(CommentAdded))


def header(record: codec.Record, name: str, value: bytes | None) -> list[codec.Header]:
    kept = [(each, raw) for each, raw in record.headers if each != name]
    return kept if value is None else [*kept, (name, value)]


@pytest.mark.parametrize("name", sorted(catalog.TYPES))
def test_every_type_survives_the_wire(name: str) -> None:
    sent = envelope(example(catalog.TYPES[name]))
    record = codec.encode(sent, EXAMPLE_KEY)
    assert codec.decode(record.headers, record.value, KEYS) == sent


def test_the_attributes_travel_in_cloudevents_headers_and_the_value_holds_only_data_and_personal() -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    headers = dict(record.headers)
    assert headers["ce_type"] == b"CommentAdded"
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_sequence"] == b"1"
    assert set(json.loads(record.value)) == {"data", "personal"}


def test_personal_data_is_nowhere_in_the_record() -> None:
    secret = "only for your eyes"
    data = msgspec.structs.replace(COMMENT.data, personal=CommentText(text=secret))
    record = codec.encode(envelope(data), EXAMPLE_KEY)
    assert secret.encode() not in record.value + b"".join(raw for _, raw in record.headers)


def test_personal_data_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        codec.encode(COMMENT)


def test_without_keys_the_box_stays_closed_and_the_data_is_read() -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    parsed = codec.parse(record.headers, record.value)
    assert parsed.key_id == EXAMPLE_KEY_ID
    assert codec.open_(parsed).data == msgspec.structs.replace(COMMENT.data, personal=None)


def test_an_erased_key_leaves_the_event_without_its_person() -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    opened = codec.decode(record.headers, record.value, {EXAMPLE_KEY_ID: ERASED})
    assert opened.data.personal is None
    assert opened.data.comment_id == COMMENT.data.comment_id


def test_a_key_that_is_not_held_is_a_fault_and_no_erasure() -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    with pytest.raises(KeyNotHeld):
        codec.decode(record.headers, record.value, {})


def test_a_box_moved_to_another_event_does_not_open() -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    moved = header(record, "ce_id", str(UUID(int=1)).encode())
    with pytest.raises(SealBroken):
        codec.decode(moved, record.value, KEYS)


def test_another_persons_key_does_not_open_the_box() -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    with pytest.raises(SealBroken):
        codec.decode(record.headers, record.value, {EXAMPLE_KEY_ID: DataKey(EXAMPLE_KEY_ID, bytes(32))})


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("ce_type", None, MalformedEvent),
        ("ce_type", b"SomethingElse", UnknownEventType),
        ("ce_type", b"\xff", MalformedEvent),
        ("ce_version", b"9", UnknownEventVersion),
        ("ce_version", b"0", UnknownEventVersion),
        ("ce_version", b"one", MalformedEvent),
        ("ce_id", b"no uuid", MalformedEvent),
        ("ce_time", b"2026-01-05T09:00:00", MalformedEvent),
        ("ce_stream", None, MalformedEvent),
        ("ce_actor", b"martian:1", MalformedEvent),
    ],
)
def test_wrong_attributes_are_told_apart(name: str, value: bytes | None, error: type[Exception]) -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    with pytest.raises(error):
        codec.decode(header(record, name, value), record.value, KEYS)


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"null", b'{"data":3}', b'{"data":{}}', b"[" * 100_000])
def test_wrong_values_are_malformed(value: bytes | None) -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    with pytest.raises(MalformedEvent):
        codec.decode(record.headers, value, KEYS)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_malformed(value: bytes) -> None:
    record = codec.encode(envelope(example(LabelAdded)))
    try:
        codec.decode(record.headers, value)
    except MalformedEvent as error:
        assert "LabelAdded" in str(error)


def test_the_reason_does_not_repeat_the_value() -> None:
    record = codec.encode(envelope(example(MessageReceived)))
    with pytest.raises(MalformedEvent) as caught:
        codec.decode(record.headers, b'{"data":{"inbox_id":"zofia@client.test"}}')
    assert "zofia" not in str(caught.value)


def test_an_event_over_the_limit_is_refused() -> None:
    data = msgspec.structs.replace(COMMENT.data, mentions=(UUID(int=7),) * 20_000)
    with pytest.raises(EventTooLarge):
        codec.encode(envelope(data), EXAMPLE_KEY)


def test_the_relay_adds_store_and_position() -> None:
    record = codec.encode(COMMENT, EXAMPLE_KEY)
    opened = codec.decode(codec.with_position(record.headers, "main/1", 42), record.value, KEYS)
    assert (opened.store, opened.position) == ("main/1", 42)
