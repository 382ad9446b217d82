"""Bytes become text, whatever charset they claim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_email.charsets import clean, decode, known_codec

POLISH = "Zażółć gęślą jaźń, proszę o fakturę za zamówienie"
RUSSIAN = "Здравствуйте, пришлите пожалуйста счёт за прошлый месяц"


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (POLISH, "utf-8"),
        (POLISH, "iso-8859-2"),
        (POLISH, "windows-1250"),
        (RUSSIAN, "koi8-r"),
        ("日本語", "iso-2022-jp"),
    ],
)
def test_a_declared_charset_is_believed(text, charset):
    assert decode(text.encode(charset), charset) == text


def test_utf8_is_recognised_under_a_wrong_label():
    for label in ("us-ascii", "iso-2022-jp", "x-no-such-charset", "", None, "base64", "utf-16"):
        assert decode(POLISH.encode(), label) == POLISH, label


def test_latin1_that_calls_itself_utf8_is_not_lost():
    assert decode("Grüße aus München".encode("latin-1"), "utf-8") == "Grüße aus München"


def test_windows_quotes_under_latin1_are_quotes():
    assert decode(b"\x93quoted\x94", "iso-8859-1") == "“quoted”"


def test_bytes_without_a_label_are_guessed():
    assert decode(RUSSIAN.encode("cp1251") * 5) == RUSSIAN * 5


def test_a_single_wrong_byte_damages_only_itself():
    raw = POLISH.encode() * 20 + b"\xff"

    assert decode(raw, "utf-8") == POLISH * 20 + "\ufffd"


def test_codecs_that_are_no_charsets_or_are_slow_are_refused():
    for name in ("base64", "zip", "rot13", "idna", "punycode", "unicode_escape", "undefined", "../etc", "x" * 1000):
        assert known_codec(name) is None, name


def test_names_of_charsets_are_read_as_mailers_write_them():
    assert known_codec(' "UTF-8" ') == "utf-8"
    assert known_codec("gb2312") == "gb18030"
    assert known_codec("ISO-8859-8-I") == "iso8859-8"


@given(st.binary(max_size=300), st.text(max_size=20))
def test_nothing_raises_and_everything_can_be_stored(raw, charset):
    text = decode(raw, charset)

    text.encode()
    assert "\0" not in text


@given(st.text(alphabet=st.characters(), max_size=100))
def test_cleaning_twice_changes_nothing(text):
    once = clean(text)

    assert clean(once) == once
    once.encode()
