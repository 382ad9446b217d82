"""Servers that misbehave, parts that are away: what is said of the channel, and that no mail is lost or kept back."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable
from typing import Any

import pytest

from events.workspace import ChannelChanged, EmailSettings
from ingest_email.testing import TOPICS
from ingest_email.testing_imap import ADDRESS

pytestmark = [pytest.mark.real, pytest.mark.faults]
Mail = Callable[..., bytes]


async def test_a_wrong_password_is_said_once_tried_seldom_and_never_logged(
    desk: Any, server: Any, make_mail: Mail, within_a_log: Any
) -> None:
    desk.on(imap_longest_pause_seconds=300.0)
    await desk.connect(server.port, password="hunter2 is wrong")
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_wrong_password")])
        assert server.log_ins == 1
        await desk.change(server.port)
        await desk.until(lambda: desk.is_connected)
    assert desk.health == [("down", "imap_wrong_password"), ("ok", "")]
    said = " ".join(f"{record.getMessage()} {record.__dict__}" for record in within_a_log.records)
    assert "hunter2" not in said and "right p" not in said


async def test_a_channel_whose_mailbox_is_taken_away_has_no_fault_of_it_any_more(desk: Any, server: Any) -> None:
    await desk.connect(server.port, password="wrong")
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_wrong_password")])
        await desk.announce(ChannelChanged(channel_id=desk.channel_id, email=EmailSettings(address=ADDRESS)))
        await desk.until(lambda: desk.health == [("down", "imap_wrong_password"), ("ok", "")])


async def test_a_password_that_cannot_be_opened_is_asked_for(desk: Any, server: Any) -> None:
    await desk.connect(server.port)
    desk.execute("UPDATE keyring.secrets SET box = decode('00112233445566778899aabbccddeeff0011', 'hex')")
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_password_missing")])
        desk.execute("DELETE FROM keyring.secrets")
        await desk.change(server.port, secret_id=None)
        await desk.change(server.port)
        await desk.until(lambda: desk.is_connected)
    assert server.log_ins == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(desk: Any, secure_server: Any) -> None:
    server, _ = secure_server
    await desk.connect(server.port, host="localhost", tls="tls")
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_certificate")])
    assert server.log_ins == 0


async def test_a_certificate_for_another_host_is_refused(desk: Any, secure_server: Any) -> None:
    server, path = secure_server
    desk.on(imap_ca=path)
    await desk.connect(server.port, host="127.0.0.1", tls="tls")
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_certificate")])
    assert server.log_ins == 0


async def test_mail_comes_by_tls_when_the_certificate_fits(desk: Any, secure_server: Any, make_mail: Mail) -> None:
    server, path = secure_server
    desk.on(imap_ca=path)
    await desk.connect(server.port, host="localhost", tls="tls")
    async with desk.running():
        await desk.until_quiet(server)
        server.arrive(make_mail(1, text="x" * 300_000))
        await desk.until(lambda: len(desk.messages) == 1)


async def test_mail_comes_by_starttls_and_no_password_goes_without(
    desk: Any, server: Any, certificate: Any, make_mail: Mail
) -> None:
    path, context = certificate("localhost")
    desk.on(imap_ca=path)
    secure = type(server)(context)
    await secure.start()
    try:
        await desk.connect(server.port, host="localhost", tls="starttls")  # which has no STARTTLS
        async with desk.running():
            await desk.until(lambda: desk.health == [("down", "imap_not_secure")])
            await desk.change(secure.port, host="localhost", tls="starttls")
            await desk.until_quiet(secure)
            secure.arrive(make_mail(1))
            await desk.until(lambda: len(desk.messages) == 1)
        assert server.log_ins == 0
        assert secure.commands.index("STARTTLS") < secure.commands.index("AUTHENTICATE")
    finally:
        await secure.stop()


async def test_plain_text_to_another_machine_is_refused_unless_the_operator_allows_it(desk: Any) -> None:
    await desk.connect(1143, host="192.0.2.7", tls="none")
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_not_secure")])


async def test_a_server_that_is_not_there_is_unreachable_until_it_comes(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    port = server.port
    await server.stop()
    await desk.connect(port)
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_unreachable")])


async def test_a_server_that_cuts_in_the_middle_of_a_mail_loses_none(desk: Any, server: Any, make_mail: Mail) -> None:
    async def cut(session: Any, tag: str, command: str) -> bool:
        raw = session.box.mails[1].raw
        session.writer.write(b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%b" % (len(raw), raw[:100]))
        await session.writer.drain()
        session.cut()
        return True

    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.script["BODIES"].append(cut)
        for number in range(1, 5):
            server.inbox.put(make_mail(number))
        server.arrive(make_mail(5))
        await desk.until(lambda: len(desk.keys) == 5)
        await desk.until(lambda: desk.is_connected)
    assert desk.health == [("ok", "")], "one lost connection is nobody's business"
    assert len(desk.messages) == 5


async def test_a_mail_at_which_the_server_always_breaks_off_becomes_a_stub_and_stops_no_other(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    async def cut_at_the_second(session: Any, tag: str, command: str) -> bool:
        if 2 in session._named(command.split()[2]):
            session.cut()
            return True
        return False

    desk.on(imap_longest_pause_seconds=0.02)
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.always("BODIES", cut_at_the_second)
        server.always("HEADS", cut_at_the_second)
        for number in (1, 2, 3):
            server.inbox.put(make_mail(number))
        server.arrive(make_mail(4))
        await desk.until(lambda: len(desk.keys) == 4)
        await desk.until(lambda: desk.is_connected)
    assert [message.facts.unreadable for message in desk.messages if message.facts.unreadable] == [
        "the mailbox's server does not give it"
    ]
    assert {"Order 1", "Order 3", "Order 4"} < set(desk.subjects)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff\xfe garbage \x80",
        b"* 1 FETCH (UID 1 BODY[] {99999999999}",
        b"* 1 FETCH ((((((((((((((((((((((((((((((",
        b"* 1 FETCH (UID x RFC822.SIZE y)",
        b"* 1 FETCH )",
        b'* 1 FETCH (UID 1 "unended)',
        b"P999 OK that was never asked",
        b"x" * 200_000,
    ],
)
async def test_garbage_is_met_with_a_new_connection(desk: Any, server: Any, make_mail: Mail, answer: bytes) -> None:
    async def rave(session: Any, tag: str, command: str) -> bool:
        session.say(answer)
        session.say(f"{tag} OK done")
        return True

    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.script["LIST_MAILS"].append(rave)
        server.arrive(make_mail(1))
        await desk.until(lambda: len(desk.messages) == 1)
        await desk.until(lambda: desk.health[-2:] == [("down", "imap_protocol"), ("ok", "")])


async def test_a_greeting_that_is_none_is_no_mailbox(desk: Any, server: Any) -> None:
    server.greeting = "SSH-2.0-OpenSSH_9.2"
    await desk.connect(server.port)
    async with desk.running():
        await desk.until(lambda: desk.health == [("down", "imap_protocol")])


async def test_a_server_that_answers_too_slowly_is_left_and_tried_again(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    async def say_nothing(session: Any, tag: str, command: str) -> bool:
        await session.reader.read()
        return True

    desk.on(imap_answer_seconds=0.3)
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.script["BODIES"].append(say_nothing)
        server.arrive(make_mail(1))
        await desk.until(lambda: len(desk.messages) == 1)
        await desk.until(lambda: desk.is_connected)
        assert server.script["BODIES"] == [] and desk.health == [("ok", "")]


@pytest.mark.parametrize("kept", ["silent", "cut"])
async def test_a_second_failure_in_a_row_is_told_and_so_is_its_end(
    desk: Any, server: Any, make_mail: Mail, kept: str
) -> None:
    async def fail(session: Any, tag: str, command: str) -> bool:
        if kept == "cut":
            session.cut()
        else:
            await session.reader.read()
        return True

    desk.on(imap_answer_seconds=0.3)
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.script["BODIES"] += [fail, fail]
        server.arrive(make_mail(1))
        await desk.until(lambda: len(desk.messages) == 1)
        await desk.until(lambda: desk.is_connected and len(desk.health) > 2)
    reason = "imap_connection_lost" if kept == "cut" else "imap_too_slow"
    assert desk.health == [("ok", ""), ("down", reason), ("ok", "")]


async def test_a_hundred_thousand_mails_in_a_mailbox_are_not_listed_whole_and_smtp_goes_on(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    raw = make_mail(0)
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
    for _ in range(100_000):
        server.inbox.put(raw)
    async with desk.running() as receiver:
        await desk.until(lambda: len(desk.messages) > 500)
        elapsed = await asyncio.to_thread(_send, receiver.port, make_mail(1))
        assert elapsed == 250
    listed = [command for command in server.commands if server.word_of(command) == "LIST_MAILS"]
    assert max(len(server_uids(command)) for command in listed) <= 500


def server_uids(command: str) -> range:
    first, _, last = command.split()[2].partition(":")
    return range(int(first), int(last or first) + 1)


def _send(port: int, raw: bytes) -> int:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo()
        client.mail("jane@example.org")
        client.rcpt(ADDRESS)
        return client.data(raw)[0]


async def test_while_kafka_is_away_mailboxes_wait_and_nothing_is_told_to_the_server(
    fresh_kafka: Any, desk: Any, server: Any, make_mail: Mail
) -> None:
    from service_kit import topics

    await topics.apply(fresh_kafka.bootstrap_servers, wanted=TOPICS)
    other = type(desk)(desk.settings.database_url, fresh_kafka.bootstrap_servers, desk.folder)
    other.own = desk.own
    await other.connect(server.port, after_commit="mark_seen")
    async with other.running():
        await other.until_quiet(server)
        await asyncio.to_thread(fresh_kafka.kill)
        server.arrive(make_mail(1))
        await other.until(lambda: sum("BODY" in command for command in server.commands) >= 2)
        assert server.inbox.mails[1].flags == set()
        await asyncio.to_thread(fresh_kafka.start)
        await other.until(lambda: server.inbox.mails[1].flags == {"\\Seen"})
        reading = asyncio.create_task(other.read_log())
        await other.until(lambda: len(other.keys) == 1)
        reading.cancel()


async def test_while_postgresql_is_away_mailboxes_wait_and_smtp_goes_on(
    fresh_postgres: Any, desk: Any, server: Any, make_mail: Mail
) -> None:
    from service_kit.keyring import install

    desk.use_database(fresh_postgres.create_database("mailboxes"))
    install(desk.settings.database_url)
    await desk.connect(server.port)
    async with desk.running() as receiver:
        await desk.until_quiet(server)
        await asyncio.to_thread(fresh_postgres.kill)
        await desk.until(lambda: not server.idlers)
        server.arrive(make_mail(1))
        assert await asyncio.to_thread(_send, receiver.port, make_mail(2)) == 250
        await desk.until(lambda: desk.subjects == ["Order 2"])
        await asyncio.to_thread(fresh_postgres.start)
        await desk.until(lambda: len(desk.messages) == 2)
        await desk.until_quiet(server)
    assert desk.health == [("ok", "")]


async def test_smtp_works_where_postgresql_never_was(desk: Any, server: Any, make_mail: Mail) -> None:
    await desk.connect(server.port)
    desk.use_database("postgresql://nobody@127.0.0.1:1/none")
    async with desk.running() as receiver:
        await desk.until(lambda: receiver.health.is_ready)
        assert await asyncio.to_thread(_send, receiver.port, make_mail(1)) == 250
    assert server.commands == []


async def test_of_two_processes_one_has_the_mailbox_and_the_other_takes_over_at_once(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        async with desk.running() as second:
            await desk.until(lambda: second.health.is_ready)
            for number in range(20):
                server.arrive(make_mail(number))
            await desk.until(lambda: len(desk.keys) == 20)
            await desk.until_quiet(server)
            assert server.log_ins == 1
            desk.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE locktype = 'advisory' AND granted"
            )
            await desk.until(lambda: server.log_ins >= 2)
            server.arrive(make_mail(20))
            await desk.until(lambda: len(desk.keys) == 21)
    assert len({one.dedupe_key for one in desk.messages}) == 21
    assert len(desk.messages) <= 22, "who lost the lock may have published what it had just fetched, under the same key"
    assert desk.health == [("ok", "")]


async def test_a_mail_that_shows_after_one_with_a_greater_uid_is_fetched_even_by_the_next_process(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        first, second = server.inbox.give_uid(), server.inbox.give_uid()
        server.arrive(make_mail(3))
        await desk.until(lambda: len(desk.messages) == 1)
        server.arrive(make_mail(2), uid=second)
        await desk.until(lambda: len(desk.messages) == 2)
    server.inbox.put(make_mail(1), uid=first)
    async with desk.running():
        await desk.until(lambda: len(desk.messages) == 3)
