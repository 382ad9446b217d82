"""Names of files can't harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_email.attachments import safe_name
from ingest_email.mime import undo
from ingest_email.parse import parse


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\evil.exe", "evil.exe"),
        ("a\0b\r\nX-Evil: 1.txt", "ab X-Evil: 1.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("..", ""),
        ("  report.pdf  ", "report.pdf"),
        ("=?utf-8?q?caf=C3=A9.pdf?=", "café.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(given_name, safe):
    assert safe_name(given_name) == safe


@given(st.text(max_size=400))
def test_no_name_has_a_folder_a_control_character_or_too_many_characters(name):
    safe = safe_name(name)

    assert len(safe) <= 255
    assert not any(character in safe for character in "/\\\0\r\n\u202e")
    safe.encode()


def test_files_without_a_name_get_one_that_fits_their_type():
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"".join(
        b"--x\nContent-Type: %s\n\nz\n" % kind for kind in (b"image/png", b"weird", b"a b/c", b"text/calendar")
    )
    mail = parse(raw)

    assert [file.name for file in mail.bodies.files] == ["attachment-1.png", "attachment-2.bin", "attachment-3.ics"]
    assert mail.bodies.files[1].content_type == "application/octet-stream"
    assert mail.bodies.text == "z"


def test_broken_base64_gives_what_of_it_can_be_read():
    assert undo(b"aGVsbG8=", "base64") == b"hello"
    assert undo(b"aGVsbG8", " BASE64 ") == b"hello"
    assert undo(b"aGV\r\n!sbG8=", "base64") == b"hello"
    assert undo(b"aGVsbG8gd", "base64").startswith(b"hello")
    assert undo(b"!!! ?? ###", "base64") == b"!!! ?? ###"
    assert undo(b"", "base64") == b""


def test_other_encodings_are_undone_or_left():
    assert undo(b"caf=C3=A9=\r\n!", "quoted-printable") == "café!".encode()
    assert undo(b"=ZZ", "quoted-printable") == b"=ZZ"
    assert undo(b"begin 644 a\n#86)C\n`\nend\n", "x-uuencode") == b"abc"
    assert undo(b"raw", "x-nobody-knows") == b"raw"
