"""Handing a mail to a mail server: what each kind of answer, cut and silence means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from events.workspace import SmtpSettings
from ingest_email.delivery import Answer, PutOff, Silence, Taken, TurnedDown
from ingest_email.outgoing_connections import Reuse
from ingest_email.relay_url import SmtpRelay, Tls, server_of
from ingest_email.render import Mail
from ingest_email.smtp_client import SmtpTransport, TimeOuts

QUICK = TimeOuts(connect=2, command=2, block=2, final=2, attempt=10)


class TheDot:
    """Records what the ledger would be told before the final dot, and may refuse it."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.told: Mapping[int, Answer] | None = None
        self._refusal = refusal

    async def __call__(self, silent: Mapping[int, Answer]) -> None:
        self.told = silent
        if self._refusal is not None:
            raise self._refusal


OPENED: list[SmtpTransport] = []


@pytest.fixture(autouse=True)
async def _leave() -> AsyncIterator[None]:
    """Takes leave of every server at a test's end."""
    yield
    while OPENED:
        await OPENED.pop().close()


def transport(
    port: int,
    tls: Tls = "offered",
    time_outs: TimeOuts = QUICK,
    reuse: Reuse | None = None,
    host: str = "127.0.0.1",
    **log_in: str,
) -> SmtpTransport:
    OPENED.append(SmtpTransport(SmtpRelay(host, port, tls, **log_in), "postroom.localhost", time_outs, reuse=reuse))
    return OPENED[-1]


