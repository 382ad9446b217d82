"""Every process is killed under load, Kafka and PostgreSQL too: nothing is lost, nothing comes twice, order is kept."""

import random
import smtplib
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from local_runtime.live import LivePostroom, eventually
from service_kit.ledger import compare

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(240)]
MAILS = 2_000
LANES = 20
KILLS = 3
SECONDS_TO_RECOVER = 90.0
VICTIMS = (
    "ingest-email-receive",
    "router",
    "relay",
    "inbox-projector",
    "inbox-projection",
    "ingest-email-deliver",
    "kafka",
    "postgres",
)


@pytest.fixture(scope="module")
def live(runtime_folder: Path) -> Iterator[LivePostroom]:
    postroom = LivePostroom(runtime_folder / "faults")
    postroom.start()
    yield postroom
    postroom.stop()


class Load:
    """Mails in lanes: a lane is one customer writing into one thread, each mail after the last was accepted."""

    def __init__(self, live: LivePostroom, address: str) -> None:
        self._live = live
        self._address = address
        self.run = uuid4().hex[:8]
        self.accepted = 0
        self._lock = threading.Lock()
        self.expected = {f"{self.run}-{lane}": [f"{lane}.{n}" for n in range(MAILS // LANES)] for lane in range(LANES)}

    def send_all(self) -> None:
        """Returns when every mail was accepted; like a mail server, tries again after a 4xx or a lost connection."""
        with ThreadPoolExecutor(LANES) as lanes:
            list(lanes.map(self._send_lane, self.expected))

    def _send_lane(self, lane: str) -> None:
        smtp: smtplib.SMTP | None = None
        first = f"<{lane}.0@client.test>"
        for number in range(MAILS // LANES):
            thread = f"In-Reply-To: {first}\r\nReferences: {first}\r\n" if number else ""
            raw = (
                f"From: <{lane}@client.test>\r\nTo: <{self._address}>\r\nSubject: {lane.split('-')[1]}.{number}\r\n"
                f"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\nMessage-ID: <{lane}.{number}@client.test>\r\n{thread}"
                f"\r\nMail {number} of lane {lane}.\r\n"
            )
            smtp = self._until_accepted(smtp, lane, raw.encode())
            with self._lock:
                self.accepted += 1
        if smtp is not None:
            smtp.close()

    def _until_accepted(self, smtp: smtplib.SMTP | None, lane: str, raw: bytes) -> smtplib.SMTP:
        deadline = time.monotonic() + SECONDS_TO_RECOVER
        while True:
            try:
                if smtp is None:
                    smtp = smtplib.SMTP("127.0.0.1", self._live.smtp_port, timeout=20)
                smtp.sendmail(f"{lane}@client.test", [self._address], raw)
                return smtp
            except (smtplib.SMTPException, OSError) as error:
                refused = getattr(error, "recipients", {})
                assert not any(code >= 500 for code, _ in refused.values()), f"refused for good: {refused}"
                if smtp is not None:
                    smtp.close()
                smtp = None
                assert time.monotonic() < deadline, f"not accepted within {SECONDS_TO_RECOVER} s: {error!r}"
                time.sleep(0.05)


def database(live: LivePostroom) -> psycopg.Connection[tuple[object, ...]]:
    environment = dict(line.split("=", 1) for line in live.run("env").stdout.splitlines() if "=" in line)
    return psycopg.connect(environment["POSTROOM_DATABASE_URL"], autocommit=True)


def shown(live: LivePostroom, run: str) -> dict[str, list[str]]:
    """By lane, the subjects in the order of their conversation, as the view has them."""
    query = """
        SELECT content::jsonb #>> '{sender,address}', content::jsonb ->> 'subject'
        FROM inbox.messages WHERE direction = 'in' AND content::jsonb #>> '{sender,address}' LIKE %s
        ORDER BY conversation_id, sequence"""
    lanes: dict[str, list[str]] = defaultdict(list)
    with database(live) as connection:
        for address, subject in connection.execute(query, (f"{run}-%",)):
            lanes[str(address).partition("@")[0]].append(str(subject))
    return dict(lanes)


def kill_during(live: LivePostroom, load: Load, victims: list[str]) -> None:
    """Sends the load and kills one victim after the other, each after a further share of the mails was accepted."""
    sender = threading.Thread(target=load.send_all)
    sender.start()
    for number, victim in enumerate(victims, start=1):
        share = MAILS * number // (len(victims) + 1)
        eventually(lambda share=share: load.accepted >= share or not sender.is_alive(), "the load goes on", 120)
        before = live.kill(victim)
        eventually(
            lambda victim=victim, before=before: _is_back(live, victim, before), f"{victim} is back", SECONDS_TO_RECOVER
        )
    sender.join(SECONDS_TO_RECOVER)
    assert load.accepted == MAILS, f"only {load.accepted} of {MAILS} mails were accepted"


def _is_back(live: LivePostroom, name: str, before: int) -> bool:
    process = live.processes().get(name, {})
    return process.get("pid") not in (None, before)


def prove(live: LivePostroom, load: Load) -> None:
    """Every accepted mail is shown exactly once and in its lane's order."""

    def all_shown() -> bool:
        try:
            return sum(map(len, shown(live, load.run).values())) >= MAILS
        except psycopg.OperationalError:
            return False

    try:
        eventually(all_shown, "all mails are shown", SECONDS_TO_RECOVER)
    finally:
        verdict = compare(load.expected, shown(live, load.run))
    assert verdict.ok, verdict


def new_load(live: LivePostroom) -> Load:
    with live.client() as api:
        return Load(live, api.get("/inboxes").json()["items"][0]["fallback_address"])


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_process_killed_three_times_under_load_loses_and_doubles_nothing(live: LivePostroom, victim: str) -> None:
    load = new_load(live)
    kill_during(live, load, [victim] * KILLS)
    prove(live, load)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_processes_killed_under_load_lose_and_double_nothing(live: LivePostroom, seed: int) -> None:
    load = new_load(live)
    kill_during(live, load, random.Random(seed).choices(VICTIMS, k=KILLS))
    prove(live, load)
