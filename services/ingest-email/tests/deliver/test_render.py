"""A reply becomes a mail whose headers, addresses and files any reader understands, whatever strings are in it."""

from __future__ import annotations

import email
import json
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events.values import Address
from ingest_email.outgoing_addresses import Unsendable
from ingest_email.outgoing_headers import safe_file_name
from ingest_email.render import MAX_REFERENCES
from ingest_email.testing import SENT_AT, a_file, body_of, content, people, read, rendered, text_of

OTHER_REPLY = UUID(int=8 << 64)
ALWAYS = {"From", "To", "Subject", "Date", "Message-ID", "X-Postroom-Reply", "MIME-Version", "Content-Type"}
BLNS = next(
    (p for parent in Path(__file__).parents if (p := parent / "../shared/corpora/blns/blns.json").exists()), None
)


def test_a_text_reply_has_simple_html_beside_it_and_the_threading_headers() -> None:
    mail = rendered(
        content(in_reply_to="asked@example.org", references=("first@example.org",), reply_to=Address("s+tok@p.example"))
    )
    message = read(mail)
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert body_of(message, "plain") == "Good morning"
    assert body_of(message, "html") == '<div style="white-space: pre-wrap">Good morning</div>'
    assert message["Message-ID"] == "<reply.token@postroom.localhost>"
    assert message["In-Reply-To"] == "<asked@example.org>"
    assert message["References"].split() == ["<first@example.org>", "<asked@example.org>"]
    assert message["Reply-To"] == "s+tok@p.example"
    assert message["Date"].datetime == SENT_AT.replace(microsecond=0)
    assert message["X-Loop"] is None
    assert (mail.sender, mail.recipients) == ("support@example.com", ("ann@example.org",))


def test_blind_copies_are_in_the_envelope_and_nowhere_in_the_mail() -> None:
    mail = rendered(content(cc=(Address("cc@example.org"),), bcc=(Address("Secret@Example.net", "Secret"),)))
    assert mail.recipients == ("ann@example.org", "cc@example.org", "Secret@Example.net")
    assert b"secret" not in mail.content.lower()
    assert read(mail)["Bcc"] is None


def test_a_reply_to_blind_copies_alone_names_nobody() -> None:
    mail = rendered(content(to=(), bcc=(Address("secret@example.net"),)))
    assert read(mail)["To"] == "undisclosed-recipients:;"
    assert mail.recipients == ("secret@example.net",)


def test_a_recipient_in_two_fields_gets_one_copy() -> None:
    mail = rendered(
        content(cc=(Address("ANN@example.org"), Address("bob@example.org")), bcc=(Address("bob@example.org"),))
    )
    assert mail.recipients == ("ann@example.org", "bob@example.org")


def test_a_reply_without_recipients_is_refused() -> None:
    with pytest.raises(Unsendable, match="no recipient"):
        rendered(content(to=()))


def test_the_same_reply_gives_the_same_bytes_and_another_reply_other_boundaries() -> None:
    made = content(html="<p>Hi</p>", attachments=(a_file(),))
    once, again = (rendered(made, {"upload/1": b"x"}) for _ in range(2))
    other = rendered(made, {"upload/1": b"x"}, reply_id=OTHER_REPLY)
    assert once == again
    assert not {p.get_boundary() for p in read(once).walk() if p.is_multipart()} & {
        p.get_boundary() for p in read(other).walk() if p.is_multipart()
    }


def test_only_what_no_agent_wrote_is_marked_as_auto_submitted() -> None:
    assert read(rendered(content()))["Auto-Submitted"] is None
    assert read(rendered(content(), by_agent=False))["Auto-Submitted"] == "auto-replied"


def test_only_what_no_agent_wrote_asks_other_machines_to_be_silent() -> None:
    assert read(rendered(content()))["X-Auto-Response-Suppress"] is None
    assert read(rendered(content(), by_agent=False))["X-Auto-Response-Suppress"] == "All"


@pytest.mark.parametrize("evil", ["a\rBcc: x@y.z", "a\nBcc: x@y.z", "a\r\nBcc: x@y.z", "a\0b"])
@pytest.mark.parametrize("field", ["subject", "name", "address", "domain", "message id", "sender"])
def test_line_breaks_and_nul_in_a_header_are_refused(field: str, evil: str) -> None:
    changes: dict[str, Any] = {
        "subject": {"subject": evil},
        "name": {"to": (Address("ann@example.org", evil),)},
        "address": {"to": (Address(f"{evil}@example.org"),)},
        "domain": {"cc": (Address(f"ann@{evil}"),)},
        "message id": {"external_id": evil},
        "sender": {"sender": Address("support@example.com", evil)},
    }[field]
    with pytest.raises(Unsendable):
        rendered(content(**changes))


def test_ids_of_customers_that_fit_no_header_are_left_out() -> None:
    odd = ("a b", "x\r\nBcc: y@z", "<nested@x>", "ünïcode@x", "", "x" * 2000, "good@x")
    message = read(rendered(content(references=odd, in_reply_to="also bad\n")))
    assert message["References"] == "<good@x>"
    assert message["In-Reply-To"] is None


