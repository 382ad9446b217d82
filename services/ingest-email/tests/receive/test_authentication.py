"""Only our own server is believed about a sender, and only where nobody else could have written."""

from __future__ import annotations

import pytest

from ingest_email.authentication import failures
from ingest_email.translate import Destination, Received, read, translate

OURS = "mx.postroom.example"


def mail(*fields: str) -> bytes:
    return "\r\n".join([*fields, "From: jane@example.com", "Subject: x", "", "body"]).encode()


def says(results: str, server: str = OURS) -> str:
    return f"Authentication-Results: {server}; {results}"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("dmarc=fail (p=REJECT) header.from=example.com", "dmarc=fail"),
        ('spf=fail smtp.mailfrom=example.com; dkim=fail reason="bad; signature"', "spf=fail dkim=fail"),
        ("spf=fail smtp.mailfrom=a@example.com; dkim=none", "spf=fail"),
        ("dkim=fail; dkim=pass header.d=example.com", ""),
        ("spf=fail; dkim=pass; dmarc=pass", ""),
        ("spf=fail; dkim=pass", ""),
        ("spf=softfail; dkim=none; dmarc=none", ""),
        ("none", ""),
        ("DMARC = Fail", "dmarc=fail"),
        ("(a comment; dmarc=fail (nested)) dkim=pass", ""),
        ('reason="dmarc=fail; dkim=fail"; spf=pass', ""),
        ("auth=pass; iprev=fail", ""),
    ],
)
def test_failures_are_said_and_nothing_else(results, expected):
    assert failures(mail(says(results)), OURS) == expected


def test_the_name_may_have_a_version_and_any_case_and_be_folded():
    raw = b"AUTHENTICATION-RESULTS:\r\n\tMX.Postroom.Example 1;\r\n\tdmarc=fail\r\n (x)\r\nFrom: a@b\r\n\r\n"

    assert failures(raw, "mx.POSTROOM.example") == "dmarc=fail"


def test_others_are_not_believed():
    assert failures(mail(says("dmarc=fail", "mx.evil.example")), OURS) == ""
    assert failures(mail(says("dmarc=fail", f"{OURS}.evil.example")), OURS) == ""
    assert failures(mail("Authentication-Results: dmarc=fail"), OURS) == ""
    assert failures(mail(says("dmarc=fail")), "") == ""


def test_what_the_mail_brought_along_is_not_believed():
    forged = says("dmarc=pass")
    foreign = says("dmarc=pass", "mx.other.example")

    assert failures(mail(says("spf=fail"), "Received: from x by mx.postroom.example", forged), OURS) == "spf=fail"
    assert failures(mail(says("spf=fail"), foreign, forged), OURS) == "spf=fail"
    assert failures(mail(foreign, says("dmarc=fail")), OURS) == ""


def test_several_fields_of_our_server_count_together_the_topmost_first():
    assert failures(mail("Received: from a", says("dmarc=none"), says("spf=fail"), says("dkim=fail")), OURS) == (
        "spf=fail dkim=fail"
    )
    assert failures(mail(says("dmarc=fail"), says("dmarc=pass")), OURS) == "dmarc=fail"


@pytest.mark.parametrize("unit", ["(", '"', ";", "\\", "a=b;", "Received: x\r\n", "dmarc=", " \r\n "])
def test_long_odd_fields_take_little_time(unit, within):
    with within(0.5):
        failures(mail(says(unit * (90_000 // len(unit)))), OURS)


def test_the_event_says_it_for_a_channel_that_names_its_server(keys, translated):
    raw = mail(says("dmarc=fail"))
    known = translated(raw).envelope
    received = Received(raw, "jane@example.com", known.recorded_at, known.correlation_id)
    to = Destination(known.data.inbox_id, known.data.facts.channel_id, "support@postroom.localhost", authserv_id=OURS)

    assert known.data.facts.authentication == ""
    assert translate(read(received), received, to, known.id, keys).envelope.data.facts.authentication == "dmarc=fail"
