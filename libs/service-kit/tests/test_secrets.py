"""Channel secrets: what is sealed opens with the same key and id only, and rows are kept and removed."""

from __future__ import annotations

import psycopg
import pytest

from service_kit import keyring, secrets
from service_kit.ids import new_id
from service_kit.secrets import SecretBox, SecretMissing, SecretSealedOtherwise

SECRET = "a secret key of an installation, long enough"


def test_a_secret_opens_with_the_key_and_the_id_it_was_sealed_with() -> None:
    secret_id = new_id()
    box = SecretBox(SECRET).seal(secret_id, "hunter2 żółć")
    assert b"hunter2" not in box
    assert SecretBox(SECRET).open(secret_id, box) == "hunter2 żółć"


@pytest.mark.parametrize("way", ["another key", "another id", "other bytes", "no bytes"])
def test_a_secret_opens_in_no_other_way_and_the_error_shows_nothing_of_it(way: str) -> None:
    secret_id = new_id()
    box = SecretBox(SECRET).seal(secret_id, "hunter2")
    opener = SecretBox(SECRET + "!" if way == "another key" else SECRET)
    asked = new_id() if way == "another id" else secret_id
    given = {"other bytes": box[:-1] + bytes([box[-1] ^ 1]), "no bytes": b""}.get(way, box)
    with pytest.raises(SecretSealedOtherwise, match="enter the password anew") as caught:
        opener.open(asked, given)
    assert "hunter2" not in str(caught.value)


def test_the_same_secret_gives_the_same_box_so_that_a_repeated_command_has_the_same_body() -> None:
    secret_id = new_id()
    box = SecretBox(SECRET).seal(secret_id, "same")
    assert SecretBox(SECRET).seal(secret_id, "same") == box
    others = (
        SecretBox(SECRET).seal(secret_id, "Same"),
        SecretBox(SECRET).seal(new_id(), "same"),
        SecretBox(SECRET + "!").seal(secret_id, "same"),
    )
    assert len({box[: secrets.NONCE_BYTES], *(other[: secrets.NONCE_BYTES] for other in others)}) == 4


def test_a_secret_is_never_larger_than_its_limit() -> None:
    secret_id, box = new_id(), SecretBox(SECRET)
    with pytest.raises(ValueError, match="at most 8192 bytes"):
        box.seal(secret_id, "x" * 8193)


@pytest.mark.real
def test_rows_are_written_once_read_and_removed(fresh_database: str) -> None:
    keyring.install(fresh_database)
    first, second = new_id(), new_id()
    with psycopg.connect(fresh_database) as connection, connection.cursor() as cursor:
        secrets.store(cursor, [(first, b"one"), (second, b"two")])
        secrets.store(cursor, [(first, b"one again, after a repeated batch")])
        assert secrets.load(cursor, first) == b"one"
        secrets.remove(cursor, [first])
        assert secrets.load(cursor, second) == b"two"
        with pytest.raises(SecretMissing, match="enter the channel's password anew"):
            secrets.load(cursor, first)
