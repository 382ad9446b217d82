"""A load of mails whose order can be proved: lanes, each one customer who writes into one thread."""

from __future__ import annotations

import smtplib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import psycopg

from local_runtime.live import LivePostroom, eventually
from local_runtime.ports import LOCALHOST
from service_kit.ledger import compare

SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 0.5
_COUNT = """
    SELECT coalesce(sum(message_count), 0) FROM inbox.conversations JOIN inbox.contacts USING (contact_id)
    WHERE left(handle, 100) LIKE %s"""
_SHOWN = """
    SELECT content::json #>> '{sender,address}', content::json ->> 'subject'
    FROM inbox.messages JOIN inbox.conversations USING (conversation_id) JOIN inbox.contacts USING (contact_id)
    WHERE direction = 'in' AND left(handle, 100) LIKE %s ORDER BY conversation_id, messages.sequence"""


class Load:
    """Mails in lanes, each mail sent after the one before it was accepted. Like a mail server it tries again after a
    4xx and a lost connection, for `patience` seconds a mail."""

    def __init__(
        self, live: LivePostroom, address: str, mails: int, lanes: int = 20, *, patience: float = 120.0
    ) -> None:
        self._live, self._address, self._patience = live, address, patience
        self.mails, self.run = mails, uuid4().hex[:8]
        self.accepted = 0
        self.answers: Counter[int] = Counter()
        self._lock = threading.Lock()
        self.expected: dict[Hashable, list[str]] = {
            f"{self.run}-{lane}": [f"{lane}.{number}" for number in range(mails // lanes)] for lane in range(lanes)
        }

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Sends beside the block; at its end all mails were accepted. Raises AssertionError when one never was."""
        with ThreadPoolExecutor(len(self.expected)) as lanes:
            sending = [lanes.submit(self._send_lane, str(lane)) for lane in self.expected]
            yield
            for one in sending:
                one.result()

    def reaches(self, accepted: int) -> None:
        """Returns when so many mails were accepted."""
        eventually(lambda: self.accepted >= accepted, f"{accepted} accepted mails", self._patience)

    def shown(self) -> dict[Hashable, list[str]]:
        """By lane, the subjects in the order of their conversation, as the view has them."""
        lanes: dict[Hashable, list[str]] = defaultdict(list)
        with self._live.database() as connection:
            for address, subject in connection.execute(_SHOWN, (f"{self.run}-%",)):
                lanes[address.partition("@")[0]].append(subject)
        return dict(lanes)

    def prove(self, seconds: float = 120.0) -> None:
        """Returns when every mail is shown; raises AssertionError unless each is there exactly once and in order."""

        def all_shown() -> bool:
            try:
                with self._live.database() as connection:
                    row = connection.execute(_COUNT, (f"{self.run}-%",)).fetchone()
                return row is not None and int(row[0]) >= self.mails
            except psycopg.OperationalError:
                return False

        try:
            eventually(all_shown, "all mails are shown", seconds)
        finally:
            verdict = compare(self.expected, self.shown())
            assert verdict.ok, f"{verdict}: {verdict!r}"

    def _send_lane(self, lane: str) -> None:
        smtp: smtplib.SMTP | None = None
        first = f"<{lane}.0@client.test>"
        for number, subject in enumerate(self.expected[lane]):
            thread = f"In-Reply-To: {first}\r\nReferences: {first}\r\n" if number else ""
            raw = (
                f"From: <{lane}@client.test>\r\nTo: <{self._address}>\r\nSubject: {subject}\r\n"
                f"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\nMessage-ID: <{lane}.{number}@client.test>\r\n{thread}"
                f"\r\nMail {number} of lane {lane}.\r\n"
            )
            smtp = self._until_accepted(smtp, lane, raw.encode())
            with self._lock:
                self.accepted += 1
        if smtp is not None:
            smtp.close()

    def _until_accepted(self, smtp: smtplib.SMTP | None, lane: str, raw: bytes) -> smtplib.SMTP:
        deadline = time.monotonic() + self._patience
        pause = SHORTEST_PAUSE
        while True:
            try:
                if smtp is None:
                    smtp = smtplib.SMTP(LOCALHOST, self._live.smtp_port, timeout=20)
                smtp.sendmail(f"{lane}@client.test", [self._address], raw)
                return smtp
            except (smtplib.SMTPException, OSError) as error:
                for code in _codes(error):
                    self.answers[code] += 1
                    assert code < 500, f"a mail was refused for good: {error!r}"
                if smtp is not None:
                    smtp.close()
                smtp = None
                assert time.monotonic() < deadline, f"not accepted within {self._patience} s: {error!r}"
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)


def _codes(error: Exception) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0 else []
