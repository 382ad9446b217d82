"""A mailbox fetched into the real log: what is fetched, when the cursor moves, and what the server is told."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.workspace import ChannelDisconnected
from ingest_email.testing_imap import ADDRESS
from service_kit import reply_token
from service_kit.blobs import Blobs
from service_kit.hashing import derive_key
from service_kit.ids import new_id

pytestmark = pytest.mark.real
Mail = Callable[..., bytes]


async def test_what_lies_there_at_connecting_stays_there_and_what_comes_is_fetched_at_once(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    server.inbox.put(make_mail(1))
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.arrive(raw := make_mail(2))
        await desk.until(lambda: len(desk.messages) == 1)
        await desk.until(lambda: desk.is_connected)
    (message,) = desk.messages

    assert message.content.subject == "Order 2"
    assert (message.facts.channel_id, message.content.delivered_to) == (desk.channel_id, ADDRESS)
    assert await Blobs(desk.settings.blob_url).get(message.content.raw.name) == raw
    assert desk.health == [("ok", "")]


async def test_nothing_is_changed_on_the_server_unless_the_channel_says_so(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.arrive(make_mail(1))
        await desk.until(lambda: len(desk.messages) == 1)
        await desk.until_quiet(server)

    words = {server.word_of(command) for command in server.commands}
    assert words.isdisjoint({"SELECT", "STORE", "EXPUNGE", "CLOSE"}) and "EXAMINE" in words
    assert all("PEEK" in command for command in server.commands if "BODY" in command)
    assert server.inbox.mails[1].flags == set()


async def test_what_came_while_no_process_ran_is_fetched_by_the_next(desk: Any, server: Any, make_mail: Mail) -> None:
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
    for number in range(250):
        server.inbox.put(make_mail(number))
    server.inbox.mails[17].flags.add("\\Seen")
    del server.inbox.mails[50]
    async with desk.running():
        await desk.until(lambda: len(desk.keys) == 249)
        await desk.until_quiet(server)
    async with desk.running():
        await desk.until_quiet(server)

    assert len(desk.messages) == 249
    for sender in {message.content.sender.address for message in desk.messages}:
        own = [int(m.content.subject.split()[1]) for m in desk.messages if m.content.sender.address == sender]
        assert own == sorted(own)


@pytest.mark.parametrize("after_commit", ["mark_seen", "delete"])
async def test_the_server_is_told_of_a_mail_only_after_it_is_in_the_log(
    desk: Any, server: Any, make_mail: Mail, after_commit: str
) -> None:
    server.inbox.put(make_mail(0))
    told: list[int] = []

    async def look(session: Any, tag: str, command: str) -> bool:
        await desk.until(lambda: len(desk.messages) >= 2)  # never, were it told before
        told.append(len(desk.messages))
        return False

    server.always("STORE", look)
    await desk.connect(server.port, after_commit=after_commit)
    async with desk.running():
        await desk.until_quiet(server)
        server.inbox.put(make_mail(1))
        server.arrive(make_mail(2))
        await desk.until(lambda: bool(told))
        await desk.until(lambda: "\\Seen" in server.inbox.mails[3].flags if 3 in server.inbox.mails else True)
        await desk.until_quiet(server)

    assert server.inbox.mails[1].flags == set()
    assert len(server.inbox.mails) == (3 if after_commit == "mark_seen" else 1)


async def test_what_a_dead_process_did_not_tell_the_server_its_successor_does(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    server.inbox.put(make_mail(0))

    async def cut(session: Any, tag: str, command: str) -> bool:
        session.cut()
        return True

    server.script["STORE"].append(cut)
    await desk.connect(server.port, after_commit="delete")
    async with desk.running():
        await desk.until_quiet(server)
        server.arrive(make_mail(1))
        await desk.until(lambda: len(server.inbox.mails) == 1)
        await desk.until(lambda: desk.is_connected)

    assert list(server.inbox.mails) == [1]
    assert desk.subjects == ["Order 1"]


async def test_a_mail_by_smtp_and_by_imap_at_once_has_one_dedupe_key(desk: Any, server: Any, make_mail: Mail) -> None:
    await desk.connect(server.port)
    raw = make_mail(1)

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.sendmail("jane@example.org", [ADDRESS], raw)

    async with desk.running() as receiver:
        await desk.until_quiet(server)
        server.arrive(
            b"Return-Path: <jane@example.org>\r\nReceived: by mx.example.com; Tue, 25 Aug 2026 08:59:01 +0200\r\n"
            b"Delivered-To: support@example.com\r\nX-Spam-Status: No\r\n" + raw
        )
        await asyncio.to_thread(send, receiver.port)
        await desk.until(lambda: len(desk.messages) == 2)

    assert len(desk.keys) == 1


async def test_the_reply_token_is_found_in_the_fields_that_name_the_recipient(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    conversation_id = new_id()
    token = reply_token.sign(conversation_id, derive_key(desk.settings.secret_key, "reply-token"))
    plus = reply_token.plus_address(ADDRESS, token)
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.inbox.put(make_mail(1, To=f"Support <{plus}>"))
        server.inbox.put(f"Delivered-To: {plus}\r\n".encode() + make_mail(2))
        server.inbox.put(f"X-Original-To: {plus}\r\n".encode() + make_mail(3))
        server.arrive(make_mail(4))
        await desk.until(lambda: len(desk.messages) == 4)

    assert [message.reply_to_conversation for message in sorted(desk.messages, key=lambda m: m.content.subject)] == [
        conversation_id,
        conversation_id,
        conversation_id,
        None,
    ]


async def test_a_server_without_idle_is_polled(desk: Any, server: Any, make_mail: Mail) -> None:
    server.capabilities = "LOGINDISABLEDNOT"
    await desk.connect(server.port)
    async with desk.running():
        await desk.until(lambda: "NOOP" in server.commands)
        server.inbox.put(make_mail(1))
        await desk.until(lambda: len(desk.messages) == 1)

    assert "IDLE" not in server.commands and "LOGIN" in server.commands


async def test_idle_is_asked_for_anew_before_the_server_tires_of_it(desk: Any, server: Any, make_mail: Mail) -> None:
    desk.on(imap_idle_seconds=0.05)
    await desk.connect(server.port)
    async with desk.running():
        await desk.until(lambda: server.commands.count("IDLE") >= 5)

    assert server.log_ins == 1
    assert desk.health == [("ok", "")]


async def test_news_between_the_look_and_the_idle_is_not_missed(desk: Any, server: Any, make_mail: Mail) -> None:
    async def arrive_before_idling(session: Any, tag: str, command: str) -> bool:
        server.inbox.put(make_mail(1))
        session.say("* 1 EXISTS")
        return False

    server.script["IDLE"].append(arrive_before_idling)
    await desk.connect(server.port)
    async with desk.running():
        await desk.until(lambda: len(desk.messages) == 1)


async def test_all_folders_are_fetched_from(desk: Any, server: Any, make_mail: Mail) -> None:
    server.boxes["Spam & Größe"] = other = type(server.inbox)()
    server.boxes["Spam &- Gr&APYA3w-e"] = other
    await desk.connect(server.port, folders=("INBOX", "Spam & Größe"))
    async with desk.running():
        await desk.until_quiet(server)
        other.put(make_mail(1))
        await desk.until(lambda: desk.subjects == ["Order 1"])
        server.arrive(make_mail(2))
        await desk.until(lambda: len(desk.messages) == 2)
    assert desk.health == [("ok", "")]


async def test_a_folder_that_is_renamed_is_said_to_be_missing_and_keeps_back_no_other(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    server.boxes["Orders"] = type(server.inbox)()
    await desk.connect(server.port, folders=("INBOX", "Orders"))
    async with desk.running():
        await desk.until(lambda: desk.is_connected)
        server.boxes["Shipping"] = server.boxes.pop("Orders")
        await desk.until(lambda: desk.health[-1] == ("degraded", "imap_folder_missing"))
        server.arrive(make_mail(1))
        await desk.until(lambda: desk.subjects == ["Order 1"])
        server.boxes["Shipping"].put(make_mail(2))
        server.boxes["Orders"] = server.boxes.pop("Shipping")
        await desk.until(lambda: len(desk.messages) == 2)
        await desk.until(lambda: desk.is_connected)


async def test_what_arrives_in_a_folder_that_was_not_there_at_first_is_fetched(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    await desk.connect(server.port, folders=("INBOX", "Orders"))
    async with desk.running():
        await desk.until(lambda: desk.health == [("degraded", "imap_folder_missing")])
        box = type(server.inbox)(uid_validity=9)
        box.put(make_mail(1), arrived_at=datetime.now(UTC) - timedelta(days=3))
        box.put(make_mail(2), arrived_at=datetime.now(UTC) + timedelta(seconds=2))
        server.boxes["Orders"] = box
        await desk.until(lambda: desk.is_connected)

    assert desk.subjects == ["Order 2"]
    assert desk.health[-1] == ("ok", "")


async def test_after_new_uids_only_what_came_after_connecting_is_fetched_while_more_arrives(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    old = datetime.now(UTC) - timedelta(hours=30)
    for number in range(5):
        server.inbox.put(make_mail(number), arrived_at=old)
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.arrive(make_mail(5))
        await desk.until(lambda: len(desk.messages) == 1)
        await desk.until_quiet(server)

        async def arrive(session: Any, tag: str, command: str) -> bool:
            server.inbox.put(make_mail(7), arrived_at=old)  # moved there by somebody: its UID is what counts
            return False

        server.inbox.put(make_mail(6))
        server.script["LIST_MAILS"].append(arrive)
        server.inbox.renumber(99)
        server.cut_all()
        await desk.until(lambda: len(desk.keys) == 3)
        await desk.until_quiet(server)

    assert sorted(desk.subjects) == ["Order 5", "Order 5", "Order 6", "Order 7"]
    assert ("degraded", "imap_uid_validity_changed") in desk.health
    assert desk.health[-1] == ("ok", "")


async def test_a_mail_over_the_limit_becomes_a_stub_with_what_the_server_tells(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    desk.on(max_mail_bytes=2000)
    await desk.connect(server.port, after_commit="delete")
    async with desk.running():
        await desk.until_quiet(server)
        server.inbox.put(make_mail(1, text="long " * 1000))
        server.inbox.put(make_mail(2, text="long " * 500_000), size=100)  # the server lies
        server.inbox.put(make_mail(3, text="long " * 1000, Message_ID=None, Subject=None))
        server.inbox.put(make_mail(4, text="long " * 1000, Message_ID=None, Subject=None, From=None))
        server.arrive(make_mail(5))
        await desk.until(lambda: len(desk.keys) == 5)
        await desk.until(lambda: 5 not in server.inbox.mails)
    stubs = [message for message in desk.messages if message.facts.unreadable]

    assert len(stubs) == 4
    assert {message.content.subject for message in stubs} == {"Order 1", "Order 2", ""}
    assert all("larger than what is fetched" in message.facts.unreadable for message in stubs)
    assert sorted(server.inbox.mails) == [1, 2, 3, 4]  # what we haven't whole is not deleted


async def test_a_mail_that_the_server_refuses_becomes_a_stub_and_stops_no_other(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    async def refuse(session: Any, tag: str, command: str) -> bool:
        if 2 not in session._named(command.split()[2]):
            return False
        session.say(f"{tag} NO [SERVERBUG] can't")
        return True

    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        server.always("BODIES", refuse)
        for number in (1, 2, 3):
            server.inbox.put(make_mail(number))
        server.arrive(make_mail(4))
        await desk.until(lambda: len(desk.messages) == 4)

    assert [message.content.subject for message in desk.messages if message.facts.unreadable] == ["Order 2"]


async def test_a_disconnected_channel_is_left_alone(desk: Any, server: Any, make_mail: Mail) -> None:
    await desk.connect(server.port)
    async with desk.running():
        await desk.until_quiet(server)
        await desk.announce(ChannelDisconnected(channel_id=desk.channel_id))
        await desk.until(lambda: not server.sessions)
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        await desk.until(lambda: desk.execute(locks) == [(0,)])
    assert server.log_ins == 1


async def test_a_channel_pointed_to_another_mailbox_begins_anew_there(desk: Any, server: Any, make_mail: Mail) -> None:
    other = type(server)()
    await other.start()
    for number in range(3):
        other.inbox.put(make_mail(number))
    try:
        await desk.connect(server.port)
        async with desk.running():
            await desk.until_quiet(server)
            await desk.change(other.port)
            await desk.until_quiet(other)
            other.arrive(make_mail(9))
            await desk.until(lambda: desk.subjects == ["Order 9"])
    finally:
        await other.stop()


async def test_the_last_days_come_as_history_once_however_often_it_is_killed_and_nothing_is_deleted(
    desk: Any, server: Any, make_mail: Mail
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for number in range(120):
        server.inbox.put(make_mail(number), arrived_at=now - timedelta(days=20 if number < 10 else 5))
    await desk.connect(server.port, history_days=7, after_commit="delete")
    async with desk.running():
        await desk.until(lambda: len(desk.keys) >= 50)
    async with desk.running():
        await desk.until_quiet(server)
        server.arrive(make_mail(500))
        await desk.until(lambda: "Order 500" in desk.subjects)
        await desk.until(lambda: len(server.inbox.mails) == 120)
    assert len(desk.keys) == 111
    history = [message for message in desk.messages if message.facts.history]
    assert {message.content.subject for message in history} == {f"Order {number}" for number in range(10, 120)}
    assert {message.facts.received_at for message in history} == {now - timedelta(days=5)}
    async with desk.running():
        await desk.until_quiet(server)
    assert len(desk.keys) == 111
