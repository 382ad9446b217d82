"""A channel's own mailbox and sending server: what is refused, and whose passwords they name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import commands as c
from events.commands import SealedSecret
from events.workspace import ChannelChanged, ChannelConnected, ChannelDisconnected, Dkim, EmailSettings
from events.workspace import ImapSettings as Imap
from events.workspace import SmtpSettings as Smtp
from router.domain import errors, workspace
from router.domain.mail_servers import secret_ids
from router.domain.testing import ACME, FALLBACK_ADDRESS, HOUSE, SALES, SUPPORT_FALLBACK, WORKSPACE, an_id, command
from router.domain.workspace import Workspace
from service_kit.decider import DomainError
from service_kit.spec import When
from service_kit.spec import given as given_decider

NEW, OTHER = an_id("new channel"), an_id("other channel")
READ, SEND = an_id("password to read"), an_id("password to send")
IMAP = Imap(host="imap.acme.test", username="sales@acme.test", secret_id=READ)
SMTP = Smtp(host="smtp.acme.test", username="sales@acme.test", secret_id=SEND)
SETTINGS = EmailSettings(address="sales@acme.test", imap=IMAP, smtp=SMTP, authserv_id="mx.acme.test")
CONNECTED = ChannelConnected(channel_id=NEW, inbox_id=SALES, kind="email", email=SETTINGS)


def given(*ids: UUID) -> tuple[SealedSecret, ...]:
    return tuple(SealedSecret(id, b"sealed") for id in ids)


def asked(wish: Any, *history: Any) -> When[Workspace, Any]:
    return given_decider(workspace.decider(HOUSE), *ACME, *history).when(command(wish, on=WORKSPACE))


def connect(settings: EmailSettings, *secrets: UUID, history: Any = (), channel: UUID = NEW) -> When[Workspace, Any]:
    wish = c.ConnectChannel(channel_id=channel, inbox_id=SALES, kind="email", email=settings, secrets=given(*secrets))
    return asked(wish, *history)


def change(settings: EmailSettings, *secrets: UUID, history: Any = (CONNECTED,)) -> When[Workspace, Any]:
    return asked(c.ChangeChannel(channel_id=NEW, email=settings, secrets=given(*secrets)), *history)


def test_a_channel_has_a_mailbox_and_a_server_of_its_own() -> None:
    connect(SETTINGS, READ, SEND).then(CONNECTED)


def test_settings_are_tidied() -> None:
    untidy = replace(
        SETTINGS,
        imap=replace(IMAP, host=" IMAP.acme.test. ", folders=("INBOX", "Junk", "INBOX")),
        smtp=replace(SMTP, username=" sales@acme.test "),
        authserv_id=" MX.acme.test ",
    )
    tidy = replace(SETTINGS, imap=replace(IMAP, folders=("INBOX", "Junk")))
    connect(untidy, READ, SEND).then(replace(CONNECTED, email=tidy))


def test_one_without_a_log_in_needs_no_password() -> None:
    relay = EmailSettings(address="sales@acme.test", smtp=Smtp(host="127.0.0.1", port=25, tls="none"))
    assert connect(relay).refusal is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.3.2.1", "::1"])
def test_on_this_machine_tls_may_be_left_out(host: str) -> None:
    assert connect(replace(SETTINGS, imap=replace(IMAP, host=host, tls="none")), READ, SEND).refusal is None


@pytest.mark.parametrize(
    "imap",
    [
        {"host": ""},
        {"host": "imap acme"},
        {"host": "-imap.test"},
        {"host": "imap.test/x"},
        {"host": "x" * 64 + ".test"},
        {"port": 0},
        {"port": 65_536},
        {"username": " "},
        {"username": "a\r\nb"},
        {"username": "x" * 256},
        {"secret_id": None},
        {"folders": ()},
        {"history_days": -1},
        {"history_days": 3651},
        {"folders": tuple(f"folder {n}" for n in range(21))},
        {"folders": ("",)},
        {"folders": ("a\nb",)},
        {"tls": "none"},
        {"host": "10.0.0.1", "tls": "none"},
        {"host": "localhost.evil.test", "tls": "none"},
    ],
)
def test_a_mailbox_that_makes_no_sense_is_refused(imap: dict[str, Any]) -> None:
    connect(replace(SETTINGS, imap=replace(IMAP, **imap)), READ, SEND).then_refused(errors.MailServerInvalid)


@pytest.mark.parametrize(
    "smtp",
    [{"host": "a..b"}, {"port": -1}, {"username": ""}, {"secret_id": None}, {"tls": "none"}, {"username": "a\0"}],
)
def test_a_sending_server_that_makes_no_sense_is_refused(smtp: dict[str, Any]) -> None:
    connect(replace(SETTINGS, smtp=replace(SMTP, **smtp)), READ, SEND).then_refused(errors.MailServerInvalid)


@pytest.mark.parametrize("authserv_id", ["two words", "a\nb", "x" * 256])
def test_the_server_that_checks_senders_is_one_word(authserv_id: str) -> None:
    wish = replace(SETTINGS, authserv_id=authserv_id)
    connect(wish, READ, SEND).then_refused(errors.MailServerInvalid)


def test_a_password_that_is_named_must_be_given() -> None:
    connect(SETTINGS, READ).then_refused(errors.ChannelSecretMissing)
    change(replace(SETTINGS, smtp=replace(SMTP, secret_id=an_id("another")))).then_refused(errors.ChannelSecretMissing)


def test_a_password_that_the_channel_has_need_not_be_given_again() -> None:
    wish = replace(SETTINGS, from_name="Sales")
    change(wish).then(ChannelChanged(channel_id=NEW, email=wish))


def test_the_password_of_another_channel_is_not_to_be_had() -> None:
    others = replace(CONNECTED, channel_id=OTHER, email=replace(SETTINGS, address="other@acme.test"))
    connect(SETTINGS, history=[others]).then_refused(errors.ChannelSecretMissing)
    connect(SETTINGS, READ, SEND, history=[others]).then_refused(errors.ChannelSecretTaken)
    gone = ChannelDisconnected(channel_id=OTHER)
    assert connect(SETTINGS, READ, SEND, history=[others, gone]).refusal is None


def test_a_new_password_under_an_old_id_is_refused_for_it_would_not_be_stored() -> None:
    change(replace(SETTINGS, from_name="Sales"), READ).then_refused(errors.ChannelSecretTaken)


@pytest.mark.parametrize("more", [{"imap": IMAP}, {"smtp": SMTP}, {"authserv_id": "mx.acme.test"}])
def test_an_inboxs_own_channel_has_no_servers_of_its_own(more: dict[str, Any]) -> None:
    settings = EmailSettings(address=FALLBACK_ADDRESS, **more)
    wish = c.ChangeChannel(channel_id=SUPPORT_FALLBACK, email=settings, secrets=given(READ, SEND))
    refusals: type[DomainError] = errors.FallbackChannelIsPermanent
    asked(wish).then_refused(refusals)


SIGN = an_id("key that signs")
SIGNING = Dkim(domain="acme.test", selector="postroom", public_key="MIIB", secret_id=SIGN)


def test_mails_are_signed_for_the_address_own_domain_or_one_above_with_a_key_that_is_given() -> None:
    change(replace(SETTINGS, dkim=SIGNING), SIGN).then(
        ChannelChanged(channel_id=NEW, email=replace(SETTINGS, dkim=SIGNING))
    )
    below = replace(SETTINGS, address="help@mail.acme.test", dkim=SIGNING)
    assert change(below, SIGN).refusal is None
    change(replace(SETTINGS, dkim=SIGNING)).then_refused(errors.ChannelSecretMissing)


@pytest.mark.parametrize(
    "dkim",
    [
        {"domain": "evil.test"},
        {"domain": "cme.test"},
        {"domain": "test"},
        {"domain": "acme.test\r\nBcc: x"},
        {"selector": ""},
        {"selector": "a.b"},
        {"selector": "A"},
        {"selector": "x" * 64},
        {"selector": "a;b=c"},
    ],
)
def test_a_signature_for_others_or_under_no_name_is_refused(dkim: dict[str, Any]) -> None:
    change(replace(SETTINGS, dkim=replace(SIGNING, **dkim)), SIGN).then_refused(errors.MailServerInvalid)
    change(replace(SETTINGS, dkim_pending=replace(SIGNING, **dkim)), SIGN).then_refused(errors.MailServerInvalid)


def test_a_key_that_does_not_sign_yet_has_its_secret_too() -> None:
    pending = replace(SETTINGS, dkim_pending=SIGNING)
    change(pending, SIGN).then(ChannelChanged(channel_id=NEW, email=pending))
    change(pending).then_refused(errors.ChannelSecretMissing)
    assert SIGNING.secret_id in secret_ids(pending)
