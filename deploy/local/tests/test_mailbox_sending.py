"""The customers' page sends by a mail server, and tells of what comes."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from local_runtime.mailbox_page.news import MOST_LISTENERS, TooManyListeners
from local_runtime.mailbox_page.sending import NotSent, Postman
from local_runtime.ports import LOCALHOST, free_ports

ZOFIA = "zofia@klient.example"
SHOP = "support@lumo-home.example"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(NotSent("smtp-away"), 503), (NotSent("put-off", "451 later"), 503), (NotSent("refused", "550 unknown"), 422)],
)
def test_what_the_mail_server_says_is_told_and_nothing_is_kept(page: Any, refusal: NotSent, status: int):
    page.postman.refusal = refusal
    response = page.send()
    assert (response.status_code, response.json()) == (status, {"code": refusal.why, "words": refusal.words})
    assert page.threads() == []


def test_a_mail_whose_copy_cannot_be_kept_was_sent_all_the_same(page: Any):
    page.mailbox.write_text("a file where the folder should be")
    response = page.send()
    assert (response.status_code, response.json()) == (201, {"id": ""})
    assert len(page.postman.taken) == 1


class Choosy:
    """An SMTP server that knows one recipient, and is busy for another."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == "busy@lumo-home.example":
            return "451 4.3.0 come back later"
        if address != SHOP:
            return "550 5.1.1 no such address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        return "250 OK"


def test_a_real_server_takes_refuses_and_puts_off_and_may_be_away(page_with: Any):
    handler, (port, nobody) = Choosy(), free_ports(2)
    controller = Controller(handler, hostname=LOCALHOST, port=port)
    controller.start()
    try:
        page = page_with(Postman(port))
        assert page.send().status_code == 201
        refused = page.send(to="unknown@lumo-home.example").json()
        assert refused == {"code": "refused", "words": "550 5.1.1 no such address"}
        assert page.send(to="busy@lumo-home.example").json()["code"] == "put-off"
        assert len(page.threads()) == 1
    finally:
        controller.stop()
    assert "Dzie=C5=84 dobry" in handler.raw[0].decode()
    with pytest.raises(NotSent, match="smtp-away"):
        Postman(nobody).deliver(b"Subject: x\r\n\r\n", ZOFIA, SHOP)


def test_what_goes_from_the_folders_goes_from_the_page_and_half_written_files_never_come(page: Any):
    page.arrives("one", ZOFIA)
    (page.outbox / ".two.eml.1.tmp").write_text("half")
    (page.outbox / ".three.eml").write_text("hidden")
    assert len(page.threads()) == 1
    (page.outbox / "one.eml").unlink()
    assert page.threads() == []


def test_a_folder_that_has_not_changed_is_not_read_again(page: Any):
    page.arrives("one", ZOFIA)
    long_ago = 1_700_000_000
    os.utime(page.outbox, (long_ago, long_ago))
    version = page.library.refresh()
    (page.outbox / "two.eml").write_text("Subject: unseen\n\n")
    os.utime(page.outbox, (long_ago, long_ago))
    assert page.library.refresh() == version
    os.utime(page.outbox)
    assert page.library.refresh() == version + 1


async def test_word_of_a_new_mail_comes_by_itself(page: Any):
    stream = page.news.listen()
    first = await anext(stream)
    page.arrives("one", ZOFIA)
    async with asyncio.timeout(10):
        second = await anext(stream)
    assert first.startswith("data: ") and second.startswith("data: ") and first != second
    page.news.close()
    async with asyncio.timeout(10):
        assert [line async for line in stream if line.startswith("data: 9")] == []


async def test_only_so_many_pages_are_listened_to(page: Any):
    streams = [page.news.listen() for _ in range(MOST_LISTENERS)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(TooManyListeners):
        page.news.listen()
    for stream in streams:
        await stream.aclose()
    await anext(page.news.listen())
    page.news.close()
