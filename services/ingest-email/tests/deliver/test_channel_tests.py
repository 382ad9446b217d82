"""The mail by which a channel is tested: known again however it comes back, and what its server's answers tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events.channel_tests import ChannelTestNoted, ChannelTestStarted
from events.testing import MOMENT
from events.values import Bounce
from events.workspace import ChannelDisconnected
from ingest_email import channel_test_mail
from ingest_email.channel_test_book import ChannelTestBook
from ingest_email.channel_test_mail import channel_test_of
from ingest_email.channel_tests import ChannelTests, steps_of
from ingest_email.delivery import Answer, Answered, FaultCode, Postponed, PutOff, Taken, TurnedDown
from ingest_email.delivery_lanes import Lane
from ingest_email.dkim_signing import DkimSigner
from ingest_email.outgoing_routes import Way
from ingest_email.parse import parse
from ingest_email.render import Mail
from service_kit.faults import KafkaAway

KEY, DOMAIN, ADDRESS = bytes(32), "mail.test", "help@shop.test"
TEST, CHANNEL = UUID(int=7), UUID(int=3)
STARTED = ChannelTestStarted(
    test_id=TEST, channel_id=CHANNEL, address=ADDRESS, started_at=MOMENT, ends_at=MOMENT + timedelta(minutes=3)
)


def mail() -> Mail:
    return channel_test_mail.render(TEST, ADDRESS, KEY, DOMAIN, MOMENT)


def test_it_goes_from_the_channel_to_itself_and_nobody_is_to_answer_it() -> None:
    made = mail()
    assert (made.sender, made.recipients) == (ADDRESS, (ADDRESS,)) and made == mail()
    read = parse(made.content)
    assert read.sender.address == ADDRESS and read.headers.first("auto-submitted") == "auto-generated"


def test_it_is_known_again_by_its_field_or_its_message_id_or_in_a_bounce() -> None:
    raw = mail().content
    assert channel_test_of(parse(raw), None, KEY, DOMAIN) == TEST
    token = channel_test_mail.HEADER.encode()
    assert channel_test_of(parse(raw.replace(token, b"X-Other")), None, KEY, DOMAIN) == TEST
    assert channel_test_of(parse(raw.replace(b"Message-ID", b"X-Message-ID")), None, KEY, DOMAIN) == TEST
    returned = Bounce(external_id=mail().message_id)
    assert channel_test_of(parse(b"Subject: Undelivered\r\n\r\nNo."), returned, KEY, DOMAIN) == TEST


def test_what_others_sign_is_no_test_of_ours() -> None:
    foreign = channel_test_mail.render(TEST, ADDRESS, b"1" * 32, DOMAIN, MOMENT)
    assert channel_test_of(parse(foreign.content), None, KEY, DOMAIN) is None
    assert channel_test_of(parse(mail().content), None, KEY, "other.test") == TEST
    for odd in (b"X-Postroom-Test: \xff\r\n\r\n", b"Message-ID: <test.@mail.test>\r\n\r\n", b""):
        assert channel_test_of(parse(odd), Bounce(external_id="test.x@mail.test"), KEY, DOMAIN) is None


@pytest.mark.parametrize(
    ("answer", "fault", "steps"),
    [
        (Taken(), None, [("credentials", True, ""), ("sent", True, "")]),
        (TurnedDown("5.7.1"), None, [("credentials", True, ""), ("sent", False, "5.7.1")]),
        (PutOff("4.2.2"), None, [("credentials", True, ""), ("sent", False, "4.2.2")]),
        (None, None, [("credentials", True, ""), ("sent", False, "no-answer")]),
        (PutOff("535"), "wrong-password", [("credentials", False, "wrong-password")]),
        (PutOff("connection"), "unreachable", [("sent", False, "unreachable")]),
    ],
)
def test_what_failed_is_the_last_step(
    answer: Answer | None, fault: FaultCode | None, steps: list[tuple[str, bool, str]]
) -> None:
    answers = {} if answer is None else {0: answer}
    assert list(steps_of(Answered((ADDRESS,), answers, fault))) == steps


def noted(hop: Any, ok: bool = True, test_id: UUID = TEST) -> ChannelTestNoted:
    return ChannelTestNoted(test_id=test_id, channel_id=CHANNEL, hop=hop, ok=ok)


def test_a_test_waits_until_it_is_noted_how_its_sending_went() -> None:
    for last, waits in (
        (noted("credentials"), True),
        (noted("sent"), False),
        (noted("credentials", ok=False), False),
        (noted("sent", test_id=UUID(int=8)), True),
        (ChannelDisconnected(channel_id=CHANNEL), False),
    ):
        book = ChannelTestBook()
        for event in (STARTED, last):
            book.apply(event)
        assert book.waiting == ((STARTED,) if waits else ())


# -- sending ------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A mail server, its routes and the log, as the sending task sees them."""

    answer: Answer | None = field(default_factory=Taken)
    fault: FaultCode | None = None
    way_back: Postponed | None = None
    away: int = 0
    sent: list[Mail] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    expected: int = 2

    async def way(self, channel_id: UUID) -> Way | Postponed:
        return self.way_back or Way(channel_id, Lane(1), self)

    async def send(self, mail: Mail, wanted: Sequence[int], before_final_dot: Any) -> Answered:
        await before_final_dot({})
        self.sent.append(mail)
        return Answered((ADDRESS,), {} if self.answer is None else {0: self.answer}, self.fault)

    def worked(self, way: Way) -> None:
        """What waits for the server may go."""

    def failed(self, *what: Any) -> None:
        """The server takes nothing."""

    async def publish(self, topic: str, key: bytes, record: Any) -> None:
        if self.away:
            self.away -= 1
            raise KafkaAway("Kafka is away")
        self.told.append(dict(record.headers)["ce_id"])
        if len(self.told) == self.expected:
            self.done.set()

    async def stop(self, seconds: float) -> None:
        """Nothing is left to be sent."""


async def no_secret(secret_id: UUID) -> str:
    raise AssertionError("nothing is to be signed")


async def run(server: Server, now: Any = MOMENT) -> None:
    book, stop = ChannelTestBook(), asyncio.Event()
    book.apply(STARTED)
    parts: dict[str, Any] = {"routes": server, "publisher": server}
    tests = ChannelTests(
        book=book,
        workspace_id=UUID(int=1),
        token_key=KEY,
        domain=DOMAIN,
        clock=lambda: now,
        jitter=lambda: 0.0,
        signer=DkimSigner(lambda channel_id: None, no_secret),
        **parts,
    )
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(tests.run(stop))
        await server.done.wait()
        stop.set()


async def test_it_is_sent_once_by_a_process_and_told_when_kafka_is_back() -> None:
    server = Server(away=1)
    await run(server)
    assert server.sent == [mail()] and len(server.told) == 2


async def test_a_process_that_begins_anew_tells_the_same_in_the_same_words() -> None:
    first, second = Server(), Server()
    await run(first)
    await run(second)
    assert (first.sent, first.told) == (second.sent, second.told)


async def test_without_a_way_nothing_is_sent_and_that_is_told() -> None:
    server = Server(way_back=Postponed("channel-unknown"), expected=1)
    await run(server)
    assert server.sent == []
