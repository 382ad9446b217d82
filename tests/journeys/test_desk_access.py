"""Who sees what: log-in with password and cookie, foreign inboxes, and the live feed that resumes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom

pytestmark = pytest.mark.real


def new_agent(desk: Desk) -> dict[str, str]:
    body = {"name": "Dana", "email": f"dana-{uuid4().hex[:8]}@our.test", "role": "agent", "password": "correct horse"}
    return {**body, "id": desk.do("POST", "/agents", body)["id"]}


def browser(postroom: LivePostroom) -> httpx.Client:
    """A client that holds nothing but the cookies it is given."""
    return httpx.Client(base_url=f"{postroom.api_url}/api/v1", timeout=30)


@contextmanager
def logged_in(postroom: LivePostroom, agent: dict[str, str]) -> Iterator[httpx.Client]:
    with browser(postroom) as client:
        answer = client.post("/session", json={"email": agent["email"], "password": agent["password"]})
        assert answer.status_code == 200, answer.text
        yield client


def test_a_session_begins_with_the_password_and_ends_with_log_out(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        agent = new_agent(desk)
    with browser(postroom) as client:
        assert client.get("/me").status_code == 401
        wrong = client.post("/session", json={"email": agent["email"], "password": "wrong horse"})
        assert wrong.status_code == 401
        assert client.get("/me").status_code == 401
    with logged_in(postroom, agent) as client:
        assert client.get("/me").json()["id"] == agent["id"]
        foreign = client.put("/me/availability", json={"state": "away"}, headers={"Origin": "https://evil.test"})
        assert foreign.status_code == 403
        assert client.delete("/session").status_code == 204
        assert client.get("/me").status_code == 401


def test_a_foreign_inbox_looks_as_if_it_did_not_exist_until_one_belongs_to_it(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        agent, inbox = new_agent(desk), desk.do("POST", "/inboxes", {"name": f"Private {uuid4().hex[:6]}"})
        customer = Customer(postroom)
        customer.writes(inbox["fallback_address"], "Confidential", "Only for members.")
        conversation = desk.conversation_of(customer)
        message = desk.lines(conversation["id"])[0]["id"]
        contact = conversation["contact"]["id"]
        path = f"/conversations/{conversation['id']}"
        reads = [path, f"{path}/messages", f"{path}/decisions", f"/messages/{message}/raw", f"/contacts/{contact}"]
        with logged_in(postroom, agent) as client:
            assert {one: client.get(one).status_code for one in reads} == dict.fromkeys(reads, 404)
            assert client.post(f"{path}/replies", json={"text": "Hello"}).status_code == 404
            assert client.put(f"{path}/labels/seen").status_code == 404
            assert client.get("/conversations").json()["items"] == []
            assert client.get("/contacts", params={"q": customer.address}).json()["items"] == []
            assert client.delete(f"/contacts/{contact}").status_code == 403
            assert client.get("/quarantine").status_code == 403
            desk.do("PATCH", f"/inboxes/{inbox['id']}", {"member_ids": [agent["id"]]})
            assert {one: client.get(one).status_code for one in reads} == dict.fromkeys(reads, 200)


@contextmanager
def feed(desk: Desk, last: str | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of the feed, each with its id; it has begun when the block is entered."""
    with desk.api.stream("GET", "/feed", headers={"Last-Event-ID": last} if last else {}) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(line for line in lines if line).startswith("retry:")
        yield _events(lines)


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    fields: dict[str, str] = {}
    for line in lines:
        if not line and "event" in fields:
            yield {**json.loads(fields["data"]), "event": fields["event"], "feed_id": fields["id"]}
        if not line:
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


def test_the_feed_tells_of_changes_and_resumes_after_the_last_event_seen(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        with feed(desk) as events:
            customer.writes(desk.address(), "Do you see me?", "In the feed.")
            conversation = desk.conversation_of(customer)
            first = next(event for event in events if event["id"] == conversation["id"])
        assert first["event"] == "conversation"
        desk.do("PUT", f"/conversations/{conversation['id']}/labels/missed")
        with feed(desk, first["feed_id"]) as events:
            missed = next(event for event in events if event["id"] == conversation["id"])
        assert int(missed["feed_id"]) > int(first["feed_id"])
        assert missed["sequence"] > first["sequence"]
        assert missed["sequence"] == desk.conversation(conversation["id"])["sequence"]
