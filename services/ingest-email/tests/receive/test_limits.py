"""What is too much becomes a stub in bounded time, with what could be read of its header."""

from __future__ import annotations

import pytest

from ingest_email.limits import MAX_DEPTH, MAX_PARTS
from ingest_email.parse import parse

HEAD = b"From: Jane <jane@example.com>\r\nSubject: Too much\r\nMessage-ID: <a@example.com>\r\n"


def multipart(parts: int) -> bytes:
    body = b"--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n" * parts
    return HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + body + b"--x--\r\n"


def nested(depth: int) -> bytes:
    levels = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return HEAD + levels + b"\r\nthe core"


def stub_of(raw: bytes):
    mail = parse(raw)
    assert mail.unreadable is not None
    assert mail.bodies.text == "" and mail.bodies.files == ()
    assert mail.subject == "Too much"
    assert mail.sender.address == "jane@example.com"
    assert mail.message_id == "a@example.com"
    return mail


def test_as_many_parts_as_allowed_are_read():
    mail = parse(multipart(MAX_PARTS - 1))

    assert mail.unreadable is None
    assert mail.bodies.text.count("hi") == MAX_PARTS - 1


def test_a_mail_of_ten_thousand_parts_is_a_stub(within):
    with within(0.2):
        assert "100 parts" in stub_of(multipart(10_000)).unreadable


def test_parts_may_be_nested_as_deep_as_allowed_and_no_deeper():
    assert parse(nested(MAX_DEPTH)).bodies.text == "the core"
    assert "nested" in stub_of(nested(MAX_DEPTH + 1)).unreadable


def test_ten_thousand_nested_parts_are_a_stub(within):
    with within(0.5):
        stub_of(nested(10_000))


def test_a_header_of_one_megabyte_is_a_stub(within):
    with within(0.5):
        assert "header" in stub_of(HEAD + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\nbody").unreadable


def test_a_million_headers_are_a_stub(within):
    with within(1.0):
        stub_of(HEAD + b"X: y\r\n" * 1_000_000 + b"\r\nbody")


def test_a_million_headers_of_an_inner_part_are_a_stub(within):
    with within(1.0):
        raw = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + b"X: y\r\n" * 1_000_000 + b"\r\nhi"
        stub_of(raw)


@pytest.mark.parametrize(
    "body",
    [
        b"\n--" * 5_000_000,
        b"\n--xy" * 2_000_000,
        b"\n--x" * 2_000_000,
        b"--x\r\n\r\n" + b"<" * 10_000_000,
        b"--x\r\nContent-Type: text/html\r\n\r\n" + b"<style>" * 1_000_000,
        b"--x\r\nContent-Type: text/html\r\n\r\n" + b"<!--" * 2_000_000,
        b"--x\r\nContent-Type: text/html\r\n\r\n" + b'<a "' * 2_000_000,
        b"--x\r\nContent-Type: text/html\r\n\r\n" + b"<blockquote>" * 500_000,
        b"--x\r\nContent-Type: text/html\r\n\r\n" + b"&" * 5_000_000,
        b"--x\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\n" + b"\x81\xfe" * 5_000_000,
        b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"=" * 10_000_000,
        b"--x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 10_000_000,
        b"--x\r\nContent-Transfer-Encoding: uuencode\r\n\r\nbegin 6 a\n" + b"M\n" * 1_000_000,
        b"--x\r\n\r\n" + b"On 1, a@b wrote:\n> x\nanswer\n" * 300_000,
        b"--x\r\nContent-Disposition: attachment" + b"; filename*0=a" * 7_000 + b"\r\n\r\nx",
    ],
)
def test_hostile_bodies_of_many_megabytes_take_bounded_time(body, within):
    with within(3.0):
        parse(HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + body)


@pytest.mark.parametrize(
    "field",
    [
        b"From: " + b"(" * 90_000,
        b"From: " + b'"' * 90_000,
        b"From: " + b"<" * 90_000,
        b"To: " + b"a@b," * 22_000,
        b"To: " + b"a:b;" * 22_000,
        b"To: " + b"\\" * 90_000,
        b"To: " + b"a " * 45_000,
        b"Subject: " + b"=?" * 45_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 7_000,
        b"Subject: " + b"=?x?b?" * 15_000,
        b"References: " + b"<a@b> " * 15_000,
        b"References: " + b"<" * 90_000,
        b"Date: " + b"1" * 90_000,
        b"Date: " + b"(" * 90_000,
        b"Content-Type: text/plain" + b"; a=b" * 18_000,
        b"Content-Type: text/plain" + b'; a="' * 18_000,
        b"Content-Type: text/plain" + b" " * 90_000,
        b"Content-Type: text/plain" + b";" * 90_000,
        b"Auto-Submitted: " + b";" * 90_000,
    ],
)
def test_hostile_headers_take_bounded_time(field, within, translated):
    with within(0.5):
        translated(field + b"\r\n\r\nbody")
