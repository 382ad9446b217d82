"""POSTROOM_SMTP_RELAY_URL: what is understood, what is refused, and that no message shows the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest_email.relay_url import Outbox, SmtpRelay, parse
from service_kit.settings import SettingsError


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example.com", SmtpRelay("mail.example.com", 587, "offered")),
        ("smtp://mail.example.com:25?tls=never", SmtpRelay("mail.example.com", 25, "never")),
        ("smtp://mail.example.com/?tls=required", SmtpRelay("mail.example.com", 587, "required")),
        ("smtps://mail.example.com", SmtpRelay("mail.example.com", 465, "implicit")),
        ("smtp://me%40x:p%3Aw%2F@mail.example.com", SmtpRelay("mail.example.com", 587, "required", "me@x", "p:w/")),
        ("smtp://me:pw@127.0.0.1:2500", SmtpRelay("127.0.0.1", 2500, "offered", "me", "pw")),
        ("smtp://[::1]:2500", SmtpRelay("::1", 2500, "offered")),
    ],
)
def test_mail_servers(url: str, relay: SmtpRelay) -> None:
    assert parse(url) == relay


def test_a_password_for_another_machine_never_travels_in_the_clear_unless_asked() -> None:
    assert parse("smtp://me:pw@mail.example.com") == SmtpRelay("mail.example.com", 587, "required", "me", "pw")
    assert parse("smtp://me:pw@mail.example.com?tls=never") == SmtpRelay("mail.example.com", 587, "never", "me", "pw")


def test_outboxes() -> None:
    assert parse("outbox:/var/lib/postroom/outbox") == Outbox(Path("/var/lib/postroom/outbox"))
    assert parse("outbox:var/outbox") == Outbox(Path("var/outbox"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com:25",
        "http://me:geheim@mail.example.com",
        "smtp://",
        "smtp://me:geheim@",
        "smtp://me:geheim@mail.example.com:99999",
        "smtp://me:geheim@mail.example.com?tls=maybe",
        "smtp://me:geheim@mail.example.com?starttls=1",
        "smtp://me:geheim@mail.example.com/folder",
        "smtps://me:geheim@mail.example.com?tls=never",
        "smtp://me:geheim@[mail.example.com",
        "outbox:",
    ],
)
def test_a_wrong_url_is_explained_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        parse(url)
    assert "POSTROOM_SMTP_RELAY_URL" in str(refusal.value) and "geheim" not in str(refusal.value)
