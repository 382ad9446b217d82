"""Replies by their channels' own mail servers, on real parts: health, secrets, changes, dead servers beside living."""

from __future__ import annotations

import asyncio
import email
import imaplib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from events.conversations import ReplyContent
from events.values import Address
from events.workspace import ChannelHealthNoted, SmtpSettings, Transport
from ingest_email.delivery import Schedule
from ingest_email.testing import TOPICS
from local_runtime.greenmail import GreenMail
from service_kit import topics
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.oauth import Grant
from service_kit.testing.token_server import FIRST_GRANT, TokenServer

pytestmark = pytest.mark.real
Content = Callable[..., ReplyContent]
PASSWORD = "p:a@ss word"


def smtp(
    port: int, secret_id: UUID | None = None, tls: Transport = "starttls", host: str = "127.0.0.1"
) -> SmtpSettings:
    username = "" if secret_id is None else "postroom"
    return SmtpSettings(host=host, port=port, tls=tls, username=username, secret_id=secret_id)


@pytest.fixture(autouse=True)
def trusted(secure_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the certificate of the test's own server."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secure_server.certificate))


class DeadServer:
    """Takes connections and never says a word, until it hangs up for good."""

    def __init__(self) -> None:
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._say_nothing, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()

    async def _say_nothing(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)


@pytest.fixture
async def dead_server() -> AsyncIterator[DeadServer]:
    server = DeadServer()
    await server.start()
    yield server
    server.hang_up()


def queue(desk: Any, content: Content, channel_id: UUID | None, count: int = 1) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    desk.queue(*((reply_id, new_id(), content(reply_id)) for reply_id in ids), channel_id=channel_id)
    return ids


async def test_a_channel_with_a_server_of_its_own_sends_by_it_with_its_password_and_others_by_the_relay(
    desk: Any, mail_server: Any, secure_server: Any, reply_content: Content, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = desk.secret(PASSWORD)
    by_starttls = await desk.connect(smtp(secure_server.port, secret))
    by_tls = await desk.connect(smtp(secure_server.implicit_port, secret, "tls"))
    ids = [*queue(desk, reply_content, by_starttls), *queue(desk, reply_content, by_tls)]
    ids += queue(desk, reply_content, None)
    async with desk.running():
        await desk.until(lambda: desk.states(ids) == {"accepted": len(ids)})
    assert [entry[:2] for entry in secure_server.received] == [(True, True), (True, True)]
    assert len(mail_server.received) == 1
    assert await desk.health(by_starttls) == [] and PASSWORD not in caplog.text


async def test_a_wrong_password_is_told_and_when_it_is_put_right_the_waiting_reply_goes_at_once(
    desk: Any, mail_server: Any, secure_server: Any, reply_content: Content
) -> None:
    desk.own = replace(desk.own, schedule=Schedule(delays=(600,), give_up_after=7200))
    channel_id = await desk.connect(smtp(secure_server.port, desk.secret("wrong")))
    (reply_id,) = queue(desk, reply_content, channel_id)
    async with desk.running():
        await desk.until_health(channel_id, ("down", "smtp_wrong_password"))
        await desk.until_state(reply_id, "requested")
        await desk.change(channel_id, smtp(secure_server.port, desk.secret(PASSWORD)))
        await desk.until_state(reply_id, "accepted")
    assert mail_server.connections == 0 and len(secure_server.received) == 1


async def test_a_grant_that_has_ended_is_told_replies_wait_and_another_grant_sends_them_at_once(
    desk: Any, mail_server: Any, secure_server: Any, reply_content: Content, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with TokenServer().serving() as tokens:
        slow = Schedule(delays=(600,), give_up_after=7200)
        desk.own = replace(desk.own, schedule=slow, providers={"google": tokens.provider()})
        secure_server.token = "token-1"
        ended, good = (desk.secret(Grant("google", text).text()) for text in ("revoked", FIRST_GRANT))
        by_grant = msgspec.structs.replace(smtp(secure_server.port, ended), auth="oauth2")
        channel_id = await desk.connect(by_grant)
        (reply_id,) = queue(desk, reply_content, channel_id)
        async with desk.running():
            await desk.until_health(channel_id, ("down", "smtp_grant_expired"))
            await desk.until_state(reply_id, "requested")
            await desk.change(channel_id, msgspec.structs.replace(by_grant, secret_id=good))
            await desk.until_state(reply_id, "accepted")
    assert mail_server.connections == 0 and secure_server.received[0][:2] == (True, True)
    assert FIRST_GRANT not in caplog.text and "token-1" not in caplog.text


async def test_a_token_that_the_server_refuses_is_told_as_an_ended_grant_and_made_anew(
    desk: Any, secure_server: Any, reply_content: Content
) -> None:
    with TokenServer().serving() as tokens:
        desk.own = replace(desk.own, providers={"google": tokens.provider()})
        by_grant = smtp(secure_server.port, desk.secret(Grant("google", FIRST_GRANT).text()))
        channel_id = await desk.connect(msgspec.structs.replace(by_grant, auth="oauth2"))
        (reply_id,) = queue(desk, reply_content, channel_id)
        async with desk.running():
            await desk.until_health(channel_id, ("down", "smtp_grant_expired"))
            secure_server.token = "any token"
            await desk.until_state(reply_id, "accepted")
            await desk.until_health(channel_id, ("down", "smtp_grant_expired"), ("ok", ""))
    assert secure_server.log_ins == len(tokens.asked) > 1


async def test_another_maker_s_server_takes_the_token_and_the_reply(
    desk: Any, mail_server: Any, greenmail: GreenMail, reply_content: Content
) -> None:
    """GreenMail believes any token; that the reply came is seen in its recipient's mailbox."""
    customer = f"customer-{new_id().hex}@shop.test"

    def addressed(reply_id: UUID) -> ReplyContent:
        return msgspec.structs.replace(reply_content(reply_id), to=(Address(customer),), cc=(), bcc=())

    with TokenServer().serving() as tokens:
        desk.own = replace(desk.own, providers={"google": tokens.provider()})
        by_grant = smtp(greenmail.smtp_port, desk.secret(Grant("google", FIRST_GRANT).text()), "none")
        channel_id = await desk.connect(msgspec.structs.replace(by_grant, auth="oauth2"))
        (reply_id,) = queue(desk, addressed, channel_id)
        async with desk.running():
            await desk.until_state(reply_id, "accepted")
        assert await desk.health(channel_id) == []
        assert [form["grant_type"] for form in tokens.asked] == ["refresh_token"]
    assert await asyncio.to_thread(_read_of, greenmail, customer) == [str(reply_id)]
    assert mail_server.connections == 0


def _read_of(greenmail: GreenMail, mailbox: str) -> list[str]:
    """The replies in a mailbox there, by our field of theirs."""
    with imaplib.IMAP4(greenmail.host, greenmail.imap_port, timeout=30) as client:
        client.login(mailbox, "any password")
        client.select("INBOX")
        numbers = client.search(None, "ALL")[1][0].split()
        raws = [client.fetch(number.decode(), "(BODY[])")[1][0][1] for number in numbers]
    return [str(email.message_from_bytes(raw)["X-Postroom-Reply"]) for raw in raws]


async def test_a_recovered_server_is_told_once_and_what_waited_goes_out(
    desk: Any, secure_server: Any, reply_content: Content
) -> None:
    secure_server.password = b"changed"
    channel_id = await desk.connect(smtp(secure_server.port, desk.secret(PASSWORD)))
    ids = queue(desk, reply_content, channel_id, 6)
    async with desk.running():
        await desk.until_health(channel_id, ("down", "smtp_wrong_password"))
        secure_server.password = PASSWORD.encode()
        await desk.until(lambda: desk.states(ids) == {"accepted": len(ids)})
        await desk.until_health(channel_id, ("down", "smtp_wrong_password"), ("ok", ""))


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ("certificate", ("down", "smtp_certificate")),
        ("secret missing", ("down", "smtp_secret_missing")),
        ("plain text", ("down", "smtp_insecure")),
        ("unreachable", ("degraded", "smtp_unreachable")),
    ],
)
async def test_what_is_wrong_with_a_server_is_told_and_the_reply_waits(
    desk: Any, mail_server: Any, secure_server: Any, reply_content: Content, unused_port: int, trouble: str, told: Any
) -> None:
    settings = {
        "certificate": smtp(secure_server.port, desk.secret(PASSWORD), host="localhost"),
        "secret missing": smtp(secure_server.port, new_id()),
        "plain text": smtp(25, None, "none", "mail.example.com"),
        "unreachable": smtp(unused_port, None, "none"),
    }[trouble]
    channel_id = await desk.connect(settings)
    (reply_id,) = queue(desk, reply_content, channel_id)
    async with desk.running():
        await desk.until_health(channel_id, told)
        assert desk.state(reply_id) in ("requested", "attempting")
    assert (mail_server.connections, secure_server.received) == (0, [])


async def test_a_dead_server_delays_only_its_own_channel(
    desk: Any, mail_server: Any, secure_server: Any, reply_content: Content, dead_server: DeadServer
) -> None:
    dead = await desk.connect(smtp(dead_server.port, None, "none"))
    living = await desk.connect(smtp(secure_server.port, desk.secret(PASSWORD)))
    stuck = queue(desk, reply_content, dead, 60)
    going = [*queue(desk, reply_content, living, 20), *queue(desk, reply_content, None, 20)]
    patient = replace(desk.own.time_outs, connect=600, attempt=600)
    desk.own = replace(desk.own, time_outs=patient)
    async with desk.running("listener", "workers", "reports"):
        await desk.until(lambda: desk.states(going) == {"accepted": 40}, 60)
        assert desk.states(stuck) == {"attempting": 1, "requested": 59}
        dead_server.hang_up()
    assert len(secure_server.received) == 20 and len(mail_server.received) == 20


async def test_a_burst_of_a_channel_uses_few_connections(desk: Any, mail_server: Any, reply_content: Content) -> None:
    channel_id = await desk.connect(smtp(mail_server.port, None, "none"))
    ids = queue(desk, reply_content, channel_id, 30)
    async with desk.running():
        await desk.until(lambda: desk.states(ids) == {"accepted": len(ids)})
    assert mail_server.connections <= 4 and len(mail_server.received) == 30


async def test_a_connection_that_is_dropped_between_two_replies_costs_no_attempt(
    desk: Any, mail_server: Any, reply_content: Content
) -> None:
    mail_server.script["MAIL"] += ["250 ok", "cut"]
    async with desk.running():
        for _ in range(2):
            (reply_id,) = queue(desk, reply_content, None)
            await desk.until_state(reply_id, "accepted")
            assert desk.execute("SELECT max(attempt) FROM ingest_email.deliveries") == [(1,)]
    assert mail_server.connections == 2


async def test_a_reply_of_a_disconnected_channel_fails_and_may_be_tried_again(
    desk: Any, mail_server: Any, secure_server: Any, reply_content: Content
) -> None:
    channel_id = await desk.connect(smtp(secure_server.port, desk.secret("wrong")))
    (waiting,) = queue(desk, reply_content, channel_id)
    async with desk.running():
        await desk.until_health(channel_id, ("down", "smtp_wrong_password"))
        await desk.disconnect(channel_id)
        await desk.until_state(waiting, "failed")
        await desk.until_reported()
    refused = (await desk.reports(waiting))[-1].data
    assert (refused.code, refused.can_retry) == ("channel-disconnected", True)
    assert "was disconnected" in refused.reason
    assert (mail_server.connections, secure_server.received) == (0, [])


async def test_a_channel_that_gives_up_its_server_goes_by_the_relay_and_is_well_again(
    desk: Any, mail_server: Any, secure_server: Any, reply_content: Content
) -> None:
    channel_id = await desk.connect(smtp(secure_server.port, desk.secret("wrong")))
    (reply_id,) = queue(desk, reply_content, channel_id)
    async with desk.running():
        await desk.until_health(channel_id, ("down", "smtp_wrong_password"))
        await desk.change(channel_id, None)
        await desk.until_state(reply_id, "accepted")
        await desk.until_health(channel_id, ("down", "smtp_wrong_password"), ("ok", ""))
    assert len(mail_server.received) == 1


async def test_a_channel_connected_a_moment_ago_is_known_before_its_reply_is_sent(
    desk: Any, mail_server: Any, secure_server: Any, reply_content: Content
) -> None:
    async with desk.running():
        (first,) = queue(desk, reply_content, None)
        await desk.until_state(first, "accepted")
        channel_id = await desk.connect(smtp(secure_server.port, desk.secret(PASSWORD)))
        (reply_id,) = queue(desk, reply_content, channel_id)
        await desk.until_state(reply_id, "accepted")
    assert len(secure_server.received) == 1 and len(mail_server.received) == 1


async def test_nothing_is_sent_before_the_settings_are_known(
    fresh_kafka: Any, desk: Any, mail_server: Any, secure_server: Any, reply_content: Content
) -> None:
    await topics.apply(fresh_kafka.bootstrap_servers, wanted=TOPICS)
    desk.settings = desk.on_kafka(fresh_kafka.bootstrap_servers)
    channel_id = await desk.connect(smtp(secure_server.port, desk.secret(PASSWORD)))
    (reply_id,) = queue(desk, reply_content, channel_id)
    await asyncio.to_thread(fresh_kafka.kill)
    async with desk.running() as deliverer:
        await desk.until(lambda: deliverer.health.report()["channels"].startswith("the copy"))
        assert desk.state(reply_id) == "requested"
        await asyncio.to_thread(fresh_kafka.start)
        await desk.until_state(reply_id, "accepted")
    assert len(secure_server.received) == 1 and mail_server.connections == 0


async def test_a_fault_that_was_noted_before_the_start_is_taken_back_by_a_success_and_old_changes_tell_nothing(
    desk: Any, secure_server: Any, reply_content: Content
) -> None:
    good = smtp(secure_server.port, desk.secret(PASSWORD))
    channel_id, quiet = await desk.connect(good), await desk.connect(good)
    for each, later in ((channel_id, ("down", "smtp_wrong_password")), (quiet, ("ok", ""))):
        await desk.say(ChannelHealthNoted(channel_id=each, state="down", reason="smtp_certificate", since=utc_now()))
        await desk.change(each, None)
        await desk.say(ChannelHealthNoted(channel_id=each, state=later[0], reason=later[1], since=utc_now()))
        await desk.change(each, good)
    ids = [*queue(desk, reply_content, channel_id), *queue(desk, reply_content, quiet)]
    async with desk.running():
        await desk.until(lambda: desk.states(ids) == {"accepted": len(ids)})
        await desk.until_health(channel_id, ("ok", ""))
    assert await desk.health(quiet) == []
