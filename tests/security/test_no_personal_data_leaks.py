"""Kafka keys and headers, metrics and log files know nobody's address, name, subject or words."""

from collections.abc import Callable, Iterable
from uuid import uuid4

import httpx
import pytest

from events.topics import ALL
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from service_kit.log_probe import probing

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
InContent = Callable[[Iterable[str], bytes], list[str]]


@pytest.fixture(scope="module")
def words(postroom: LivePostroom) -> list[str]:
    """What must be nowhere: every customer's and agent's address of the journeys, and the words of one more customer
    whose mail is refused, answered, repeated and commented."""
    name, subject, body, reply, comment, refused = (f"canary{uuid4().hex[:10]}" for _ in range(6))
    with Desk(postroom) as desk:
        customer = Customer(postroom, name)
        mail = customer.writes(desk.address(), f"About {subject}", f"Dear {body}.")
        postroom.send(mail, customer.address, desk.address())
        with pytest.raises(Exception, match="550"):
            postroom.send(mail, customer.address, f"{refused}@{desk.address().partition('@')[2]}")
        conversation = desk.conversation_of(customer)
        desk.do("POST", f"/conversations/{conversation['id']}/comments", {"text": comment})
        desk.reply(conversation["id"], reply, bcc=[f"{refused}@elsewhere.test"])
        desk.get("/contacts", q=name)
        eventually(lambda: desk.lines(conversation["id"])[1]["delivery"]["state"] == "sent", "the reply is sent", 60)
    with postroom.database() as connection:
        query = "SELECT handle FROM inbox.contacts WHERE handle LIKE '%@%' UNION SELECT email FROM inbox.agents"
        everybody = [str(row[0]) for row in connection.execute(query)]
    assert customer.address in everybody
    return [name, subject, body, reply, comment, refused, *(one for one in everybody if len(one) > 7)]


async def test_kafka_keys_and_headers_hold_no_personal_data(
    postroom: LivePostroom, words: list[str], in_content: InContent
) -> None:
    seen = 0
    async with probing(postroom.kafka) as probe:
        tails = await probe.tails(await probe.partitions(topic.name for topic in ALL), most=2**40)
        attributes = b"\n".join(
            b" ".join([record.key or b"", *(name.encode() + b" " + (value or b"") for name, value in record.headers)])
            for records in tails.values()
            for record in records
        )
        seen = sum(map(len, tails.values()))
    assert seen > 10
    assert in_content(words, attributes) == []


def test_metrics_hold_no_personal_data(postroom: LivePostroom, words: list[str], in_content: InContent) -> None:
    services = {name: one["port"] for name, one in postroom.processes().items() if name not in ("kafka", "postgres")}
    assert len(services) >= 6
    for name, port in services.items():
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
        assert answer.status_code == 200, name
        assert "# TYPE" in answer.text, name
        assert in_content(words, answer.content) == [], name


def test_log_files_hold_no_personal_data(
    postroom: LivePostroom, words: list[str], in_files: Callable[[str, Iterable[str]], list[str]]
) -> None:
    assert list((postroom.var / "log").glob("*.log"))
    assert in_files("log", words) == []
    supervisor = postroom.var.with_suffix(".log")
    assert supervisor.exists()
    assert not [word for word in words if word in supervisor.read_text()]


def test_each_process_is_in_the_database_as_the_role_of_its_service(postroom: LivePostroom, words: list[str]) -> None:
    with postroom.database() as connection:
        seen = connection.execute(
            "SELECT DISTINCT substring(application_name FROM '^postroom ([a-z-]+)'), usename FROM pg_stat_activity"
            " WHERE application_name LIKE 'postroom %'"
        ).fetchall()
    roles = dict.fromkeys(("router", "relay", "timers"), "router")
    roles |= dict.fromkeys(("ingest-email", "deliver", "receive"), "ingest_email") | {"analytics": "analytics"}
    assert {name for name, _ in seen} >= {"router", "relay", "ingest-email", "inbox-projection", "analytics"}
    assert [(name, role) for name, role in seen if role != roles.get(name, "inbox_projection")] == []