async def test_a_mail_that_is_taken_arrives_byte_for_byte(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    mail, dot = a_mail("ann@example.org", "bob@example.org"), TheDot()
    answered = await transport(mail_server.port).send(mail, (0, 1), dot)
    assert answered.answers == {0: Taken(), 1: Taken()}
    assert dot.told == {0: Silence(), 1: Silence()}
    (received,) = mail_server.received
    assert received.content == mail.content
    assert received.recipients == mail.recipients and received.sender == mail.sender
    assert f"MAIL FROM:<support@example.com> SIZE={len(mail.content)}" in mail_server.commands


async def test_a_large_mail_is_written_in_blocks(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    mail = a_mail(content=b"Subject: x\r\n\r\n" + b".dots and text\r\n" * 150_000)
    answered = await transport(mail_server.port).send(mail, (0,), TheDot())
    assert answered.answers == {0: Taken()}
    assert mail_server.received[0].content == mail.content


async def test_only_the_wanted_recipients_are_tried(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    mail = a_mail("ann@example.org", "bob@example.org", "cy@example.org")
    answered = await transport(mail_server.port).send(mail, (0, 2), TheDot())
    assert set(answered.answers) == {0, 2}
    assert mail_server.received[0].recipients == ("ann@example.org", "cy@example.org")


@pytest.mark.parametrize(
    ("step", "answer", "meaning"),
    [
        ("CONNECT", "421 busy", PutOff("421", "busy")),
        ("CONNECT", "554 go away", PutOff("554", "go away")),
        ("MAIL", "451 later", PutOff("451", "later")),
        ("MAIL", "530 log in first", PutOff("530", "log in first")),
        ("MAIL", "550 bad sender", TurnedDown("550", "bad sender")),
        ("MAIL", "552 too big", TurnedDown("552", "too big")),
        ("RCPT", "421 closing", PutOff("421", "closing")),
        ("RCPT", "450 greylisted", PutOff("450", "greylisted")),
        ("RCPT", "550 5.1.1 no such user", TurnedDown("550", "5.1.1 no such user")),
        ("DATA", "451 later", PutOff("451", "later")),
        ("DATA", "554 no", TurnedDown("554", "no")),
        ("DOT", "421 restarting", PutOff("421", "restarting")),
        ("DOT", "452 disk full", PutOff("452", "disk full")),
        ("DOT", "554 is spam", TurnedDown("554", "is spam")),
        ("DOT", "nonsense", Silence()),
        ("DOT", "cut", Silence()),
        ("DOT", "hang", Silence()),
    ],
)
async def test_what_an_answer_means(
    mail_server: Any, a_mail: Callable[..., Mail], step: str, answer: str, meaning: Answer
) -> None:
    mail_server.script[step].append(answer)
    time_outs = TimeOuts(connect=2, command=2, block=2, final=0.2, attempt=10)
    answered = await transport(mail_server.port, time_outs=time_outs).send(a_mail(), (0,), TheDot())
    assert answered.answers == {0: meaning}


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY"])
@pytest.mark.parametrize("fault", ["cut", "hang"])
async def test_a_server_lost_before_the_final_dot_is_tried_again(
    mail_server: Any, a_mail: Callable[..., Mail], step: str, fault: str
) -> None:
    mail_server.script[step].append(fault)
    quick, dot = TimeOuts(connect=0.2, command=0.2, block=0.2, final=0.2, attempt=5), TheDot()
    mail = a_mail(content=b"x" * 70 + b"\r\n" * 8_000_000)
    answered = await transport(mail_server.port, time_outs=quick).send(mail, (0,), dot)
    assert isinstance(answered.answers[0], PutOff)
    assert dot.told is None
    assert mail_server.received == []


async def test_a_server_that_answers_each_step_slowly_is_given_up_in_time(
    mail_server: Any, a_mail: Callable[..., Mail]
) -> None:
    mail_server.script["RCPT"].append("hang")
    impatient = TimeOuts(connect=5, command=5, block=5, final=5, attempt=0.2)
    answered = await transport(mail_server.port, time_outs=impatient).send(a_mail(), (0,), TheDot())
    assert isinstance(answered.answers[0], PutOff)


async def test_no_server_at_all_is_tried_again(a_mail: Callable[..., Mail], unused_port: int) -> None:
    answered = await transport(unused_port).send(a_mail(), (0,), TheDot())
    assert isinstance(answered.answers[0], PutOff)


async def test_each_recipient_has_its_own_answer(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    mail_server.script["RCPT"] += ["250 ok", "550 unknown", "451 greylisted"]
    dot = TheDot()
    mail = a_mail("ann@example.org", "bob@example.org", "cy@example.org")
    answered = await transport(mail_server.port).send(mail, (0, 1, 2), dot)
    assert answered.answers == {0: Taken(), 1: TurnedDown("550", "unknown"), 2: PutOff("451", "greylisted")}
    assert dot.told == {0: Silence(), 1: TurnedDown("550", "unknown"), 2: PutOff("451", "greylisted")}
    assert mail_server.received[0].recipients == ("ann@example.org",)


async def test_a_connection_lost_among_the_recipients_keeps_the_answers_it_gave(
    mail_server: Any, a_mail: Callable[..., Mail]
) -> None:
    mail_server.script["RCPT"] += ["550 unknown", "cut"]
    answered = await transport(mail_server.port).send(a_mail("ann@x.org", "bob@x.org"), (0, 1), TheDot())
    assert answered.answers[0] == TurnedDown("550", "unknown")
    assert isinstance(answered.answers[1], PutOff)


async def test_when_every_recipient_is_refused_no_message_is_sent(
    mail_server: Any, a_mail: Callable[..., Mail]
) -> None:
    mail_server.script["RCPT"] += ["550 unknown", "550 unknown"]
    await transport(mail_server.port).send(a_mail("ann@x.org", "bob@x.org"), (0, 1), TheDot())
    assert "DATA" not in mail_server.commands


async def test_when_the_ledger_refuses_the_final_dot_is_never_sent(
    mail_server: Any, a_mail: Callable[..., Mail]
) -> None:
    with pytest.raises(RuntimeError, match="lease lost"):
        await transport(mail_server.port).send(a_mail(), (0,), TheDot(RuntimeError("lease lost")))
    await mail_server.until(lambda: "BODY" in mail_server.commands)
    assert mail_server.received == [] and "." not in mail_server.commands


async def test_the_session_is_ended_politely(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    sender = transport(mail_server.port)
    await sender.send(a_mail(), (0,), TheDot())
    await sender.close()
    await mail_server.until(lambda: mail_server.commands[-1] == "QUIT")


async def test_a_refused_log_in_is_about_us_and_tried_again(secure_server: Any, a_mail: Callable[..., Mail]) -> None:
    sender = transport(secure_server.port, "offered", username="postroom", password="wrong")
    answered = await sender.send(a_mail(), (0,), TheDot())
    assert isinstance(answered.answers[0], PutOff) and answered.answers[0].code == "535"


async def test_starttls_and_log_in_with_a_certificate_that_nobody_vouches_for(
    secure_server: Any, a_mail: Callable[..., Mail]
) -> None:
    sender = transport(secure_server.port, "offered", username="postroom", password="p:a@ss word")
    assert (await sender.send(a_mail(), (0,), TheDot())).answers == {0: Taken()}
    assert secure_server.received == [(True, True, ["ann@example.org"])]


async def test_required_tls_refuses_a_certificate_that_nobody_vouches_for(
    secure_server: Any, a_mail: Callable[..., Mail]
) -> None:
    answered = await transport(secure_server.port, "required").send(a_mail(), (0,), TheDot())
    assert isinstance(answered.answers[0], PutOff)
    assert secure_server.received == []


async def test_required_tls_refuses_a_server_without_it(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    answered = await transport(mail_server.port, "required").send(a_mail(), (0,), TheDot())
    assert isinstance(answered.answers[0], PutOff)
    assert not any(command.startswith("MAIL") for command in mail_server.commands)


async def test_many_mails_at_once_do_not_disturb_each_other(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    sender = transport(mail_server.port)
    mails = [a_mail(f"person{number}@example.org") for number in range(40)]
    results = await asyncio.gather(*(sender.send(mail, (0,), TheDot()) for mail in mails))
    assert all(result.answers == {0: Taken()} for result in results)
    assert {one.recipients for one in mail_server.received} == {mail.recipients for mail in mails}


def test_the_transport_never_shows_the_password() -> None:
    assert "secret" not in repr(SmtpRelay("mail.example.com", 587, "required", "me", "secret"))


async def test_a_burst_goes_over_one_connection(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    sender = transport(mail_server.port)
    for _ in range(5):
        assert (await sender.send(a_mail(), (0,), TheDot())).answers == {0: Taken()}
    assert (mail_server.connections, len(mail_server.received)) == (1, 5)


async def test_a_connection_carries_only_so_many_mails(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    sender = transport(mail_server.port, reuse=Reuse(mails=2))
    for _ in range(5):
        await sender.send(a_mail(), (0,), TheDot())
    assert mail_server.connections == 3


async def test_a_connection_that_waits_too_long_is_left(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    sender = transport(mail_server.port, reuse=Reuse(idle=0.05))
    await sender.send(a_mail(), (0,), TheDot())
    await mail_server.until(lambda: mail_server.commands[-1] == "QUIT")


@pytest.mark.parametrize("fault", ["cut", "hang", "421 you were away too long"])
async def test_a_waiting_connection_that_the_server_dropped_is_replaced_within_the_attempt(
    mail_server: Any, a_mail: Callable[..., Mail], fault: str
) -> None:
    sender = transport(mail_server.port, time_outs=TimeOuts(connect=2, command=2, block=2, final=2, resume=0.1))
    mail_server.script["MAIL"] += ["250 ok", fault]
    for _ in range(2):
        answered = await sender.send(a_mail(), (0,), TheDot())
        assert (answered.answers, answered.fault) == ({0: Taken()}, None)
    assert (mail_server.connections, len(mail_server.received)) == (2, 2)


async def test_a_mail_refused_on_a_waiting_connection_is_refused(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    sender = transport(mail_server.port)
    mail_server.script["MAIL"] += ["250 ok", "550 not this one"]
    await sender.send(a_mail(), (0,), TheDot())
    assert (await sender.send(a_mail(), (0,), TheDot())).answers == {0: TurnedDown("550", "not this one")}
    assert mail_server.connections == 1


async def test_after_silence_at_the_dot_the_connection_is_never_used_again(
    mail_server: Any, a_mail: Callable[..., Mail]
) -> None:
    sender = transport(mail_server.port)
    mail_server.script["DOT"].append("nonsense")
    assert (await sender.send(a_mail(), (0,), TheDot())).answers == {0: Silence()}
    assert (await sender.send(a_mail(), (0,), TheDot())).answers == {0: Taken()}
    assert mail_server.connections == 2


@pytest.mark.parametrize(
    ("step", "answer", "fault"),
    [
        ("CONNECT", "421 busy", "refused"),
        ("CONNECT", "cut", "unreachable"),
        ("MAIL", "451 later", None),
        ("MAIL", "530 log in first", "login-required"),
        ("RCPT", "550 no such user", None),
        ("DATA", "cut", "unreachable"),
        ("DOT", "421 restarting", "refused"),
        ("DOT", "cut", None),
    ],
)
async def test_what_an_answer_says_of_the_server(
    mail_server: Any, a_mail: Callable[..., Mail], step: str, answer: str, fault: str | None
) -> None:
    mail_server.script[step].append(answer)
    assert (await transport(mail_server.port).send(a_mail(), (0,), TheDot())).fault == fault


async def test_no_server_at_all_is_unreachable(a_mail: Callable[..., Mail], unused_port: int) -> None:
    assert (await transport(unused_port).send(a_mail(), (0,), TheDot())).fault == "unreachable"


async def test_a_wrong_password_is_called_so(secure_server: Any, a_mail: Callable[..., Mail]) -> None:
    sender = transport(secure_server.port, "offered", username="postroom", password="wrong")
    assert (await sender.send(a_mail(), (0,), TheDot())).fault == "wrong-password"


async def test_a_server_without_log_in_or_tls_is_called_so(mail_server: Any, a_mail: Callable[..., Mail]) -> None:
    without_log_in = transport(mail_server.port, "never", username="postroom", password="x")
    assert (await without_log_in.send(a_mail(), (0,), TheDot())).fault == "login-missing"
    assert (await transport(mail_server.port, "required").send(a_mail(), (0,), TheDot())).fault == "tls-missing"
    assert not any("AUTH" in command for command in mail_server.commands)


async def test_a_certificate_that_fits_is_verified_and_the_password_travels(
    secure_server: Any, a_mail: Callable[..., Mail], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secure_server.certificate))
    sender = transport(secure_server.port, "required", username="postroom", password="p:a@ss word")
    assert (await sender.send(a_mail(), (0,), TheDot())).answers == {0: Taken()}
    implicit = transport(secure_server.implicit_port, "implicit")
    assert (await implicit.send(a_mail(), (0,), TheDot())).answers == {0: Taken()}
    assert [secure for secure, _, _ in secure_server.received] == [True, True]


@pytest.mark.parametrize("tls", ["required", "implicit"])
@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_that_does_not_fit_is_called_so_before_the_password_is_asked_for(
    secure_server: Any, a_mail: Callable[..., Mail], monkeypatch: pytest.MonkeyPatch, tls: Tls, trusted: bool
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(secure_server.certificate))
    port = secure_server.implicit_port if tls == "implicit" else secure_server.port
    host = "localhost" if trusted else "127.0.0.1"
    sender = transport(port, tls, host=host, username="postroom", password="p:a@ss word")
    answered = await sender.send(a_mail(), (0,), TheDot())
    assert answered.fault == "certificate" and isinstance(answered.answers[0], PutOff)
    assert secure_server.received == [] and secure_server.log_ins == 0


async def test_plain_text_to_another_machine_is_never_spoken(a_mail: Callable[..., Mail]) -> None:
    elsewhere = server_of(SmtpSettings(host="mail.example.com", tls="none"))
    OPENED.append(SmtpTransport(elsewhere, "postroom.localhost", QUICK))
    assert (await OPENED[-1].send(a_mail(), (0,), TheDot())).fault == "insecure"
