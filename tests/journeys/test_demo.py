"""The demo as people try it: agents log in, a customer plays on the mailbox page, a second seeding changes nothing."""

from __future__ import annotations

import email
from collections import Counter
from collections.abc import Callable, Iterator
from email import policy
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local_runtime.configuration import Configuration
from local_runtime.journey import Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]
SHOP = "support@lumo-home.example"


@pytest.fixture(scope="module")
def demo(runtime_folder: Path, empty_state: Callable[[Path], Path]) -> Iterator[LivePostroom]:
    """A Postroom with its demo, shared by this file's tests."""
    live = LivePostroom(empty_state(runtime_folder / "demo"), demo=True)
    live.start()
    yield live
    live.stop()


@pytest.fixture
def desk(demo: LivePostroom) -> Iterator[Desk]:
    with Desk(demo) as desk:
        yield desk


class MailboxPage:
    """The page as its own script uses it, for one customer."""

    def __init__(self, demo: LivePostroom, address: str, name: str) -> None:
        self._url = Configuration.from_environment(demo.environment).mailbox_url
        self.address, self.name = address, name

    def threads(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("/api/threads")["threads"]
        return found

    def thread(self, thread_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._get(f"/api/threads/{thread_id}")
        return found

    def send(self, **fields: str) -> httpx.Response:
        given = {"address": self.address, "name": self.name, **fields}
        parts = [(name, (None, value)) for name, value in given.items()]
        return httpx.post(f"{self._url}/api/mails", files=parts, headers={"Origin": self._url}, timeout=30)

    def answers(self, thread: dict[str, Any], text: str) -> None:
        answer = {**thread["answer"], "cc": ", ".join(thread["answer"]["cc"])}
        response = self.send(**answer, text=text, quote="1")
        assert response.status_code == 201, response.text

    def _get(self, path: str) -> Any:
        response = httpx.get(f"{self._url}{path}", params={"address": self.address}, timeout=30)
        assert response.status_code == 200, response.text
        return response.json()


def all_conversations(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = desk.get("/conversations", limit=200, **cursor)
        found += page["items"]
        if not page["next_cursor"]:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_every_agent_can_log_in_and_sees_the_work_of_their_teams(demo: LivePostroom) -> None:
    agents = demo.credentials["agents"]
    assert len(agents) == 5
    for agent in agents:
        assert set(agent) == {"name", "email", "password"}
        with httpx.Client(base_url=f"{demo.api_url}/api/v1", timeout=30) as client:
            body = {"email": agent["email"], "password": agent["password"]}
            assert client.post("/session", json=body).is_success
            assert client.get("/me").json()["name"] == agent["name"]
            assert client.get("/conversations").json()["items"]


def test_the_inboxes_are_full_in_every_state(desk: Desk) -> None:
    assert {one["name"] for one in desk.get("/inboxes")["items"]} == {"Sales", "Support"}
    assert {one["name"] for one in desk.get("/teams")["items"]} == {"Sales", "Support"}
    conversations = all_conversations(desk)
    assert 140 <= len(conversations) <= 170
    states = Counter(one["status"] for one in conversations)
    assert set(states) == {"open", "snoozed", "resolved", "spam", "trash"}
    assert any(one["assignee_id"] is None for one in conversations if one["status"] == "open")
    assert desk.get("/conversations", status="snoozed", limit=1)["items"]
    assert len(desk.get("/filtered-messages")["items"]) >= 6


def test_mails_and_attachments_open_and_failed_replies_say_why(desk: Desk) -> None:
    opened: Counter[str] = Counter()
    reasons = []
    for conversation in all_conversations(desk):
        for line in desk.lines(conversation["id"]):
            for attachment in line["attachments"]:
                file = desk.api.get(attachment["url"].removeprefix("/api/v1"))
                assert file.status_code == 200 and len(file.content) == attachment["size"]
                opened[attachment["content_type"]] += 1
            if line["direction"] == "in":
                raw = desk.api.get(f"/messages/{line['id']}/raw")
                assert raw.headers["content-type"].startswith("message/rfc822")
                mail = email.message_from_bytes(raw.content, policy=policy.default)
                assert mail["Message-ID"] == f"<{line['external_id']}>"
                opened["message/rfc822"] += 1
            elif line["delivery"]["state"] == "failed":
                reasons.append(line["delivery"]["reason"])
    assert opened["message/rfc822"] > 180 and opened["application/pdf"] > 20 and opened["image/png"] > 10
    assert len(reasons) >= 5 and all(reasons)


def test_a_customer_writes_on_the_page_is_answered_and_the_answer_joins(demo: LivePostroom, desk: Desk) -> None:
    page = MailboxPage(demo, f"lucja-{uuid4().hex[:8]}@klientka.test", "Łucja Żak")
    sent = page.send(to=SHOP, subject="Pytanie o lampę", text="Dzień dobry, czy lampa jest dostępna?")
    assert sent.status_code == 201, sent.text
    conversation = eventually(lambda: next(iter(desk.conversations_of(page.address)), None), "the conversation")
    assert conversation["subject"] == "Pytanie o lampę"

    desk.reply(conversation["id"], "Tak, jest.")
    eventually(lambda: page.threads()[0]["mails"] == 2, "the reply on the page")
    [row] = page.threads()
    assert row["incoming"] and row["preview"] == "Tak, jest."
    page.answers(page.thread(row["id"]), "Świetnie, biorę!")

    eventually(lambda: len(desk.lines(conversation["id"])) == 3, "the answer in the conversation")
    last = desk.lines(conversation["id"])[-1]
    assert last["new_text"].strip() == "Świetnie, biorę!"
    assert "Tak, jest." in last["quoted"]


def test_an_answer_to_a_mail_of_the_demo_joins_its_conversation_and_reopens_it(demo: LivePostroom, desk: Desk) -> None:
    page = MailboxPage(demo, "zofia.nowak@klient.example", "Zofia Nowak")
    row = next(row for row in page.threads() if row["subject"] == "Where is my order 4711?")
    before = next(one for one in desk.conversations_of(page.address) if one["subject"] == row["subject"])
    assert before["status"] == "resolved"
    known = len(desk.lines(before["id"]))
    assert row["mails"] == known

    page.answers(page.thread(row["id"]), "One of the lamps flickers now.")

    eventually(lambda: len(desk.lines(before["id"])) == known + 1, "the answer in the demo's conversation")
    after = desk.conversation(before["id"])
    assert (after["status"], after["assignee_id"]) == ("open", before["assignee_id"])


def test_an_unknown_address_is_refused_and_said_so(demo: LivePostroom) -> None:
    page = MailboxPage(demo, f"jan-{uuid4().hex[:8]}@klient.test", "Jan")
    response = page.send(to="nobody@lumo-home.example", subject="Hello", text="Is anybody there?")
    assert (response.status_code, response.json()["code"]) == (422, "refused")
    assert page.threads() == []


def test_a_seeding_that_was_cut_off_goes_on_and_changes_nothing(demo: LivePostroom, desk: Desk) -> None:
    page = MailboxPage(demo, "zofia.nowak@klient.example", "Zofia Nowak")

    def everything() -> tuple[Any, ...]:
        conversations = [
            (one["number"], one["status"], one["sequence"], one["assignee_id"]) for one in all_conversations(desk)
        ]
        with demo.database() as connection:
            found = connection.execute("SELECT count(*) FROM router.stored_events").fetchone()
        return (sorted(conversations), found, [row["id"] for row in page.threads()], demo.credentials)

    before = everything()
    (demo.var / "run" / "seeded").unlink()
    done = demo.seed()
    assert done.returncode == 0, done.stderr
    assert everything() == before
    assert (demo.var / "run" / "seeded").exists()
