"""Whatever comes in, something storable comes out."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import codec
from ingest_email.intake import encoded
from ingest_email.translate import Destination, Keys, Received, read
from service_kit.hashing import KeyedHash

ID = UUID("01900000-0000-7000-8000-0000000000cc")
KEYS = Keys(ID, "postroom.localhost", b"r" * 32, KeyedHash(b"h" * 32))
INBOX = Destination(ID, ID, "support@postroom.localhost")

TOKENS = [
    b"message/rfc822",
    b"From: ", b"To: ", b"Cc: ", b"Reply-To: ", b"Subject: ", b"Date: ", b"Message-ID: ", b"References: ",
    b"Content-Type: ", b"Content-Transfer-Encoding: ", b"Content-Disposition: ", b"Content-ID: ", b"Auto-Submitted: ",
    b"multipart/mixed; boundary=x", b"multipart/alternative; boundary=x", b"multipart/digest; boundary=xy",
    b"text/plain; charset=", b"text/html; charset=", b"utf-8", b"utf-7", b"utf-16", b"iso-2022-jp",
    b"base64", b"quoted-printable", b"x-uuencode", b"attachment; filename=",
    b"attachment; filename*0*=utf-8''%e2",
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b"\r\n ",
    b"\n--x", b"\n--x\n", b"--x--", b"\n--xy\r\n", b"\0", b"\xff",
    b"\xc3", b"=", b"=C3=A9", b"=?utf-8?q?", b"=?utf-8?b?", b"?=", b"<a@b>", b"a@b", b"\"", b"(", b")", b"<", b">",
    b",",
    b";", b":", b"<p>", b"<blockquote>", b"<style>", b"<!--", b"&#xD800;", b"cid:a@b", b"begin 644 x\n", b"M", b"> ",
    b"On 1 Jan a@b wrote:", b"Tue, 25 Aug 2026 08:59:00 +0200", b"Tue, 99 Foo 10000 99:99:99 +9999", b"auto-replied",
]  # fmt: skip


def check(raw: bytes, envelope_sender: str | None) -> None:
    received = Received(raw, envelope_sender, datetime(2026, 8, 25, tzinfo=UTC), ID)
    translated, record = encoded(read(received), received, INBOX, ID, KEYS)
    content = translated.envelope.data.content

    assert codec.decode(record.headers, record.value) == translated.envelope
    assert b"\\u0000" not in record.value
    assert content.external_id and content.sender.address
    assert translated.blobs[0][1] == raw
    assert content.new_text + content.quoted == content.text


@given(st.binary(max_size=2000), st.text(max_size=50))
def test_random_bytes_never_raise(raw, envelope_sender):
    check(raw, envelope_sender)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=8)), max_size=60))
def test_mails_of_odd_pieces_never_raise(pieces):
    check(b"".join(pieces), None)
