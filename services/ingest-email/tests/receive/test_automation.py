"""Mail that no person wrote for us is recognised, and a person's mail is not taken for it."""

from __future__ import annotations

import pytest

from ingest_email.automation import sign_of
from ingest_email.parse import parse


@pytest.mark.parametrize(
    ("header", "sign"),
    [
        ("Auto-Submitted: auto-replied", "auto-submitted"),
        ("Auto-Submitted: auto-generated; owner-email=x", "auto-submitted"),
        ("Auto-Submitted: AUTO-NOTIFIED", "auto-submitted"),
        ("Precedence: bulk", "precedence"),
        ("Precedence: List", "precedence"),
        ("List-Id: <news.example.com>", "list"),
        ("List-Unsubscribe: <mailto:x@example.com>", "list"),
        ("X-Auto-Response-Suppress: OOF, AutoReply", "x-auto-response-suppress"),
        ("X-Auto-Response-Suppress: All", "x-auto-response-suppress"),
        ("X-Autoreply: yes", "x-autoreply"),
        ("Return-Path: <>", "null-sender"),
        ("From: MAILER-DAEMON@mx.example.net", "robot-sender"),
        ("From: Mail Delivery Subsystem <x@example.net>", "robot-sender"),
        ("From: no-reply@shop.example", "robot-sender"),
        ("From: list-bounces@example.net", "robot-sender"),
        (
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\n\n--x\n\nread\n--x--",
            "report",
        ),
        ("Subject: Out of Office: back on Monday", "away-subject"),
        ("Subject: Automatische Antwort: Bestellung", "away-subject"),
        ("Subject: Undelivered Mail Returned to Sender", "bounce-subject"),
    ],
)
def test_every_sign_is_recognised(header, sign):
    assert sign_of(parse(f"{header}\n\nbody".encode())) == sign


def test_the_null_reverse_path_is_a_sign():
    raw = b"From: jane@example.com\r\nSubject: x\r\n\r\n"

    assert sign_of(parse(raw), "") == "null-sender"
    assert sign_of(parse(raw), "jane@example.com") is None
    assert sign_of(parse(raw), None) is None


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Precedence: first-class",
        "X-Auto-Response-Suppress: DR, RN",
        "X-Loop: postroom",
        "From: Bounce House Rentals <info@bouncehouse.example>",
        "From: norepley.fan@example.com",
        "Subject: Re: your delivery to me",
        "Subject: My mail to you",
        "Subject: Question about automatic doors",
        "Content-Type: message/rfc822",
    ],
)
def test_a_persons_mail_is_not_automatic(header):
    assert sign_of(parse(f"From: jane@example.com\n{header}\n\nbody".encode())) is None


def test_a_delivery_report_is_automatic_and_keeps_its_parts(stored_mail):
    mail = parse(stored_mail("bounce__dsn.eml"))

    assert sign_of(mail) == "auto-submitted"
    assert mail.report_type == "delivery-status"
    assert [file.content_type for file in mail.bodies.files] == ["message/delivery-status", "message/rfc822"]


def test_long_subjects_take_no_time(within):
    with within(0.2):
        for subject in ("delivery to " + "x" * 900, "re: " * 200, "auto" * 200, " " * 900):
            sign_of(parse(f"Subject: {subject}\n\n".encode()))
