"""Mailboxes that are opened by a grant: tokens are made of it, and one that ended is told and connected anew."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local_runtime.greenmail import GreenMail
from service_kit.ids import new_id
from service_kit.oauth import Grant
from service_kit.testing.token_server import FIRST_GRANT, TokenServer

pytestmark = pytest.mark.real
Mail = Callable[..., bytes]


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer().serving() as tokens:
        yield tokens


@pytest.fixture
def desk(desk: Any, tokens: TokenServer, server: Any) -> Any:
    """Registered with the token server, whose tokens the mailbox's server takes."""
    server.capabilities = "IDLE AUTH=XOAUTH2"
    server.token = "token-1"
    desk.on(providers={"google": tokens.provider()}, imap_longest_pause_seconds=300.0)
    return desk


def grant(refresh_token: str = FIRST_GRANT) -> dict[str, str]:
    return {"auth": "oauth2", "password": Grant("google", refresh_token).text()}


@pytest.mark.parametrize("capabilities", ["IDLE AUTH=XOAUTH2", "IDLE SASL-IR AUTH=XOAUTH2"])
async def test_a_mailbox_is_read_by_a_token_made_of_its_grant(
    desk: Any, server: Any, tokens: TokenServer, make_mail: Mail, within_a_log: Any, capabilities: str
) -> None:
    server.capabilities = capabilities
    await desk.connect(server.port, **grant())
    async with desk.running():
        await desk.until_quiet(server)
        server.arrive(make_mail(1))
        await desk.until(lambda: len(desk.messages) == 1)
    assert [form["grant_type"] for form in tokens.asked] == ["refresh_token"]
    assert desk.health == [("ok", "")]
    said = " ".join(f"{record.getMessage()} {record.__dict__}" for record in within_a_log.records)
    assert FIRST_GRANT not in said and "token-1" not in said and "registered" not in said


async def test_a_grant_that_has_ended_is_told_and_another_one_puts_it_right_at_once(
    desk: Any, server: Any, tokens: TokenServer
) -> None:
    await desk.connect(server.port, **grant("revoked"))
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_grant_expired")])
        assert server.log_ins == 0
        await desk.change(server.port, **grant())
        await desk.until(lambda: desk.is_connected)
    assert desk.health == [("down", "imap_grant_expired"), ("ok", "")]


async def test_a_token_that_the_server_refuses_is_told_as_an_ended_grant_and_made_anew(
    desk: Any, server: Any, tokens: TokenServer
) -> None:
    server.token = "token-2"
    desk.on(imap_longest_pause_seconds=0.1)
    await desk.connect(server.port, **grant())
    async with desk.running():
        await desk.until(lambda: desk.is_connected)
    assert desk.health == [("down", "imap_grant_expired"), ("ok", "")]
    assert server.log_ins == 2 and len(tokens.asked) == 2


async def test_a_token_server_that_is_away_is_no_ended_grant(desk: Any, server: Any, tokens: TokenServer) -> None:
    tokens.away = True
    desk.on(imap_longest_pause_seconds=0.1)
    await desk.connect(server.port, **grant())
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_unreachable")])
        tokens.away = False
        await desk.until(lambda: desk.is_connected)


async def test_a_server_without_log_in_by_grant_is_named(desk: Any, server: Any) -> None:
    server.capabilities = "IDLE AUTH=PLAIN"
    await desk.connect(server.port, **grant())
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_login_missing")])
    assert server.log_ins == 0


async def test_another_maker_s_server_takes_the_token_too(
    desk: Any, tokens: TokenServer, greenmail: GreenMail, make_mail: Mail
) -> None:
    """GreenMail believes any token, and reads the mailbox's name out of it."""
    mailbox = f"granted-{new_id().hex}@shop.test"
    await desk.connect(greenmail.imap_port, username=mailbox, **grant())
    async with desk.running():
        await desk.until(lambda: desk.is_connected)
        with smtplib.SMTP(greenmail.host, greenmail.smtp_port, timeout=30) as smtp:
            smtp.sendmail("rosa@customer.test", [mailbox], make_mail(1))
        await desk.until(lambda: desk.subjects == ["Order 1"])
    assert [form["grant_type"] for form in tokens.asked] == ["refresh_token"]
