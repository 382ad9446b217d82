"""What servers write and what is written to them."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_email.imap_errors import ProtocolBroken
from ingest_email.imap_syntax import (
    Literal,
    announced,
    folder_name,
    instant,
    quoted,
    search_date,
    uid_set,
    values,
    without_announcement,
)


def test_a_fetch_response_becomes_lists_atoms_strings_and_literals():
    pieces = [
        b"* 12 FETCH (UID 7 FLAGS (\\Seen) BODY[] ",
        Literal(3, b"a)b"),
        b' X "q \\" \\\\" Y NIL BODY[HEADER]<0> ""',
    ]
    assert values([*pieces, b")"])[3] == [
        b"UID", b"7", b"FLAGS", [b"\\Seen"], b"BODY[]", Literal(3, b"a)b"), b"X", b'q " \\', b"Y", None,
        b"BODY[HEADER]<0>", b"",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line", [b"* 1 FETCH (", b"* 1 FETCH )", b"(" * 50, b'* 1 FETCH (UID "1', b"* 1 FETCH (BODY[ 1)"]
)
def test_what_is_no_response_is_refused(line: bytes):
    with pytest.raises(ProtocolBroken):
        values([line])


@given(st.lists(st.one_of(st.binary(max_size=40), st.builds(Literal, st.integers(0, 9), st.none())), max_size=5))
def test_any_bytes_are_read_or_refused(pieces: list[bytes | Literal]):
    with suppress(ProtocolBroken):
        values(pieces)


def test_a_literal_is_announced_at_the_end_of_a_line_only():
    assert announced(b"* 1 FETCH (BODY[] {42}") == 42
    assert announced(b"* 1 FETCH (BODY[] {42+}") == 42
    assert announced(b"* 1 FETCH (X {42} )") is None
    assert without_announcement(b"BODY[] {42}") == b"BODY[] "


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("INBOX", b'"INBOX"'),
        ("Gesendet/Größe", b'"Gesendet/Gr&APYA3w-e"'),
        ("Tom & Jerry", b'"Tom &- Jerry"'),
        ('say "hi" \\', b'"say \\"hi\\" \\\\"'),
        ("日本語", b'"&ZeVnLIqe-"'),
        ("a\r\nA1 LOGOUT", b'"aA1 LOGOUT"'),
    ],
)
def test_folder_names_are_written_in_modified_utf7(name: str, encoded: bytes):
    assert folder_name(name) == encoded


@given(st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=("Cs", "Cc"))))
def test_a_folder_name_can_be_read_back(name: str):
    text, decoded = folder_name(name)[1:-1].decode().replace('\\"', '"').replace("\\\\", "\\"), ""
    while text:
        plain, shift, rest = text.partition("&")
        code, _, text = rest.partition("-")
        padded = code.replace(",", "/") + "=" * (-len(code) % 4)
        decoded += plain + (base64.b64decode(padded).decode("utf-16-be") if code else "&" if shift else "")
    assert decoded == name


def test_no_command_can_be_smuggled_in_a_quoted_string():
    assert quoted('a "b" \\') == b'"a \\"b\\" \\\\"'
    assert quoted("a\r\nb") is None
    assert quoted("ü") is None


def test_uids_are_written_as_ranges():
    assert uid_set([1, 2, 3, 5, 7, 8]) == "1:3,5,7:8"


def test_an_internal_date_is_an_instant_and_anything_else_is_none():
    assert instant(b"17-Jul-2026 02:44:25 -0700") == datetime(2026, 7, 17, 9, 44, 25, tzinfo=UTC)
    assert instant(b" 1-Jan-2026 00:00:00 +0000") == datetime(2026, 1, 1, tzinfo=UTC)
    for odd in (b"yesterday", b"", None, b"99-Foo-2026 02:44:25 -0700", b"01-Jan-0001 00:00:00 +2300", b"\xff"):
        assert instant(odd) is None
    assert search_date(datetime(2026, 3, 4, tzinfo=UTC)) == "4-Mar-2026"
