"""Reports of non-delivery: what they say, of which reply of ours, and that forged ones change nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from events.values import Bounce
from ingest_email.bounces import report_of
from ingest_email.parse import parse
from service_kit import reply_token

REPLY = UUID("01900000-0000-7000-8000-00000000beef")
CONVERSATION = UUID("01900000-0000-7000-8000-0000000000ee")


@pytest.fixture
def ours(keys) -> str:
    return reply_token.message_id(REPLY, CONVERSATION, keys.reply_token_key, keys.mail_domain)


def dsn(
    original: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    head: str = "",
    kind: str = "message/rfc822",
    boundary: str = "dsn",
    body: str = "Hello",
) -> bytes:
    """A report as RFC 3464 wants it, that returns a mail of the given Message-ID ("" for one without)."""
    message_id = f"Message-ID: <{original}>\n" if original else ""
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nTo: support@postroom.localhost\n"
        f"Subject: Undelivered Mail Returned to Sender\nMessage-ID: <dsn@mx.example.net>\n{head}"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        f"Content-Type: multipart/report; report-type=delivery-status; boundary={boundary}\n\n"
        f"--{boundary}\nContent-Type: text/plain\n\nYour mail.\n"
        f"--{boundary}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
        f"Original-Recipient: rfc822;jane@example.com\nFinal-Recipient: rfc822; jane@inner.example.com\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 5.1.1 <jane@inner.example.com>:\n"
        "  no such user\n"
        f"--{boundary}\nContent-Type: {kind}\n\nFrom: support@postroom.localhost\nTo: jane@example.com\n{message_id}"
        f"Subject: Re: My order\n\n{body}\n--{boundary}--\n"
    ).encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_bounce_of_our_reply_names_it_and_joins_its_conversation(kind, ours, translated):
    fact = translated(dsn(ours, kind=kind), envelope_sender="").envelope.data

    assert (fact.facts.automated_kind, fact.facts.bounced_reply_id) == ("bounce", REPLY)
    assert fact.reply_to_conversation == CONVERSATION
    assert fact.content.bounce == Bounce(
        recipient="jane@example.com",
        status="5.1.1",
        diagnostic="550 5.1.1 <jane@inner.example.com>: no such user",
        external_id=ours,
    )


def test_a_warning_of_delay_names_no_reply_but_joins_the_conversation(ours, translated):
    fact = translated(dsn(ours, action="delayed", status="4.4.1"), envelope_sender="").envelope.data

    assert (fact.facts.automated_kind, fact.facts.bounced_reply_id) == ("delayed", None)
    assert fact.reply_to_conversation == CONVERSATION
    assert fact.content.bounce is not None and fact.content.bounce.status == "4.4.1"


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_no_bounce(action, ours, translated):
    fact = translated(dsn(ours, action=action, status="2.0.0"), envelope_sender="").envelope.data

    assert (fact.facts.automated_kind, fact.facts.bounced_reply_id, fact.content.bounce) == ("other", None, None)


@pytest.mark.parametrize(
    ("action", "status"), [("failure", "553"), ("error", "5.0.0"), ("", "5.1.1"), ("FAILED ()", "")]
)
def test_actions_that_servers_write_wrongly_are_failures_too(action, status, ours, translated):
    facts = translated(dsn(ours, action=action, status=status), envelope_sender="").envelope.data.facts

    assert (facts.automated_kind, facts.bounced_reply_id) == ("bounce", REPLY)


def test_a_forged_bounce_and_one_of_a_reply_we_never_sent_name_nothing(ours, keys, translated):
    unsigned = ours.replace(ours.split("@")[0][-4:], "aaaa")
    other_key = reply_token.message_id(REPLY, CONVERSATION, b"x" * 32, keys.mail_domain)
    other_domain = reply_token.message_id(REPLY, CONVERSATION, keys.reply_token_key, "elsewhere.example")
    no_reply = ours.replace(REPLY.hex, "not-a-reply")
    for forged in (unsigned, other_key, other_domain, no_reply, "x@example.com", "", ".@postroom.localhost"):
        fact = translated(dsn(forged), envelope_sender="").envelope.data

        assert fact.facts.automated_kind == "bounce"
        assert (fact.facts.bounced_reply_id, fact.reply_to_conversation) == (None, None), forged


def test_a_bounce_of_a_bounce_is_a_bounce_without_a_reply_of_ours(ours, translated):
    outer = dsn("inner@mx.example.net", boundary="outer", body=dsn(ours).decode())
    assert report_of(parse(outer)).ids == ("inner@mx.example.net",)
    facts = translated(outer, envelope_sender="").envelope.data.facts

    assert (facts.automated_kind, facts.bounced_reply_id) == ("bounce", None)


def test_a_report_that_returns_nothing_names_the_reply_that_it_answers(ours, translated):
    raw = (
        f"From: postmaster@example.net\nSubject: Undeliverable: Re: My order\nIn-Reply-To: <{ours}>\n\n"
        "Your message could not be delivered to jane@example.com: 550 5.1.1 user unknown\n"
    ).encode()
    fact = translated(raw, envelope_sender="").envelope.data

    assert (fact.facts.automated_kind, fact.facts.bounced_reply_id) == ("bounce", REPLY)
    assert fact.content.bounce == Bounce(
        recipient="jane@example.com", status="5.1.1", diagnostic="550 5.1.1 user unknown", external_id=ours
    )


def test_the_header_of_the_returned_mail_may_stand_in_the_text(ours, translated):
    raw = (
        "From: MAILER-DAEMON@example.net\nSubject: failure notice\n\nHi. This is the qmail-send program.\n\n"
        "<jane@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\nReturn-Path: <support@postroom.localhost>\n"
        f"Received: (qmail 1)\nFrom: support@postroom.localhost\nMessage-ID:\n <{ours}>\nSubject: Re\n\n"
        "Message-ID: <nested@example.com>\n"
    ).encode()
    fact = translated(raw, envelope_sender="").envelope.data

    assert fact.facts.bounced_reply_id == REPLY
    assert fact.content.bounce is not None and fact.content.bounce.recipient == "jane@example.com"


def test_a_person_who_speaks_of_bounces_is_no_bounce(ours, make_mail, translated):
    raw = make_mail("My mail could not be delivered: 550 user unknown\n", headers={"In-Reply-To": f"<{ours}>"})
    facts = translated(raw).envelope.data.facts

    assert (facts.automated, facts.automated_kind, facts.bounced_reply_id) == (None, None, None)


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        ("Auto-Submitted: auto-replied\nSubject: Re: My order\n\nI am away.", "auto_reply"),
        ("Subject: Automatyczna odpowiedź: zamówienie\n\nNie ma mnie.", "auto_reply"),
        ("Return-Path: <>\nIn-Reply-To: <a@b>\nSubject: Re: x\n\nThis mailbox is no longer in use.", "auto_reply"),
        ("Precedence: auto_reply\n\nThanks.", "auto_reply"),
        ("List-Id: <news.example.com>\n\nNews", "list"),
        ("Precedence: bulk\n\nNews", "list"),
        ("From: no-reply@shop.example\nSubject: Delivery status\n\nYour parcel is on its way.", "other"),
        ("Auto-Submitted: auto-generated\n\nDisk full", "other"),
        ("X-Failed-Recipients: jane@example.com\nFrom: a@b.example\n\nIt failed.", "bounce"),
        ("From: mailer-daemon@x.example\nSubject: Warning: message delayed 2 days\n\nNot yet.", "delayed"),
        ("From: postmaster@x.example\nSubject: Nie dostarczono: x\n\nWiadomość nie została dostarczona.", "bounce"),
        (
            "From: postmaster@x.example\nSubject: Unzustellbar: x\n\nIhre Nachricht konnte nicht zugestellt werden",
            "bounce",
        ),
    ],
)
def test_what_machines_send_is_told_apart(mail, kind, translated):
    headers = mail if mail.startswith(("From", "Return")) or "\nFrom" in mail else f"From: jane@example.com\n{mail}"

    assert translated(headers.encode()).envelope.data.facts.automated_kind == kind


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a@",
        "a.b@c.d ",
        "5",
        "550 ",
        "5.1.",
        "user ",
        "delivery to ",
        "From: x\n",
        "> ",
        "<a@b.c>:\n",
        "\n\n",
        "x:\n",
    ],
)
def test_long_odd_reports_take_little_time(unit, within):
    raw = b"From: mailer-daemon@x\nSubject: failure notice\n\n" + unit.encode() * (100_000 // len(unit))
    mail = parse(raw)

    with within(1.0):
        report_of(mail)


def test_a_report_with_broken_fields_is_still_read():
    raw = dsn("x@y").replace(b"Reporting-MTA", b"\xff\x00:" + b"z" * 70_000 + b"\nReporting-MTA")
    report = report_of(parse(raw))

    assert report is not None and report.final
