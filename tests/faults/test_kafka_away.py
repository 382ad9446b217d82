"""Kafka away for 20 s and PostgreSQL stopped at once under load: mails are refused for now, none is lost or swapped."""

import signal
import smtplib
import time

import pytest

from local_runtime.lanes import Load
from local_runtime.live import LivePostroom, eventually

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(300)]
MAILS = 600
SECONDS_AWAY = 20.0


def test_kafka_away_for_20_seconds_means_451_and_loses_nothing(live: LivePostroom, address: str) -> None:
    load, log = Load(live, address, MAILS), live.var / "log" / "router.log"
    lost_before = log.read_text().count("LeadershipLost")
    with load.going_on():
        load.reaches(MAILS // 3)
        live.kill("kafka", signal.SIGSTOP)
        stopped, killed = time.monotonic(), live.kill("router")
        try:
            accepted_before = load.accepted
            with (
                smtplib.SMTP("127.0.0.1", live.smtp_port, timeout=60) as smtp,
                pytest.raises(smtplib.SMTPDataError) as refusal,
            ):
                smtp.sendmail(f"{load.run}@elsewhere.test", [address], b"Subject: Now?\r\n\r\nHello.\r\n")
            assert refusal.value.smtp_code == 451
            eventually(lambda: live.pid("router") != killed, "a new router", 60)
            eventually(lambda: time.monotonic() - stopped > SECONDS_AWAY, "20 s have gone by", SECONDS_AWAY + 10)
            assert load.accepted < MAILS
            assert load.accepted - accepted_before <= len(load.expected), "at most what was acknowledged just before"
        finally:
            live.kill("kafka", signal.SIGCONT)
    assert load.answers[451]
    load.prove()
    assert log.read_text().count("LeadershipLost") == lost_before, "a router that starts without Kafka keeps its lock"


def test_postgres_stopped_immediately_under_load_loses_nothing(live: LivePostroom, address: str) -> None:
    load, router = Load(live, address, MAILS), live.pid("router")
    with load.going_on():
        load.reaches(MAILS // 3)
        before = live.kill("postgres", signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
        eventually(lambda: live.pid("postgres") != before, "PostgreSQL is back", 60)
    assert not load.answers[451], "intake needs no database"
    load.prove()
    assert live.pid("router") == router, "a router outlives its database: it stands by again"