def test_a_long_thread_keeps_its_first_and_its_newest_ids() -> None:
    ids = tuple(f"m{number}@example.org" for number in range(500))
    references = read(rendered(content(references=ids, in_reply_to=ids[-1])))["References"].split()
    assert references == [f"<{ids[0]}>", *(f"<{one}>" for one in ids[-MAX_REFERENCES + 1 :])]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@日本.example", "ann@xn--wgv71a.example"),
        ("dots..@docomo.example", '"dots.."@docomo.example'),
        ('o"neil@example.org', '"o\\"neil"@example.org'),
        ('"quoted already"@example.org', '"quoted already"@example.org'),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
    ],
)
def test_odd_addresses_are_sent_in_a_form_that_smtp_takes(written: str, sent: str) -> None:
    assert rendered(content(to=(Address(written),))).recipients == (sent,)


@pytest.mark.parametrize(
    "address", ["", "ann", "@x.org", "ann@", "änn@example.org", "ann@a b", "ann@-", "a@" + "x" * 300]
)
def test_addresses_that_smtp_cannot_carry_are_refused_without_naming_them(address: str) -> None:
    with pytest.raises(Unsendable) as refusal:
        rendered(content(to=(Address(address),)))
    assert not address or address not in str(refusal.value)


def test_no_file_name_escapes_its_header_or_folder() -> None:
    for name in (
        "../../etc/passwd",
        "a\r\nX-Evil: 1",
        "evil\u202egnp.exe",
        "",
        "...",
        "a\0b",
        "C:\\x.txt",
        "x" * 999 + ".pdf",
    ):
        message = read(rendered(content(attachments=(a_file(name),)), {"upload/1": b"x"}))
        shown = next(message.iter_attachments()).get_filename()
        assert shown == safe_file_name(name)
        assert not set(shown) & set("/\\\r\n\0\u202e") and 0 < len(shown) <= 180
    assert safe_file_name("x" * 999 + ".pdf").endswith(".pdf")


@pytest.mark.parametrize("content_type", ["", "text", "message/rfc822", "multipart/mixed", "a/b; x=\r\nX: 1", "text/ü"])
def test_a_file_of_an_odd_type_is_sent_as_bytes(content_type: str) -> None:
    message = read(rendered(content(attachments=(a_file(content_type=content_type),)), {"upload/1": b"\0\r\n.\r\n"}))
    (part,) = message.iter_attachments()
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_content() == b"\0\r\n.\r\n"


def test_every_line_is_ascii_and_short_enough_for_smtp() -> None:
    mail = rendered(
        content(
            subject="ä" * 3000,
            to=(Address("ann@example.org", "n" * 5000), Address("bob@example.org", "x" * 200)),
            text="x" * 5000 + "\n.\n.x\nFrom me\r\n" + "ü" * 5000,
            html="<p>" + "y" * 5000,
            references=tuple("r" * 800 + f"{n}@x" for n in range(60)),
            attachments=(a_file("ö" * 500),),
        ),
        {"upload/1": bytes(range(256)) * 40},
    )
    lines = mail.content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert mail.content.isascii() and b"\n" not in b"".join(lines) and b"\r" not in b"".join(lines)
    assert mail.content.endswith(b"\r\n")
    read(mail)


SAFE = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=120)


def expect_the_same_reading(subject: str, name: str, file_name: str, body: str) -> None:
    body = body if body.strip() else f"x{body}"
    mail = rendered(
        content(
            subject=subject,
            to=(Address("ann@example.org", name), Address("bob@example.org", name)),
            text=body,
            html=body,
            attachments=(a_file(file_name),),
        ),
        {"upload/1": body.encode()},
    )
    message = email.message_from_bytes(mail.content, policy=default)
    assert set(message.keys()) == ALWAYS and len(message.keys()) == len(ALWAYS)
    assert str(message["Subject"]) == subject[:2000]
    assert people(mail, "To") == [(name.strip()[:300], "ann@example.org"), (name.strip()[:300], "bob@example.org")]
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == safe_file_name(file_name)
    assert attached.get_content() == body.encode()
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert isinstance(part, EmailMessage) and text_of(part) == lines.rstrip("\n")


@given(subject=SAFE, name=SAFE, file_name=st.text(max_size=100), body=st.text(max_size=300))
@example(subject="=?utf-8?q?x?=", name="=?utf-8?q?x?= <evil@x>", file_name="=?utf-8?q?x?=", body="--=_0\n.\n")
@example(subject=" a  b\t", name=' a, "b" <c@d>; ', file_name=' a;b=c" ', body="\x0b\x0c\x1c\x85\u2028 \r\r\n ")
@example(subject="\x85\u2028\x1c\x0b", name="\x1c\x85\u2029", file_name="\ud7ff\x85", body="\x00\x1a")
def test_a_reader_sees_what_was_written(subject: str, name: str, file_name: str, body: str) -> None:
    expect_the_same_reading(subject, name, file_name, body)


@pytest.mark.corpus
@pytest.mark.skipif(BLNS is None, reason="the list of naughty strings is not beside the checkout")
def test_naughty_strings_stay_where_they_were_put() -> None:
    assert BLNS is not None
    naughty: list[str] = json.loads(BLNS.read_text("utf-8"))
    assert len(naughty) > 400
    for text in naughty:
        one_line = " ".join(text.splitlines()).replace("\0", "")
        expect_the_same_reading(one_line, one_line, text, text)
