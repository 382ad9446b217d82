"""The whole process against a real IMAP server: killed in the middle of a mailbox, and beside another one."""

from __future__ import annotations

import asyncio
import imaplib
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from local_runtime.children import Child
from local_runtime.ports import free_ports
from service_kit.ids import new_id

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(300)]
Mail = Callable[..., bytes]
MAILS = 2000


class Process:
    """`python -m ingest_email receive`, to be killed and started again."""

    def __init__(self, desk: Any, folder: Path) -> None:
        self._settings, self._log = desk.settings, folder / f"receive-{new_id()}.log"
        self._ports = free_ports(2)
        self.child: Child | None = None

    def start(self) -> None:
        smtp, metrics = self._ports
        environment = {**os.environ, **self._settings.environment(), "INGEST_EMAIL_SMTP_PORT": str(smtp)}
        environment |= {"POSTROOM_METRICS_PORT": str(metrics), "INGEST_EMAIL_IMAP_LONGEST_PAUSE_SECONDS": "1"}
        command = [sys.executable, "-m", "ingest_email", "receive"]
        self.child = Child.start("receive", command, log=self._log, environment=environment)

    async def kill(self) -> None:
        assert self.child is not None
        await asyncio.to_thread(self.child.kill)

    async def stop(self) -> None:
        assert self.child is not None
        await asyncio.to_thread(self.child.stop, signal.SIGTERM, 20)
        assert self.child.exit_code == 0, self._log.read_text()


class RealMailbox:
    """A mailbox on GreenMail, filled by IMAP."""

    def __init__(self, greenmail: Any) -> None:
        self._server, self.username = greenmail, f"{new_id()}@example.com"

    @property
    def settings(self) -> dict[str, Any]:
        return {"port": self._server.imap_port, "username": self.username, "password": "secret"}

    def put(self, mails: list[bytes]) -> None:
        """All in one go: the literals of all commands are sent without waiting (LITERAL+)."""
        with imaplib.IMAP4(self._server.host, self._server.imap_port) as client:
            client.login(self.username, "any")
            when = imaplib.Time2Internaldate(time.time()).encode()
            for start in range(0, len(mails), 50):
                some = mails[start : start + 50]
                for number, raw in enumerate(some, start):
                    client.send(b"M%d APPEND INBOX () %b {%d+}\r\n%b\r\n" % (number, when, len(raw), raw))
                done = 0
                while done < len(some):
                    done += client.readline().startswith(b"M")

    def flags(self) -> dict[int, bytes]:
        with imaplib.IMAP4(self._server.host, self._server.imap_port) as client:
            client.login(self.username, "any")
            client.select(readonly=True)
            _, lines = client.uid("FETCH", "1:*", "(UID FLAGS)")
        found = (re.search(rb"FLAGS \((.*?)\).*UID (\d+)|UID (\d+).*FLAGS \((.*?)\)", line) for line in lines if line)
        return {int(one[2] or one[3]): one[1] if one[1] is not None else one[4] for one in found if one}


@pytest.fixture
def real_mailbox(greenmail: Any) -> RealMailbox:
    mailbox = RealMailbox(greenmail)
    mailbox.put([])
    return mailbox


@pytest.fixture
async def process(desk: Any, tmp_path: Path) -> AsyncIterator[Process]:
    process = Process(desk, tmp_path)
    yield process
    if process.child is not None:
        await process.kill()


async def test_killed_again_and_again_within_a_mailbox_of_2000_mails_nothing_is_lost_or_there_twice(
    desk: Any, process: Process, real_mailbox: RealMailbox, make_mail: Mail
) -> None:
    await desk.connect(**real_mailbox.settings)
    process.start()
    await desk.until(lambda: desk.is_connected)
    await process.kill()
    await asyncio.to_thread(real_mailbox.put, [make_mail(number) for number in range(MAILS)])
    for goal in (150, 700, 1300):
        process.start()
        await desk.until(lambda goal=goal: len(desk.messages) >= goal, 120)
        await process.kill()
    process.start()
    await desk.until(lambda: len(desk.keys) == MAILS, 120)
    await process.stop()

    assert {message.content.external_id for message in desk.messages} == {f"{n}@example.org" for n in range(MAILS)}
    assert len(desk.messages) < MAILS + 3 * 500  # only what was under way came again, under the same keys
    ((last_uid,),) = desk.execute("SELECT last_uid FROM ingest_email.imap_folders")
    assert last_uid == MAILS


async def test_no_mail_is_marked_before_it_is_in_the_log_whenever_the_process_dies(
    desk: Any, process: Process, real_mailbox: RealMailbox, make_mail: Mail
) -> None:
    await desk.connect(**real_mailbox.settings, after_commit="mark_seen")
    process.start()
    await desk.until(lambda: desk.is_connected)
    await process.kill()
    await asyncio.to_thread(real_mailbox.put, [make_mail(number) for number in range(600)])
    for goal in (50, 250):
        process.start()
        await desk.until(lambda goal=goal: len(desk.messages) >= goal, 120)
        await process.kill()
        marked = [uid for uid, flags in (await asyncio.to_thread(real_mailbox.flags)).items() if b"Seen" in flags]
        acknowledged = {message.content.external_id for message in desk.messages}
        await desk.until(lambda marked=marked: _fetched(desk) >= {f"{uid - 1}@example.org" for uid in marked})
        assert len(acknowledged) >= len(marked)
    process.start()
    await desk.until(lambda: len(desk.keys) == 600, 120)
    async with asyncio.timeout(60):
        while any(b"Seen" not in flags for flags in (await asyncio.to_thread(real_mailbox.flags)).values()):
            await asyncio.sleep(0.05)


def _fetched(desk: Any) -> set[str]:
    return {message.content.external_id for message in desk.messages}


async def test_of_two_processes_one_fetches_and_when_it_is_killed_the_other_does(
    desk: Any, process: Process, real_mailbox: RealMailbox, make_mail: Mail, tmp_path: Path
) -> None:
    await desk.connect(**real_mailbox.settings)
    process.start()
    await desk.until(lambda: desk.is_connected)
    other = Process(desk, tmp_path)
    other.start()
    try:
        await asyncio.to_thread(real_mailbox.put, [make_mail(number) for number in range(300)])
        await desk.until(lambda: len(desk.messages) >= 100)
        await process.kill()
        await asyncio.to_thread(real_mailbox.put, [make_mail(number) for number in range(300, 310)])
        await desk.until(lambda: len(desk.keys) == 310, 60)
        await other.stop()
    finally:
        await other.kill()
