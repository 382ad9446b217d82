import os
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import KeyNotHeld, MalformedEvent, SealBroken
from events.sealing import ERASED, DataKey, key_for

KEY = DataKey(uuid4(), os.urandom(32))
EVENT = uuid4()


@given(st.binary(max_size=5000))
def test_what_was_sealed_opens_to_the_same(plain: bytes) -> None:
    assert KEY.open(KEY.seal(plain, EVENT), EVENT) == plain


def test_sealing_twice_gives_different_boxes() -> None:
    assert KEY.seal(b"same", EVENT) != KEY.seal(b"same", EVENT)


def test_every_flipped_byte_is_noticed() -> None:
    box = KEY.seal(b"Dear team", EVENT)
    for index in range(len(box)):
        broken = box[:index] + bytes((box[index] ^ 1,)) + box[index + 1 :]
        with pytest.raises((SealBroken, MalformedEvent)):
            KEY.open(broken, EVENT)


@pytest.mark.parametrize("box", [b"", b"\x01", b"\x02" + bytes(40)])
def test_a_box_of_no_known_format_is_refused(box: bytes) -> None:
    with pytest.raises((SealBroken, MalformedEvent)):
        KEY.open(box, EVENT)


def test_the_secret_is_in_no_repr() -> None:
    secret = os.urandom(32)
    assert secret.hex() not in repr(DataKey(uuid4(), secret)) and str(secret) not in repr(DataKey(uuid4(), secret))


def test_an_erased_key_is_known_and_a_missing_one_is_a_fault() -> None:
    assert key_for({KEY.key_id: ERASED}, KEY.key_id) is ERASED
    with pytest.raises(KeyNotHeld):
        key_for({}, KEY.key_id)


def test_a_key_of_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DataKey(uuid4(), b"short")
